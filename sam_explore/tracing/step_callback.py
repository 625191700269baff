"""Long runs say how far they are and can be stopped: between blocks, and from outside."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_callback: ContextVar[Callable[[str], None] | None] = ContextVar("between_steps", default=None)


class Cancelled(Exception):
    """Raised by a callback of `between_steps` to stop a run; what was computed so far is kept."""


@contextmanager
def between_steps(callback: Callable[[str], None]) -> Iterator[None]:
    """Call `callback(what)` before each step of a trace's run, such as "block 3 of 12".

    The callback may do something more urgent, which isn't announced to it in turn, or raise
    `Cancelled`. It holds for this thread and while the context lasts.
    """
    token = _callback.set(callback)
    try:
        yield
    finally:
        _callback.reset(token)


def announce(what: str) -> None:
    """Tell the callback of this thread, if there is one, what comes next."""
    callback = _callback.get()
    if callback is None:
        return
    token = _callback.set(None)
    try:
        callback(what)
    finally:
        _callback.reset(token)
