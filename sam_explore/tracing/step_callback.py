"""A callback between the steps of a run, for progress and cancellation."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_callback: ContextVar[Callable[[str], None] | None] = ContextVar("between_steps", default=None)


class Cancelled(Exception):
    """Raised by a callback of `between_steps` to stop a run; results so far stay in the cache."""


@contextmanager
def between_steps(callback: Callable[[str], None]) -> Iterator[None]:
    """Call `callback(what)` before each step of a trace's run, such as "block 3 of 12".

    The callback may run other traces, whose steps are not announced to it, or raise `Cancelled`. It
    applies to this thread while the context lasts.
    """
    token = _callback.set(callback)
    try:
        yield
    finally:
        _callback.reset(token)


def announce(what: str) -> None:
    """Call this thread's callback, if there is one, with the next step."""
    callback = _callback.get()
    if callback is None:
        return
    token = _callback.set(None)
    try:
        callback(what)
    finally:
        _callback.reset(token)


@contextmanager
def announced_as(what: str) -> Iterator[None]:
    """Announce `what`, such as "Scene 3 of 24", and say the same at each step in this context."""
    announce(what)
    callback = _callback.get()
    if callback is None:
        yield
        return
    with between_steps(lambda _: callback(what)):
        yield
