"""Sums: products that are added up, and numbers that are added."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from ..number_text import text
from .operation import DIGITS, Expression, Operation
from .rules import ALL, At, Place, Rule, Slice, Source, Values

LISTED = 6  # terms of a long sum; the others are one number, which can be asked for the next ones


@dataclass(frozen=True)
class LongSum:
    """The greatest terms of a sum, and the rest of it as one number."""

    expression: Expression
    result: float
    size: float


def long_sum(
    values: Values,
    place: Place,
    terms: Float[Tensor, "term"],
    write: Callable[[int], Expression],
    first: int = 0,
    noun: str = "products",
) -> LongSum:
    """List the greatest terms of a sum.

    Args:
        values: the run.
        place: what is summed up there, to be asked for the terms that are not listed.
        terms: what is added up.
        write: a term by its number, as an expression.
        first: how many of the greatest were listed before; they are no part of this sum.
        noun: what the terms are.
    """
    order = torch.sort(terms.abs(), descending=True, stable=True).indices[first:]
    last = LISTED if len(order) > LISTED + 1 else len(order)
    expression: list = []
    for number in order[:last].tolist():
        expression += [" + ", *write(number)] if expression else write(number)
    if len(order) > last:
        rest = float(terms[order[last:]].sum())
        words = f"the sum of the other {len(order) - last} {noun}"
        expression += [" + ", values.rest(place, first + last, rest, words)]
    if not expression:
        expression = ["0"]
    size = float(terms[order].abs().max()) if len(order) else 0.0
    return LongSum(tuple(expression), float(terms[order].sum()), size)


@dataclass(frozen=True)
class WeightedSum(Rule):
    """Each number times its weight, added up: a linear layer, a convolution, a mix of values.

    Args:
        title, meaning, axes: in words; see `Operation` and `Rule`.
        formula: in symbols.
        weights, inputs: the factors of the products, in the same order.
        bias: what is added at the end, None for nothing.
        divisor: what the sum is divided by before, and how that is written.
        length: how many numbers there are along the axis that may be read as a whole.
        tolerance: see `Operation`.
        empty: what is said where there are no inputs.
    """

    title: str
    formula: str
    weights: Source
    inputs: Source
    bias: Source | None = None
    divisor: tuple[float, str] = (1.0, "")
    meaning: str = ""
    axes: tuple[str, ...] = ()
    length: int = 0
    tolerance: float = 1e-4
    empty: str = ""

    def operation(self, values: Values, place: Place, first: int = 0) -> Operation:
        weights = self.weights.vector(values, place.index)
        inputs = self.inputs.vector(values, place.index)
        is_empty = not len(inputs.values)
        terms = inputs.values if is_empty else weights.values * inputs.values

        def write(number: int) -> Expression:
            factors = weights.place(number), inputs.place(number)
            one, other = map(values.operand, factors)
            return one, " · ", other

        found = long_sum(values, place, terms, write, first)
        expression, result = found.expression, found.result
        if first:  # the other terms alone
            return Operation(self._rest, "Σ w · x", expression, result, found.size, self.tolerance)
        by, written = self.divisor
        if written:
            expression, result = ("(", *expression, f") / {written}"), result / by
        size = found.size / by
        if self.bias is not None:
            bias = values.operand(self.bias.place(place.index))
            expression = (bias,) if is_empty else (*expression, " + ", bias)
            result, size = result + bias.value, max(size, abs(bias.value))
        note = self.empty if is_empty else ""
        return Operation(
            self.title, self.formula, expression, result, size, self.tolerance, note=note
        )

    def numbers(self, values: Values, at: Slice) -> Float[Tensor, "..."]:
        if ALL in at:
            axis = at.index(ALL)
            places = ((*at[:axis], number, *at[axis + 1 :]) for number in range(self.length))
            return torch.stack([self.numbers(values, each) for each in places])
        inputs = self.inputs.numbers(values, at).flatten()
        found = inputs.sum()
        if len(inputs):
            found = self.weights.numbers(values, at).flatten() @ inputs / self.divisor[0]
        return found if self.bias is None else found + self.bias.numbers(values, at)

    @property
    def _rest(self) -> str:
        return f"{self.title}: the terms that are not listed"


@dataclass(frozen=True)
class Total(Rule):
    """Numbers that are added.

    Args:
        title, meaning, axes: in words; see `Operation` and `Rule`.
        parts: what is added, each with its symbol.
    """

    title: str
    parts: Sequence[tuple[str, Source]]
    meaning: str = ""
    axes: tuple[str, ...] = ()

    def operation(self, values: Values, place: Place, first: int = 0) -> Operation:
        found = [values.operand(source.place(place.index)) for _, source in self.parts]
        expression: list = []
        for each in found:
            expression += [" + ", each] if expression else [each]
        numbers = [each.value for each in found]
        formula = " + ".join(symbol for symbol, _ in self.parts)
        return Operation(
            self.title, formula, tuple(expression), sum(numbers), max(map(abs, numbers))
        )

    def numbers(self, values: Values, at: Slice) -> Float[Tensor, "..."]:
        return torch.stack([source.numbers(values, at) for _, source in self.parts]).sum(0)


@dataclass(frozen=True)
class Copy(Rule):
    """Numbers that are handed on as they are.

    Args:
        title, meaning, axes: in words; see `Operation` and `Rule`.
        choose: the place that a number comes from.
        note: what else is to be known.
    """

    title: str
    choose: Callable[[At], Source]
    meaning: str = ""
    axes: tuple[str, ...] = ()
    note: str = ""

    def operation(self, values: Values, place: Place, first: int = 0) -> Operation:
        operand = values.operand(self.choose(place.index).place(place.index))
        size = abs(operand.value)
        return Operation(self.title, "x", (operand,), operand.value, size, note=self.note)

    def numbers(self, values: Values, at: Slice) -> Float[Tensor, "..."]:
        return self.choose(at).numbers(values, at)


@dataclass(frozen=True)
class SoftmaxSum(Rule):
    """What the exponentials of a row of scores are divided by: their sum.

    Args:
        scores: the row of scores.
        meaning, axes: see `Rule`.
    """

    scores: Source
    meaning: str
    axes: tuple[str, ...]
    title: str = "Sum of a row's exponentials"

    def operation(self, values: Values, place: Place, first: int = 0) -> Operation:
        scores = self.scores.vector(values, place.index)
        greatest = float(scores.values.max())
        shift = f"({text(greatest, DIGITS)})" if greatest < 0 else text(greatest, DIGITS)

        def write(number: int) -> Expression:
            return "exp(", values.operand(scores.place(number)), f" − {shift})"

        terms = (scores.values - greatest).exp()
        found = long_sum(values, place, terms, write, first, "exponentials")
        formula = "Σ exp(s − m), m the greatest score of the row"
        return Operation(self.title, formula, found.expression, found.result, found.size)

    def numbers(self, values: Values, at: Slice) -> Float[Tensor, "..."]:
        scores = self.scores.numbers(values, at)
        return (scores - scores.max()).exp().sum()


@dataclass(frozen=True)
class Softmax(Rule):
    """An attention weight: a score's exponential, as a share of those of its row.

    Args:
        scores: the row of scores, of which the last entry of the index counts.
        total: the sum of the row's exponentials.
        meaning, axes: see `Rule`.
    """

    scores: Source
    total: Source
    meaning: str = ""
    axes: tuple[str, ...] = ()

    def operation(self, values: Values, place: Place, first: int = 0) -> Operation:
        row = self.scores.vector(values, place.index)
        score = values.operand(row.place(place.index[-1]))
        greatest = values.operand(row.place(int(row.values.argmax())))
        total = values.operand(self.total.place(place.index))
        result = float((row.values[place.index[-1]] - row.values.max()).exp()) / total.value
        return Operation(
            "Softmax",
            "exp(s − m) / Σ exp(s − m), m the greatest score of the row",
            ("exp(", score, " − ", greatest, ") / ", total),
            result,
            abs(result),
        )

    def numbers(self, values: Values, at: Slice) -> Float[Tensor, "..."]:
        row = self.scores.numbers(values, at)
        return (row - row.max()).exp() / self.total.numbers(values, at)
