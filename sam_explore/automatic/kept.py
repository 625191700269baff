"""Results that took a while, the latest few of a kind."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Generic, TypeVar

_Result = TypeVar("_Result")


class Kept(Generic[_Result]):
    """Keeps the latest results, by keys that say all that they depend on.

    Args:
        most: how many.
    """

    def __init__(self, most: int):
        self._most, self._lock = most, Lock()
        self._results: OrderedDict[Hashable, _Result] = OrderedDict()

    def known(self, key: Hashable) -> _Result | None:
        """The result of this key, if it is kept."""
        with self._lock:
            return self._results.get(key)

    def get(self, key: Hashable, compute: Callable[[], _Result]) -> _Result:
        """The result of this key: the one that is kept, or else computed, without a lock."""
        found = self.known(key)
        if found is None:
            found = compute()
        with self._lock:
            self._results[key] = found
            self._results.move_to_end(key)
            while len(self._results) > self._most:
                self._results.popitem(last=False)
        return found
