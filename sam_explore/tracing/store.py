"""What a family of traces has computed, bounded in bytes: the least recently used goes first."""

from collections import OrderedDict
from collections.abc import Hashable
from threading import Lock

from torch import Tensor

PROMPT_SETS = 16


class Store:
    """A cache of tensors and tuples of tensors.

    Args:
        limit: the most bytes to keep. The newest entry is kept even if it alone is larger.

    What was computed for a prompt set is kept for the latest `PROMPT_SETS` of them only: a reader
    who clicks all day long hardly comes back to the older ones, and decoding is quick.
    """

    def __init__(self, limit: int):
        self.limit = limit
        self.bytes = 0
        self._values: OrderedDict[Hashable, object] = OrderedDict()
        self._of_prompts: OrderedDict[Hashable, set[Hashable]] = OrderedDict()  # keys, by prompts
        self._lock = Lock()

    def get(self, key: Hashable) -> object | None:
        """What was put under the key, or None when it was not or had to go."""
        with self._lock:
            if key not in self._values:
                return None
            self._values.move_to_end(key)
            return self._values[key]

    def put(self, key: Hashable, value: object, prompts: Hashable | None = None) -> None:
        """Keep the value, and drop what was used longest ago until the limit is met.

        Args:
            key: what it depends on.
            value: a tensor or a tuple.
            prompts: the prompt set among that, if there is one.
        """
        with self._lock:
            self._drop(key)
            self._values[key] = value
            self.bytes += _bytes(value)
            if prompts is not None:
                self._of_prompts.setdefault(prompts, set()).add(key)
                self._of_prompts.move_to_end(prompts)
                if len(self._of_prompts) > PROMPT_SETS:
                    for each in self._of_prompts.popitem(last=False)[1]:
                        self._drop(each)
            while self.bytes > self.limit and len(self._values) > 1:
                self._drop(next(iter(self._values)))

    def _drop(self, key: Hashable) -> None:
        if key in self._values:
            self.bytes -= _bytes(self._values.pop(key))


def _bytes(value: object) -> int:
    if isinstance(value, Tensor):
        return value.numel() * value.element_size()
    return sum(_bytes(part) for part in value) if isinstance(value, tuple) else 0
