"""One lock per model, since a hook that one thread attaches would see the runs of another."""

import weakref
from threading import Lock, RLock, get_ident

from .sam import Sam


class ModelLock:
    """A reentrant lock that records which thread holds it."""

    def __init__(self) -> None:
        self._lock = RLock()
        self._depth = 0
        self._holder: int | None = None

    def acquire(self, timeout: float = -1) -> bool:
        """Acquire it within `timeout` seconds, -1 for no limit. Returns whether it was acquired."""
        taken = self._lock.acquire(timeout=timeout)
        if taken:
            self._depth += 1
            self._holder = get_ident()
        return taken

    def release(self) -> None:
        """Release it, once for each `acquire`. RuntimeError in a thread that doesn't hold it."""
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
        """Whether the calling thread holds it. Waiting for a run in another thread would then be a
        deadlock."""
        return self._holder == get_ident()


_locks: weakref.WeakKeyDictionary[Sam, ModelLock] = weakref.WeakKeyDictionary()
_guard = Lock()


def lock_of(sam: Sam) -> ModelLock:
    """The model's lock, to be held while attaching hooks to the model or running it.

        with lock_of(sam):
            ...
        lock_of(sam).is_mine  # False again

    It is reentrant.
    """
    with _guard:
        lock = _locks.get(sam)
        if lock is None:
            lock = _locks[sam] = ModelLock()
        return lock
