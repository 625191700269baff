"""Results that took a while, the latest few of a kind."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Generic, TypeVar

from sam_explore.model.autocast import without_autocast

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

    def get(
        self,
        key: Hashable,
        compute: Callable[[], _Result],
        is_good: Callable[[_Result], bool] = lambda kept: True,
    ) -> _Result:
        """The result of this key: the one that is kept, or else computed.

        It is computed without a lock, and without a caller's autocast, which no key tells of.

        Args:
            key: what it depends on.
            compute: computes it.
            is_good: whether the one that is kept can still be given; else it is computed again.
        """
        found = self.known(key)
        if found is None or not is_good(found):
            with without_autocast():
                found = compute()
        with self._lock:
            self._results[key] = found
            self._results.move_to_end(key)
            while len(self._results) > self._most:
                self._results.popitem(last=False)
        return found
