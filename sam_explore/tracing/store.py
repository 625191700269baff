"""What traces have computed, bounded in bytes: the least recently used goes first."""

from collections import OrderedDict
from threading import Lock

from torch import Tensor

from sam_explore.model.kernels import cached_results

PROMPT_SETS = 16


class Store:
    """A cache of tensors, of tuples of tensors, and of what else tells its `nbytes`.

    Args:
        limit: the most bytes to keep alive. The newest entry is kept even if it alone is larger.

    Keys are fingerprints, which keep nothing alive. Counted is the memory behind the values, with
    what the model's fast forms keep as long as these live. What was computed for a prompt set is
    kept for the latest `PROMPT_SETS` of them only: a reader who clicks all day long hardly comes
    back to the older ones, and decoding is quick.
    """

    def __init__(self, limit: int):
        self.limit = limit
        self._values: OrderedDict[str, object] = OrderedDict()
        self._of_prompts: OrderedDict[str, set[str]] = OrderedDict()  # keys, by prompts
        self._growing: dict[str, Tensor] = {}
        self._own_bytes = 0
        self._lock = Lock()

    @property
    def bytes(self) -> int:
        """How much is kept alive."""
        with self._lock:
            return self._bytes()

    def get(self, key: str) -> object | None:
        """What was put under the key, or None when it was not or had to go."""
        with self._lock:
            if key not in self._values:
                return None
            self._values.move_to_end(key)
            return self._values[key]

    def put(self, key: str, value: object, prompts: str | None = None, grows: bool = False) -> None:
        """Keep the value, and drop what was used longest ago until the limit is met.

        Args:
            key: a fingerprint of what it depends on.
            value: a tensor or a tuple, or an object that tells its `nbytes`.
            prompts: a fingerprint of the prompt set among that, if there is one.
            grows: whether the model's fast forms keep more with this tensor, as it is used.
        """
        with self._lock:
            self._drop(key)
            self._values[key] = value
            self._own_bytes += _bytes(value)
            if grows:
                self._growing[key] = value
            if prompts is not None:
                self._of_prompts.setdefault(prompts, set()).add(key)
                self._of_prompts.move_to_end(prompts)
                if len(self._of_prompts) > PROMPT_SETS:
                    for each in self._of_prompts.popitem(last=False)[1]:
                        self._drop(each)
            while self._bytes() > self.limit and len(self._values) > 1:
                self._drop(next(iter(self._values)))

    def _drop(self, key: str) -> None:
        if key in self._values:
            self._own_bytes -= _bytes(self._values.pop(key))
            self._growing.pop(key, None)

    def _bytes(self) -> int:
        kept = (each for tensor in self._growing.values() for each in cached_results(tensor))
        return self._own_bytes + sum(map(_bytes, kept))


def _bytes(value: object) -> int:
    return sum(map(_bytes, value)) if isinstance(value, tuple) else value.nbytes
