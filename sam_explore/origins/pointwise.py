"""What is done to one number by itself: GELU, ReLU, sines and cosines, scales."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from .operation import Expression, Operand, Operation
from .rules import At, Place, Rule, Slice, Source, Values


@dataclass(frozen=True)
class Gelu(Rule):
    """The Gaussian error linear unit: a number times the share of a bell curve below it.

    Args:
        inputs: the number before.
        tolerance: see `Operation`.
        meaning, axes: see `Rule`.
    """

    inputs: Source
    tolerance: float = 1e-4
    meaning: str = ""
    axes: tuple[str, ...] = ()

    def operation(self, values: Values, place: Place, first: int = 0) -> Operation:
        x = values.operand(self.inputs.place(place.index))
        result = x.value * (1 + math.erf(x.value / math.sqrt(2))) / 2
        formula = "x · Φ(x), Φ(x) the share of the standard normal curve below x"
        expression = x, " · Φ(", x, ")"
        return Operation("GELU", formula, expression, result, abs(x.value), self.tolerance)

    def numbers(self, values: Values, at: Slice) -> Float[Tensor, "..."]:
        return torch.nn.functional.gelu(self.inputs.numbers(values, at))


@dataclass(frozen=True)
class Relu(Rule):
    """A number, or 0 if it is negative.

    Args:
        inputs: the number before.
        meaning, axes: see `Rule`.
    """

    inputs: Source
    meaning: str = ""
    axes: tuple[str, ...] = ()

    def operation(self, values: Values, place: Place, first: int = 0) -> Operation:
        x = values.operand(self.inputs.place(place.index))
        result = max(0.0, x.value)
        return Operation("ReLU", "max(0, x)", ("max(0, ", x, ")"), result, abs(x.value))

    def numbers(self, values: Values, at: Slice) -> Float[Tensor, "..."]:
        return self.inputs.numbers(values, at).relu()


@dataclass(frozen=True)
class FourierFeature(Rule):
    """A sine or a cosine of a place: the first half of the channels are sines.

    Args:
        x, y: the place, from −1 to 1.
        frequencies: the channel's two, for x and for y.
        channel: which axis of the index is the channel.
        half: how many channels are sines.
        meaning, axes: see `Rule`.
    """

    x: Source
    y: Source
    frequencies: tuple[Source, Source]
    channel: int
    half: int
    meaning: str = ""
    axes: tuple[str, ...] = ()

    def operation(self, values: Values, place: Place, first: int = 0) -> Operation:
        sources = *self.frequencies, self.x, self.y
        across, down, x, y = (values.operand(source.place(place.index)) for source in sources)
        angle = 2 * math.pi * (x.value * across.value + y.value * down.value)
        is_sine = place.index[self.channel] < self.half
        name = "sin" if is_sine else "cos"
        return Operation(
            "Fourier feature",
            f"{name}(2π (x · f + y · g))",
            (f"{name}(2π · (", x, " · ", across, " + ", y, " · ", down, "))"),
            math.sin(angle) if is_sine else math.cos(angle),
            max(1.0, abs(angle)),  # an error of the angle is one of the wave
        )

    def numbers(self, values: Values, at: Slice) -> Float[Tensor, "..."]:
        raise NotImplementedError("A hook point has them.")


@dataclass(frozen=True)
class Scaled(Rule):
    """A number that is shifted and scaled: coordinates, and the levels of pixels.

    Args:
        title: what is done.
        formula: in symbols.
        write: the expression and the result, from the operand and the index.
        inputs: the number before; None for one that follows from the index alone.
        meaning, axes: see `Rule`.
        note: what else is to be known.
    """

    title: str
    formula: str
    write: Callable[[Operand | None, At], tuple[Expression, float]]
    inputs: Source | None = None
    meaning: str = ""
    axes: tuple[str, ...] = ()
    note: Callable[[At], str] = lambda index: ""

    def operation(self, values: Values, place: Place, first: int = 0) -> Operation:
        operand = None
        if self.inputs is not None and self.inputs.where(place.index) is not None:
            operand = values.operand(self.inputs.place(place.index))
        expression, result = self.write(operand, place.index)
        note = self.note(place.index)
        return Operation(
            self.title, self.formula, expression, result, max(1.0, abs(result)), note=note
        )

    def numbers(self, values: Values, at: Slice) -> Float[Tensor, "..."]:
        place = Place("", tuple(each for each in at if isinstance(each, int)))
        found = self.operation(values, place).result
        return torch.tensor(found, dtype=torch.float64, device="cpu")
