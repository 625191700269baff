"""Layer norm: a number as far from the mean of its token, in units of their deviation."""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from .operation import Expression, Operation
from .rules import ALL, Place, Rule, Slice, Source, Values
from .sums import long_sum


@dataclass(frozen=True)
class Mean(Rule):
    """The mean of a token's channels.

    Args:
        inputs: the channels.
        meaning, axes: see `Rule`.
    """

    inputs: Source
    meaning: str
    axes: tuple[str, ...]

    def operation(self, values: Values, place: Place, first: int = 0) -> Operation:
        inputs = self.inputs.vector(values, place.index)

        def write(number: int) -> Expression:
            return (values.operand(inputs.place(number)),)

        found = long_sum(values, place, inputs.values, write, first, "channels")
        count = len(inputs.values)
        if first:
            return Operation("Sum", "Σ x", found.expression, found.result, found.size)
        expression = "(", *found.expression, f") / {count}"
        return Operation("Mean", "Σ x / n", expression, found.result / count, found.size)

    def numbers(self, values: Values, at: Slice) -> Float[Tensor, "..."]:
        return self.inputs.numbers(values, at).mean()


@dataclass(frozen=True)
class Deviation(Rule):
    """The root of the variance of a token's channels, plus a little so that it is never zero.

    Args:
        inputs: the channels.
        mean: their mean.
        epsilon: what is added to the variance.
        meaning, axes: see `Rule`.
    """

    inputs: Source
    mean: Source
    epsilon: float
    meaning: str
    axes: tuple[str, ...]

    def operation(self, values: Values, place: Place, first: int = 0) -> Operation:
        inputs = self.inputs.vector(values, place.index)
        mean = values.operand(self.mean.place(place.index))
        squares = (inputs.values - mean.value) ** 2

        def write(number: int) -> Expression:
            return "(", values.operand(inputs.place(number)), " − ", mean, ")²"

        found = long_sum(values, place, squares, write, first, "squares")
        count = len(inputs.values)
        if first:
            return Operation("Sum", "Σ (x − μ)²", found.expression, found.result, found.size)
        result = (found.result / count + self.epsilon) ** 0.5
        expression = "√((", *found.expression, f") / {count} + {self.epsilon:g})"
        formula = "√(Σ (x − μ)² / n + ε)"
        return Operation("Standard deviation", formula, expression, result, result)

    def numbers(self, values: Values, at: Slice) -> Float[Tensor, "..."]:
        return (self.inputs.numbers(values, at).var(unbiased=False) + self.epsilon).sqrt()


@dataclass(frozen=True)
class Norm(Rule):
    """Layer norm of a token's channels.

    Args:
        inputs: a channel before.
        mean, deviation: of all channels of the token.
        weight, bias: what is learned for each channel.
        axis: which axis of the index is the channel.
        epsilon: see `Deviation`.
        meaning, axes: see `Rule`.
    """

    inputs: Source
    mean: Source
    deviation: Source
    weight: Source
    bias: Source
    axis: int
    epsilon: float
    meaning: str = ""
    axes: tuple[str, ...] = ()

    def operation(self, values: Values, place: Place, first: int = 0) -> Operation:
        sources = self.inputs, self.mean, self.deviation, self.weight, self.bias
        x, mean, deviation, weight, bias = (
            values.operand(source.place(place.index)) for source in sources
        )
        scaled = (x.value - mean.value) / deviation.value * weight.value
        expression = "(", x, " − ", mean, ") / ", deviation, " · ", weight, " + ", bias
        # What is rounded off before the mean is subtracted is magnified by the division.
        before = max(abs(x.value), abs(mean.value)) / deviation.value * abs(weight.value)
        size = max(before, abs(bias.value))
        formula = "(x − μ) / σ · w + b"
        return Operation("Layer norm", formula, expression, scaled + bias.value, size)

    def numbers(self, values: Values, at: Slice) -> Float[Tensor, "..."]:
        channel = at[self.axis]
        every = (*at[: self.axis], ALL, *at[self.axis + 1 :])
        x = self.inputs.numbers(values, every)
        scaled = (x - x.mean()) / (x.var(unbiased=False) + self.epsilon).sqrt()
        weight, bias = (each.numbers(values, every) for each in (self.weight, self.bias))
        normed = scaled * weight + bias
        return normed if channel is ALL else normed[channel]


@dataclass(frozen=True)
class Length(Rule):
    """The L2 norm of a vector: how long it is.

    Args:
        inputs: its channels.
        meaning, axes: see `Rule`.
    """

    inputs: Source
    meaning: str
    axes: tuple[str, ...] = ()

    def operation(self, values: Values, place: Place, first: int = 0) -> Operation:
        inputs = self.inputs.vector(values, place.index)

        def write(number: int) -> Expression:
            return values.operand(inputs.place(number)), "²"

        found = long_sum(values, place, inputs.values**2, write, first, "squares")
        if first:
            return Operation("Sum", "Σ x²", found.expression, found.result, found.size)
        result = found.result**0.5
        return Operation("L2 norm", "√(Σ x²)", ("√(", *found.expression, ")"), result, result)

    def numbers(self, values: Values, at: Slice) -> Float[Tensor, "..."]:
        return torch.linalg.vector_norm(self.inputs.numbers(values, at))
