"""Controls that follow a state do not tell it what it said."""

import threading


class Following:
    """Whether controls are being set to what they follow, so that nobody has used them.

    In use, `with following:` stands around whatever sets the controls, and whatever answers a
    control asks `following.is_on()` first.
    """

    def __init__(self):
        self._lock = threading.RLock()
        self._depth = 0

    def __enter__(self) -> None:
        self._lock.acquire()
        self._depth += 1

    def __exit__(self, *exception: object) -> None:
        self._depth -= 1
        self._lock.release()

    def is_on(self) -> bool:
        """Whether this thread is at it. A change by the user, in another thread, waits for that."""
        with self._lock:
            return self._depth > 0
