"""What a family of traces has computed, bounded in bytes: the least recently used goes first."""

from collections import OrderedDict
from collections.abc import Hashable
from threading import Lock

from torch import Tensor


class Store:
    """A cache of tensors and tuples of tensors.

    Args:
        limit: the most bytes to keep. The newest entry is kept even if it alone is larger.
    """

    def __init__(self, limit: int):
        self.limit = limit
        self.bytes = 0
        self._values: OrderedDict[Hashable, object] = OrderedDict()
        self._lock = Lock()

    def get(self, key: Hashable) -> object | None:
        """What was put under the key, or None when it was not or had to go."""
        with self._lock:
            if key not in self._values:
                return None
            self._values.move_to_end(key)
            return self._values[key]

    def put(self, key: Hashable, value: object) -> None:
        """Keep the value, and drop what was used longest ago until the limit is met."""
        with self._lock:
            if key in self._values:
                self.bytes -= _bytes(self._values.pop(key))
            self._values[key] = value
            self.bytes += _bytes(value)
            while self.bytes > self.limit and len(self._values) > 1:
                _, dropped = self._values.popitem(last=False)
                self.bytes -= _bytes(dropped)


def _bytes(value: object) -> int:
    if isinstance(value, Tensor):
        return value.numel() * value.element_size()
    return sum(_bytes(part) for part in value) if isinstance(value, tuple) else 0
