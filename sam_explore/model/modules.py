"""The modules of a model, and whether any of them was replaced."""

from collections.abc import Iterator
from operator import is_not
from typing import TYPE_CHECKING, Any

from torch import Tensor, nn

# For code that uses a component's parts, and can't import its class without a circular import. To a
# type checker, each attribute of an `nn.Module` is a tensor or a module.
if TYPE_CHECKING:
    Component = Any
else:
    Component = nn.Module


def modules_of(module: nn.Module) -> list[nn.Module]:
    """The module and all its descendants. `nn.Module.modules` also builds names, which is slow."""
    modules = [module]
    for each in modules:  # the list grows during the loop
        modules.extend(child for child in each._modules.values() if child is not None)
    return modules


def tensors_of(module: nn.Module) -> Iterator[Tensor]:
    """All parameters and buffers; one that several modules share is repeated."""
    for each in modules_of(module):
        for table in (each._parameters, each._buffers):
            yield from (tensor for tensor in table.values() if tensor is not None)


class Parts:
    """A snapshot of some tables of modules, to see whether an entry was replaced since.

    Args:
        tables: the dicts in which modules hold their children, parameters or buffers.
    """

    def __init__(self, tables: list[dict]):
        self._tables = [(table, tuple(table.values())) for table in tables if table]
        self._empty = [table for table in tables if not table]

    @property
    def are_the_same(self) -> bool:
        """Whether each table still holds the very same objects."""
        for table, parts in self._tables:
            if len(table) != len(parts) or any(map(is_not, table.values(), parts)):
                return False
        return not any(self._empty)


def parts_of(module: nn.Module) -> Parts:
    """A snapshot of all descendants, to see whether one was replaced."""
    return Parts([each._modules for each in modules_of(module)])
