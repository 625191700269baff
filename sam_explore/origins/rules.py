"""What a rule is: how the numbers at one address are computed, and from which other numbers."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import EllipsisType
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from .operation import Operand, Operation

ALL = ...  # in a slice: all of this axis
Index = tuple[int, ...]
Slice = tuple[int | range | EllipsisType, ...]
At = Any  # an index or a slice in functions that take both, which a type checker can't tell apart


@dataclass(frozen=True)
class Place:
    """Where a number is: an address, and an index along the axes there."""

    address: str
    index: Index


class Values(ABC):
    """The numbers of a run by their places; a rule reads them from it."""

    @abstractmethod
    def numbers(self, address: str, at: Slice) -> Float[Tensor, "..."]:
        """The numbers at a place, in double precision; axes that are no single index stay."""

    @abstractmethod
    def operand(self, place: Place) -> Operand:
        """The number at a place, with its name; it can be asked."""

    @abstractmethod
    def rest(self, place: Place, first: int, value: float, words: str) -> Operand:
        """The terms of the sum at a place from number `first` on, which can be asked for more."""


@dataclass(frozen=True)
class Vector:
    """Numbers in a row, and the place of each."""

    values: Float[Tensor, "number"]
    place: Callable[[int], Place]


@dataclass(frozen=True)
class Source:
    """Where a rule finds what it reads.

    Args:
        address: the hook point, the weight or the quantity that it reads.
        where: from the index of the result to the place there: one number, or all along the axes
            that are `ALL`. Nothing lies there if it is None, as beyond the grid.
    """

    address: str
    where: Callable[[At], Slice | None]

    def numbers(self, values: Values, index: Slice) -> Float[Tensor, "..."]:
        """The numbers that are read for a result."""
        at = self.where(index)
        if at is None:
            return torch.zeros(0, dtype=torch.float64, device="cpu")
        return values.numbers(self.address, at)

    def vector(self, values: Values, index: Slice) -> Vector:
        """The same in a row."""
        at, found = self.where(index), self.numbers(values, index)
        shape = found.shape

        def place(number: int) -> Place:
            inner = iter(map(int, np.unravel_index(number, shape)))
            return Place(self.address, tuple(_entry(each, inner) for each in at or ()))

        return Vector(found.flatten(), place)

    def place(self, index: Slice) -> Place:
        """The place of the one number that is read for a result."""
        at = self.where(index) or ()
        return Place(self.address, tuple(each for each in at if isinstance(each, int)))


def _entry(part: int | range | EllipsisType, inner: Iterator[int]) -> int:
    if isinstance(part, int):
        return part
    number = int(next(inner))
    return part[number] if isinstance(part, range) else number


def same(index: Slice) -> Slice:
    """For a source that is read at the very place of the result."""
    return index


def always(source: Source) -> Callable[[At], Source]:
    """For a rule that reads the same source wherever its result is."""
    return lambda at: source


class Rule(ABC):
    """How the numbers at an address are computed.

    Attributes:
        meaning: what they are, in words.
        axes: the names of their axes.
    """

    meaning: str
    axes: tuple[str, ...]

    @abstractmethod
    def operation(self, values: Values, place: Place, first: int = 0) -> Operation:
        """How the number at a place is computed.

        Of a long sum, terms are listed from number `first` on, the greatest first.
        """

    @abstractmethod
    def numbers(self, values: Values, at: Slice) -> Float[Tensor, "..."]:
        """The numbers themselves, for places that no hook point has; one axis may be `ALL`."""


@dataclass(frozen=True)
class Chosen(Rule):
    """Numbers of several kinds at one address: the second axis says which rule they have.

    Args:
        rules: by the place along that axis.
        meaning, axes: see `Rule`.
    """

    rules: Mapping[int, Rule]
    meaning: str = ""
    axes: tuple[str, ...] = ()

    def operation(self, values: Values, place: Place, first: int = 0) -> Operation:
        return self.rules[place.index[1]].operation(values, place, first)

    def numbers(self, values: Values, at: Slice) -> Float[Tensor, "..."]:
        number = at[1]
        if not isinstance(number, int):
            raise ValueError("A hook point has the whole axis.")
        return self.rules[number].numbers(values, at)
