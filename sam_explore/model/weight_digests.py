"""Digests of a model's weights and modules, and whether these have changed since.

Every number is hashed when a model is loaded or first used, and again where PyTorch's version
counters say that a tensor was written to, or where a tensor was replaced. Writes that PyTorch does
not count (through `weight.data`, numpy or another process) are detected in a sample of every
tensor, which holds a number of each row and of each column: any change of a whole neuron or channel
is detected. `Sam.refresh` hashes all numbers.

Two networks of the same weights need not compute the same: `Modules` tells them apart.
"""

import hashlib
import weakref
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from math import gcd, prod
from operator import attrgetter
from threading import Lock

import torch
from torch import Tensor, nn

from sam_explore.fingerprints import fingerprint

from .hooks import HookPoint
from .modules import Parts, modules_of

# Contiguous tensors of up to this many numbers are compared whole, not by a sample.
_SMALL = 1024
_VERSION = attrgetter("_version")


@dataclass(frozen=True)
class Weights:
    """The content of a model's weights, or of a component's.

    Args:
        digests: for each weight its name and a digest.
        modules: for each module its name and a digest of its class and its settings.
    """

    digests: tuple[tuple[str, str], ...]
    modules: tuple[tuple[str, str], ...] = ()

    @cached_property
    def fingerprint(self) -> str:
        """32 hexadecimal digits, the same for the same numbers in the same modules."""
        content = repr((self.digests, self.modules))
        return hashlib.sha256(content.encode()).hexdigest()[:32]

    def changed(self, now: "Weights") -> tuple[str, ...]:
        """Names of weights and of modules that differ, or that only one of the two has."""
        before, after = (dict((*one.digests, *one.modules)) for one in (self, now))
        names = dict.fromkeys([*before, *after])
        return tuple(name for name in names if before.get(name) != after.get(name))


def weights_of(component: nn.Module) -> Weights:
    """The weights of one component of a model as they are now.

    Returns the same object as long as nothing was written to or replaced.
    """
    with _guard:
        known = _states.get(component)
    if known is not None and known.is_current:
        return known.weights
    return _hashed(component, known)


def all_weights_of(model: nn.Module) -> Weights:
    """The weights of all components of a model, with full names. Otherwise as `weights_of`."""
    components = dict(model.named_children())
    parts = {name: weights_of(part) for name, part in components.items()}
    with _guard:
        known, joined = _joined.get(model, ((), None))
        if list(map(id, known)) == list(map(id, parts.values())):
            return joined
        joined = Weights(
            *(
                tuple(
                    (f"{component}.{name}".rstrip("."), digest)
                    for component, part in parts.items()
                    for name, digest in getattr(part, kind)
                )
                for kind in ("digests", "modules")
            )
        )
        # Not if another thread has found a later change: its entry stays.
        if all(_states[each].weights is parts[name] for name, each in components.items()):
            _joined[model] = tuple(parts.values()), joined
    return joined


def hash_again(model: nn.Module) -> tuple[str, ...]:
    """Hash all weights of all components again. Returns the names of those that have changed."""
    before = all_weights_of(model)
    for part in model.children():
        found = _State(part, None)
        weights_of(part)
        with _guard:
            if found.weights != _states[part].weights:
                _states[part] = found
    return before.changed(all_weights_of(model))


def in_words(names: Sequence[str]) -> str:
    """Names of weights, such as "a.weight", "a.weight and b.bias" or "a.weight and 17 more"."""
    more = f" and {names[1] if len(names) == 2 else f'{len(names) - 1} more'}"
    return f"{names[0]}{more if len(names) > 1 else ''}" if names else "nothing"


def checksum(tensors: Sequence[Tensor]) -> int:
    """A number that changes whenever a single number in the tensors changes.

    Other changes are missed with a chance of one in four billion.
    """
    return sum(_sum_of(group) for group in _flat(tensors))


class _State:
    """A component's weights, with what is needed to detect changes.

    Args:
        component: a part of a model.
        before: its earlier state, whose digests are reused where nothing was written to since;
            None to hash every number.
    """

    def __init__(self, component: nn.Module, before: "_State | None"):
        modules = modules_of(component)
        tables = (table for each in modules for table in (each._modules, *_tables(each)))
        self._parts = Parts(list(tables))
        self._build = _Modules(component)
        self._tensors = dict(_named(component))
        tensors = list(self._tensors.values())
        self._places = list(map(Tensor.data_ptr, tensors))
        # Those of inference mode have no version counter.
        self._counted = [tensor for tensor in tensors if not tensor.is_inference()]
        self._versions = list(map(_VERSION, self._counted))
        self._samples = {name: _sample(tensor) for name, tensor in self._tensors.items()}
        samples = {name: each for name, each in self._samples.items() if each is not None}
        self._copies = {name: each.clone() for name, each in samples.items()}
        self._hashed = _flat(samples.values())
        self._checksum = sum(map(_sum_of, self._hashed))
        known = {} if before is None else before._untouched()
        digests = (
            (name, known.get((name, id(tensor))) or _digest(tensor))
            for name, tensor in self._tensors.items()
        )
        self.weights = Weights(tuple(digests), self._build.digests)

    @property
    def is_current(self) -> bool:
        """Whether nothing was replaced or written to."""
        if not (self._parts.are_the_same and self._build.are_the_same):
            return False
        # Asked before each step of a run, so these loop in C.
        if list(map(Tensor.data_ptr, self._tensors.values())) != self._places:
            return False
        if list(map(_VERSION, self._counted)) != self._versions:
            return False
        return self._checksum == sum(map(_sum_of, self._hashed))

    def _untouched(self) -> dict[tuple[str, int], str]:
        """Digests that are still valid, by name and tensor; none after an uncounted write."""
        digests, stand = dict(self.weights.digests), {}
        versions = dict(zip(map(id, self._counted), self._versions, strict=True))
        for (name, tensor), place in zip(self._tensors.items(), self._places, strict=True):
            version = versions.get(id(tensor))
            if tensor.data_ptr() == place and (version is None or tensor._version == version):
                sample, copy = self._samples[name], self._copies.get(name)
                if sample is not None and copy is not None and not torch.equal(sample, copy):
                    return {}
                stand[name, id(tensor)] = digests[name]
        return stand


class _Modules:
    """What besides weights decides how a component's modules compute: their classes and settings.

    Settings are the numbers, texts and sizes among a module's public attributes, such as the
    epsilon of a norm, and a `forward` that was set on it. Hook points have none.

    Args:
        component: a part of a model.
    """

    def __init__(self, component: nn.Module):
        named = component.named_modules(remove_duplicate=False)
        modules = [(name, each) for name, each in named if type(each) is not HookPoint]
        self.digests = tuple((name, _digest_of_module(each)) for name, each in modules)
        # Without the component itself, which could then never be freed.
        self._inner = [each for _, each in modules if each is not component]
        self._classes = list(map(type, self._inner))
        asked = [(vars(each), name) for _, each in modules for name in (*_settings(each), _FORWARD)]
        self._fields, self._names = zip(*asked, strict=True)
        self._values = self._now()

    @property
    def are_the_same(self) -> bool:
        """Whether no class and no setting was changed since."""
        return list(map(type, self._inner)) == self._classes and self._now() == self._values

    def _now(self) -> list[object]:
        return list(map(dict.get, self._fields, self._names))


_FORWARD = "forward"
_OURS = (__name__.partition(".")[0] + ".", "torch.")  # classes that stay as they are


def _settings(module: nn.Module) -> dict[str, object]:
    return {
        name: value
        for name, value in vars(module).items()
        if isinstance(value, int | float | str | tuple)
        and not name.startswith("_")
        and name != "training"
    }


def _digest_of_module(module: nn.Module) -> str:
    kind, forward = type(module), vars(module).get(_FORWARD)
    content: list[object] = [(kind.__module__, kind.__qualname__)]
    if not kind.__module__.startswith(_OURS):
        content.append(fingerprint(kind, within_process=True))
    if forward is not None:
        content.append(fingerprint(forward, within_process=True))
    content += sorted(_settings(module).items())
    return hashlib.sha256(repr(content).encode()).hexdigest()[:32]


_states: weakref.WeakKeyDictionary[nn.Module, _State] = weakref.WeakKeyDictionary()
_joined: weakref.WeakKeyDictionary[nn.Module, tuple] = weakref.WeakKeyDictionary()
_guard = Lock()


def _hashed(component: nn.Module, known: _State | None) -> Weights:
    found = _State(component, known)
    with _guard:
        # Another thread may have been first: all get the same object for the same weights.
        other = _states.get(component)
        if other is None or other is known or not other.is_current:
            _states[component] = other = found
        return other.weights


def _tables(module: nn.Module) -> tuple[dict, dict]:
    return module._parameters, module._buffers


def _named(component: nn.Module) -> Iterator[tuple[str, Tensor]]:
    for place, module in component.named_modules(remove_duplicate=False):
        for table in _tables(module):
            for name, tensor in table.items():
                if tensor is not None:
                    yield f"{place}.{name}" if place else name, tensor


def _sample(tensor: Tensor) -> Tensor | None:
    """A view of a sample of its numbers; None if it is empty or not contiguous in any order."""
    # In memory order, so that channels-last weights have a view too.
    order = sorted(range(tensor.ndim), key=tensor.stride, reverse=True)
    tensor = tensor.detach().permute(order)
    if tensor.is_meta or not tensor.numel() or not tensor.is_contiguous():
        return None
    flat = tensor.view(-1)
    return flat if len(flat) <= _SMALL else flat[:: _step(tuple(tensor.shape))]


@lru_cache(maxsize=1024)
def _step(shape: tuple[int, ...]) -> int:
    """The largest stride through a flat tensor that visits every index of each axis.

    In a matrix it visits each row and each column, with about as many numbers as the longer side.
    """
    count = prod(shape)
    inner = [prod(shape[axis + 1 :]) for axis in range(len(shape))]

    def meets_all(step: int, length: int, block: int) -> bool:
        # Either no block of one index is skipped, or the steps visit all positions of the blocks
        # before they repeat one.
        period = length * block
        return step <= block or (gcd(step, period) == 1 and count // step >= period)

    longest = count // max(shape)
    axes = list(zip(shape, inner, strict=True))
    return next(step for step in range(longest, 0, -1) if all(meets_all(step, *a) for a in axes))


def _digest(tensor: Tensor) -> str:
    digest = hashlib.sha256(repr((tensor.dtype, tuple(tensor.shape))).encode())
    if tensor.numel() and not tensor.is_meta:
        content = tensor.detach().cpu().contiguous().view(-1).view(torch.uint8)
        digest.update(content.numpy().data)
    return digest.hexdigest()[:32]


def _flat(tensors: Iterable[Tensor]) -> list[list[Tensor]]:
    """One-dimensional views, by type; strided ones separately, since they are slower."""
    groups: dict[tuple, list[Tensor]] = {}
    for tensor in tensors:
        flat = (tensor.detach() if tensor.requires_grad else tensor).reshape(-1)
        groups.setdefault((flat.dtype, flat.is_contiguous()), []).append(flat)
    return list(groups.values())


def _sum_of(flat: list[Tensor]) -> int:
    words = _as_words(torch.cat(flat))
    # Sums of integers don't depend on the order, so not on the number of threads.
    product = torch.dot if words.device.type == "cpu" else _dot
    return int(product(words, _factors(words.device, len(words))))


def _as_words(numbers: Tensor) -> Tensor:
    """The bits of the numbers as 32-bit integers."""
    size = numbers.element_size()
    if size < 4:
        return numbers.view(torch.int16 if size == 2 else torch.uint8).to(torch.int32)
    return numbers.view(torch.int32)


@lru_cache(maxsize=64)
def _factors(device: torch.device, count: int) -> Tensor:
    """Odd factors, so that no change of a single number can vanish in the product."""
    chance = torch.Generator("cpu").manual_seed(0)
    drawn = torch.randint(
        -(2**31), 2**31, (count,), generator=chance, dtype=torch.int32, device="cpu"
    )
    return (drawn | 1).to(device)


def _dot(words: Tensor, factors: Tensor) -> Tensor:
    return (words * factors).sum()
