"""A cache of results by the tensor that they were computed from, as long as that lives."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from threading import Lock

from torch import Tensor, UntypedStorage
from torch.utils.weak import WeakTensorKeyDictionary

_cache: WeakTensorKeyDictionary = WeakTensorKeyDictionary()
_lock = Lock()


def cached_for(
    tensor: Tensor,
    what: str,
    weights: Sequence[Tensor],
    compute: Callable[[], Tensor],
    content: int = 0,
) -> Tensor:
    """The result of `compute`, from the cache if nothing has changed since.

    Checked are the tensor, the weights and the result itself: each counts as changed when its
    address or its version counter is another. So the result must depend on nothing else. PyTorch
    does not count writes through `weight.data` or numpy; `content` covers those. The result must
    not be a view of the tensor, which could then never be freed.

    Args:
        tensor: what the result belongs to. Another tensor of the same values is another one.
        what: the name of the result among those of this tensor; the latest of each is cached.
        weights: what else it depends on.
        compute: computes it.
        content: `checksum` of all weights that it was computed from.
    """
    inputs = (tensor, *weights)
    if any(each.is_inference() for each in inputs):
        return compute()  # such tensors have no version counter
    with _lock:
        known = _cache.get(tensor, {}).get(what)
    if known is not None and known.content == content and known.is_of(inputs):
        return known.result
    result = compute()
    if not result.is_inference():
        # While this holds their memory, no other tensor can get the same address.
        memory = [each.untyped_storage() for each in inputs]
        state = _state([*inputs, result])
        with _lock:
            _cache.setdefault(tensor, {})[what] = _Entry(result, state, memory, content)
    return result


def cached_results(tensor: Tensor) -> list[Tensor]:
    """All results cached for this tensor, including those cached for other results."""
    found = [tensor]
    for each in found:  # the list grows during the loop
        with _lock:
            found += [kept.result for kept in _cache.get(each, {}).values()]
    return found[1:]


@dataclass(frozen=True)
class _Entry:
    result: Tensor
    state: list[tuple[int, int]]
    memory: list[UntypedStorage]
    content: int

    def is_of(self, inputs: Sequence[Tensor]) -> bool:
        return self.state == _state([*inputs, self.result])


def _state(tensors: Sequence[Tensor]) -> list[tuple[int, int]]:
    """The address and the version counter of each."""
    return [(tensor.data_ptr(), tensor._version) for tensor in tensors]
