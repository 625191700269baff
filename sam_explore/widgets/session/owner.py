"""Holds an immutable state, and replaces it in steps."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

State = TypeVar("State")


@dataclass(frozen=True, eq=False)
class Change(Generic[State]):
    """A step from one state to the next; both are the same object if nothing changed."""

    old: State
    new: State


class Owner(Generic[State]):
    """Holds an immutable state, and replaces it by the next one.

    Args:
        first: the state at the beginning.
    """

    def __init__(self, first: State):
        self.now = first
        self._lock = threading.Lock()

    def change(self, step: Callable[[State], State]) -> Change[State]:
        """Replace the current state by the one that `step` makes of it.

        `step` runs without the lock, and again if another thread changed the state meanwhile, so it
        must do nothing but return a state. If it raises, nothing changes.
        """
        while True:
            old = self.now
            new = step(old)
            with self._lock:
                if self.now is old:
                    self.now = new
                    return Change(old, new)
