"""One lock a model, since a hook that one thread attaches would see the runs of another."""

import weakref
from contextlib import AbstractContextManager
from threading import Lock, RLock

from .sam import Sam

_locks: weakref.WeakKeyDictionary = weakref.WeakKeyDictionary()
_guard = Lock()


def lock_of(sam: Sam) -> AbstractContextManager:
    """The model's lock: whoever attaches hooks to it, or runs it, holds this meanwhile.

    A thread may take it again while it holds it.
    """
    with _guard:
        return _locks.setdefault(sam, RLock())
