"""Keeps controls that follow a state from reporting that state back to it."""

import threading
from collections.abc import Callable


class SuppressEcho(threading.local):
    """Marks that this thread, and not the reader, is setting controls.

    Code that sets the controls runs inside `with suppress_echo:`, and each observer of a control
    is wrapped by `suppress_echo.reader_only`. A control calls its observers in the thread
    that sets it, so what a reader does meanwhile in another thread counts as it should.
    """

    def __init__(self) -> None:
        self._depth = 0

    def __enter__(self) -> None:
        self._depth += 1

    def __exit__(self, *exception: object) -> None:
        self._depth -= 1

    def reader_only(self, callback: Callable[[dict], None]) -> Callable[[dict], None]:
        """`callback`, called for what a reader changes, and not for what this thread sets.

        That is decided when the control changes, so `callback` may be one that runs in turn, later
        and in another thread.
        """

        def heard(change: dict) -> None:
            if self._depth == 0:
                callback(change)

        return heard
