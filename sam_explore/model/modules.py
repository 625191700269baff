"""The modules that a model is made of, and whether they are still the same ones."""

from collections.abc import Iterator
from operator import is_not

from torch import Tensor, nn


def modules_of(module: nn.Module) -> list[nn.Module]:
    """The module and all inside. Torch's own walk also names them, which takes much longer."""
    modules = [module]
    for each in modules:  # grows meanwhile
        modules.extend(child for child in each._modules.values() if child is not None)
    return modules


def tensors_of(module: nn.Module) -> Iterator[Tensor]:
    """All parameters and buffers; one that several modules share comes several times."""
    for each in modules_of(module):
        for table in (each._parameters, each._buffers):
            yield from (tensor for tensor in table.values() if tensor is not None)


class Parts:
    """What some tables of modules held, to see whether anything in them was exchanged since.

    Args:
        tables: as modules keep their children, parameters or buffers.
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
    """All modules inside, to see whether one was exchanged."""
    return Parts([each._modules for each in modules_of(module)])
