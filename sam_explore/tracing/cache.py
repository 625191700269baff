"""The cache of traces, limited in bytes, with the least recently used entry dropped first."""

from collections import Counter, OrderedDict
from threading import Lock
from typing import Any

from torch import Tensor

from sam_explore.model.kernels import cached_results

PROMPT_SETS = 16


class Store:
    """A cache of tensors, tuples of tensors, and other objects with `nbytes`.

    Args:
        limit: the most bytes to keep alive. The newest entry is kept even if it alone is larger.

    Attributes:
        prompt_sets: how many prompt sets' results are kept.

    Keys are fingerprints, which keep nothing alive. The limit counts the memory of the values,
    once where several share it, and of what the model's fast forms cache for them. Results for
    prompt sets are kept for the latest of them only: users rarely return to older ones, and
    decoding is fast.
    """

    def __init__(self, limit: int):
        self.limit, self.prompt_sets = limit, PROMPT_SETS
        self._values: OrderedDict[str, Any] = OrderedDict()
        self._of_prompts: OrderedDict[str, set[str]] = OrderedDict()  # keys, by prompts
        self._growing: dict[str, object] = {}
        self._times: Counter[tuple] = Counter()  # each memory, by how many values have it
        self._own_bytes = 0
        self._lock = Lock()

    @property
    def bytes(self) -> int:
        """The bytes kept alive."""
        with self._lock:
            return self._bytes()

    def get(self, key: str) -> Any:
        """The value of the key, or None if there is none or it was dropped."""
        with self._lock:
            if key not in self._values:
                return None
            self._values.move_to_end(key)
            return self._values[key]

    def put(self, key: str, value: Any, prompts: str | None = None, grows: bool = False) -> None:
        """Store the value, and drop the least recently used ones until the limit is met.

        Args:
            key: a fingerprint of its inputs.
            value: a tensor or a tuple of tensors, or an object with `nbytes`.
            prompts: a fingerprint of the prompt set if it depends on one.
            grows: whether the model's fast forms cache results for this tensor.
        """
        with self._lock:
            self._drop(key)
            self._values[key] = value
            for memory in _memories(value):
                self._own_bytes += 0 if self._times[memory] else memory[-1]
                self._times[memory] += 1
            if grows:
                self._growing[key] = value
            if prompts is not None:
                self._of_prompts.setdefault(prompts, set()).add(key)
                self._of_prompts.move_to_end(prompts)
                if len(self._of_prompts) > self.prompt_sets:
                    for each in self._of_prompts.popitem(last=False)[1]:
                        self._drop(each)
            while self._bytes() > self.limit and len(self._values) > 1:
                self._drop(next(iter(self._values)))

    def _drop(self, key: str) -> None:
        if key in self._values:
            for memory in _memories(self._values.pop(key)):
                self._times[memory] -= 1
                if not self._times[memory]:
                    del self._times[memory]
                    self._own_bytes -= memory[-1]
            self._growing.pop(key, None)

    def _bytes(self) -> int:
        growing = {id(each): each for value in self._growing.values() for each in _parts(value)}
        kept = {
            memory for each in growing.values() for memory in _memories(tuple(cached_results(each)))
        }
        return self._own_bytes + sum(memory[-1] for memory in kept - self._times.keys())


class Aside(Store):
    """A cache of its own for results that depend on prompts; all others are those of another cache.

    For prompts that come and go, such as those at a moving pointer: they push nothing out of the
    cache that they share.

    Args:
        shared: the other cache.
        prompt_sets: how many prompt sets' results are kept here.
    """

    def __init__(self, shared: Store, prompt_sets: int = 2):
        super().__init__(shared.limit)
        self._shared, self.prompt_sets = shared, prompt_sets

    def get(self, key: str) -> Any:
        found = super().get(key)
        return self._shared.get(key) if found is None else found

    def put(self, key: str, value: Any, prompts: str | None = None, grows: bool = False) -> None:
        if prompts is None:
            self._shared.put(key, value, grows=grows)
        else:
            super().put(key, value, prompts, grows)


def _memories(value: object) -> list[tuple]:
    """The memory of each part of a value: its address, and how many bytes it has."""
    return [
        ((isinstance(each, Tensor) and each.data_ptr()) or id(each), each.nbytes)
        for each in _parts(value)
    ]


def _parts(value: object) -> tuple:
    return value if isinstance(value, tuple) else (value,)
