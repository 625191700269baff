"""For all tests: shapes and types are checked at every call, and no exception is swallowed."""

import logging
import os
import sys
from collections.abc import Iterator

import pytest
import torch

from .checked_calls import check_calls_of

# Modules are compiled once, for all workers and for programs that tests start. Where the
# environment forbids it each of these programs takes a second longer, and each worker nine.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

if "sam_explore" in sys.modules:
    raise RuntimeError("sam_explore was imported before its shapes could be put under check.")
check_calls_of("sam_explore")

# Small tensors gain nothing from a second thread, and on a busy machine wait long for it.
torch.set_num_threads(1)
os.environ["OMP_NUM_THREADS"] = "1"  # nor do they in kernels and other programs that tests start


class _Swallowed(logging.Handler):
    """Keeps what widgets log when a callback raises."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.exceptions: list[BaseException] = []

    def emit(self, record: logging.LogRecord) -> None:
        if record.exc_info and record.exc_info[1] is not None:
            self.exceptions.append(record.exc_info[1])


@pytest.fixture(autouse=True)
def no_swallowed_exceptions(request: pytest.FixtureRequest) -> Iterator[None]:
    """Widgets log what their callbacks raise, and go on. Here that fails the test, unless it is
    marked `raising_callback`."""
    logger, swallowed = logging.getLogger("traitlets"), _Swallowed()
    logger.addHandler(swallowed)
    yield
    logger.removeHandler(swallowed)
    if swallowed.exceptions and request.node.get_closest_marker("raising_callback") is None:
        raise swallowed.exceptions[0]
