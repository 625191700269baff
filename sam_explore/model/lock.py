"""One lock a model, since a hook that one thread attaches would see the runs of another."""

import weakref
from threading import Lock, RLock, get_ident

from .sam import Sam


class ModelLock:
    """A lock that its thread may take again while it holds it, and that says who holds it."""

    def __init__(self):
        self._lock = RLock()
        self._depth = 0
        self._holder: int | None = None

    def acquire(self, timeout: float = -1) -> bool:
        """Take it, waiting so many seconds at most, -1 for as long as it takes; whether it is."""
        taken = self._lock.acquire(timeout=timeout)
        if taken:
            self._depth += 1
            self._holder = get_ident()
        return taken

    def release(self) -> None:
        """Give it back, once for each time it was taken. RuntimeError for who doesn't hold it."""
        if not self.is_mine:
            raise RuntimeError("This thread doesn't hold the model's lock, so it can't release it.")
        self._depth -= 1
        if not self._depth:
            self._holder = None
        self._lock.release()

    def __enter__(self) -> "ModelLock":
        self.acquire()
        return self

    def __exit__(self, *exception: object) -> None:
        self.release()

    @property
    def is_mine(self) -> bool:
        """Whether the thread that asks holds it. Whoever then waits for another one's run, waits
        for itself."""
        return self._holder == get_ident()


_locks: weakref.WeakKeyDictionary[Sam, ModelLock] = weakref.WeakKeyDictionary()
_guard = Lock()


def lock_of(sam: Sam) -> ModelLock:
    """The model's lock: whoever attaches hooks to it, or runs it, holds this meanwhile.

        with lock_of(sam):
            ...
        lock_of(sam).is_mine  # False again

    A thread may take it again while it holds it.
    """
    with _guard:
        lock = _locks.get(sam)
        if lock is None:
            lock = _locks[sam] = ModelLock()
        return lock
