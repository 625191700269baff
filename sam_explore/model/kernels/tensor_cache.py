"""Results kept beside the tensor that they were worked out from, as long as it lives."""

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
    """The result of the work on a tensor, from the last time if nothing has changed since.

    What is looked at are the tensor, the weights and the result itself: each counts as changed when
    it lies elsewhere or was written to. So the result may depend on nothing else, and whoever
    changes one of them gets it worked out again. PyTorch doesn't tell of writing through
    `weight.data` or numpy; that is what `content` is for. The result may be no view of the tensor,
    which could then never go.

    Args:
        tensor: what the result belongs to. Another tensor of the same values is another one.
        what: which of the results on this tensor; the latest of each is kept.
        weights: what else it depends on.
        compute: works it out.
        content: `checksum` of all weights that it was worked out from.
    """
    inputs = (tensor, *weights)
    if any(each.is_inference() for each in inputs):
        return compute()  # such tensors don't tell whether they were written to
    with _lock:
        known = _cache.get(tensor, {}).get(what)
    if known is not None and known.content == content and known.is_of(inputs):
        return known.result
    result = compute()
    if not result.is_inference():
        # While their memory is held, nothing else can come to lie there.
        memory = [each.untyped_storage() for each in inputs]
        state = _state([*inputs, result])
        with _lock:
            _cache.setdefault(tensor, {})[what] = _Entry(result, state, memory, content)
    return result


def cached_results(tensor: Tensor) -> list[Tensor]:
    """All results that are kept as long as this tensor lives, those on other results included."""
    found = [tensor]
    for each in found:  # grows meanwhile
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
    """Where each lies and how often it was written to there."""
    return [(tensor.data_ptr(), tensor._version) for tensor in tensors]
