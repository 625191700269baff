"""Controls that follow a state do not tell it what it said."""

import threading


class Following(threading.local):
    """Whether this thread is setting controls to what they follow, so that nobody has used them.

    In use, `with following:` stands around whatever sets the controls, and whatever answers a
    control asks `following.is_on()` first. A control calls its observers in the thread that sets
    it, so what a reader does meanwhile in another thread counts as it should.
    """

    def __init__(self):
        self._depth = 0

    def __enter__(self) -> None:
        self._depth += 1

    def __exit__(self, *exception: object) -> None:
        self._depth -= 1

    def is_on(self) -> bool:
        """Whether this thread is at it."""
        return self._depth > 0
