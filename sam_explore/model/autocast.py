"""Runs without PyTorch's autocast, for results that are kept."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import torch

_DEVICES = ("cpu", "cuda", "mps", "xpu")


@contextmanager
def without_autocast() -> Iterator[None]:
    """A context in which a caller's `torch.autocast` has no effect.

    What is kept is also given to callers without it, so it has to be the same for all.
    """
    with ExitStack() as off:
        for device in filter(torch.is_autocast_enabled, _DEVICES):
            off.enter_context(torch.autocast(device, enabled=False))
        yield
