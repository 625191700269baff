"""The modules of a model, and whether any of them was replaced."""

from collections.abc import Iterator
from itertools import chain
from operator import is_
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from torch import Tensor, nn

# For code that uses a component's parts, and can't import its class without a circular import. To a
# type checker, each attribute of an `nn.Module` is a tensor or a module.
if TYPE_CHECKING:
    Component = Any
else:
    Component = nn.Module


class Parts:
    """A snapshot of some tables of modules, to see whether an entry was replaced since.

    Args:
        tables: the dicts in which modules hold their children, parameters or buffers.
    """

    def __init__(self, tables: list[dict]):
        self._tables = tables
        self._sizes = list(map(len, tables))
        self._full = [table for table in tables if table]
        self._parts = list(chain.from_iterable(map(dict.values, self._full)))

    @property
    def are_the_same(self) -> bool:
        """Whether each table still holds the very same objects."""
        if list(map(len, self._tables)) != self._sizes:
            return False
        return all(map(is_, chain.from_iterable(map(dict.values, self._full)), self._parts))


def modules_of(module: nn.Module) -> list[nn.Module]:
    """The module and all its descendants, which are looked for again after one was replaced."""
    known = _inside.get(module)
    if known is None or not known[0].are_the_same:
        modules = [module]
        for each in modules:  # the list grows during the loop
            modules.extend(child for child in each._modules.values() if child is not None)
        # Without the module itself, which could then never be freed.
        _inside[module] = known = Parts([each._modules for each in modules]), modules[1:]
    return [module, *known[1]]


_inside: WeakKeyDictionary[nn.Module, tuple[Parts, list[nn.Module]]] = WeakKeyDictionary()


def tensors_of(module: nn.Module) -> Iterator[Tensor]:
    """All parameters and buffers; one that several modules share is repeated."""
    for each in modules_of(module):
        for table in (each._parameters, each._buffers):
            yield from (tensor for tensor in table.values() if tensor is not None)


def parts_of(module: nn.Module) -> Parts:
    """A snapshot of all descendants, to see whether one was replaced."""
    return Parts([each._modules for each in modules_of(module)])
