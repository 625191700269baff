"""What probes make of numbers of a run: lengths, means, products, cosines, each as an operation."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import torch
from jaxtyping import Float
from torch import Tensor

from ..model import Sam
from ..tracing import Trace
from .explaining import TraceValues
from .norms import Length, Mean
from .operation import Operation
from .rules import Index, Place, Rule, Slice, Source, Values, same
from .sums import Copy, Total, WeightedSum


def there(address: str, at: Slice) -> Source:
    """Numbers of a run: all along the axes that are `ALL`."""
    return Source(address, lambda index: at)


def length_of(trace: Trace, vector: Source, name: str) -> Operation:
    """The L2 norm of a vector."""
    return _asked(trace, Length(vector, name), name)


def mean_of(trace: Trace, numbers: Source, name: str) -> Operation:
    """The mean of some numbers, such as those of all heads."""
    return _asked(trace, Mean(numbers, name, ()), name)


def read_of(trace: Trace, number: Source, name: str) -> Operation:
    """A number that is shown as it was learned or given."""
    return _asked(trace, Copy("Shown as it is", lambda at: number, name), name)


def sum_of(trace: Trace, parts: Mapping[str, Source], name: str) -> Operation:
    """The sum of some numbers, each by its symbol."""
    return _asked(trace, Total("Sum", tuple(parts.items()), name), name)


def product_of(
    trace: Trace,
    one: Source,
    other: Source,
    name: str,
    divisor: int = 1,
    bias: Source | None = None,
) -> Operation:
    """The dot product of two vectors, or the product of two numbers.

    Args:
        trace: the run.
        one, other: the factors.
        name: what it is.
        divisor: what the sum is divided by.
        bias: what is then added.
    """
    by = (float(divisor), str(divisor)) if divisor != 1 else (1.0, "")
    return _asked(trace, replace(_dot(one, other, name), divisor=by, bias=bias), name)


def address_of(sam: Sam, weight: Tensor) -> str:
    """The address of a learned tensor of a model."""
    (name,) = (name for name, each in sam.named_parameters() if each is weight)
    return name


def cosine_of(trace: Trace, one: Source, other: Source, name: str) -> Operation:
    """The cosine of two vectors: their dot product over the product of their lengths."""
    parts = {
        "dot product": _dot(one, other, "their dot product"),
        "length of one": Length(one, "length of the one vector"),
        "length of other": Length(other, "length of the other vector"),
    }
    product, first, second = (Source(each, same) for each in parts)
    return _asked(trace, _Cosine(product, first, second, name), name, parts)


def ratio_of_lengths(trace: Trace, one: Source, other: Source, name: str) -> Operation:
    """How long a vector is, as a multiple of another one."""
    parts = {
        "length of one": Length(one, "length of the one vector"),
        "length of other": Length(other, "length of the other vector"),
    }
    first, second = (Source(each, same) for each in parts)
    return _asked(trace, _Ratio(first, second, name), name, parts)


def _dot(one: Source, other: Source, name: str) -> WeightedSum:
    return WeightedSum("Product", "Σ a · b", one, other, meaning=name)


def _asked(
    trace: Trace, rule: Rule, name: str, parts: Mapping[str, Rule] | None = None
) -> Operation:
    values = TraceValues(trace)
    for address, part in (parts or {}).items():
        values.add(address, part)
    return values.derive(name, rule)


@dataclass(frozen=True)
class _Ratio(Rule):
    """One number over another."""

    one: Source
    other: Source
    meaning: str = ""
    axes: tuple[str, ...] = ()

    def operation(self, values: Values, place: Place, first: int = 0) -> Operation:
        one, other = (values.operand(each.place(())) for each in (self.one, self.other))
        result = one.value / other.value
        return Operation("Ratio", "a / b", (one, " / ", other), result, abs(result))

    def numbers(self, values: Values, at: Slice) -> Float[Tensor, "..."]:
        return self.one.numbers(values, ()) / self.other.numbers(values, ())


@dataclass(frozen=True)
class _Cosine(Rule):
    """A dot product over the product of the lengths."""

    product: Source
    one: Source
    other: Source
    meaning: str = ""
    axes: tuple[str, ...] = ()

    def operation(self, values: Values, place: Place, first: int = 0) -> Operation:
        index: Index = ()
        product, one, other = (
            values.operand(each.place(index)) for each in (self.product, self.one, self.other)
        )
        result = product.value / (one.value * other.value)
        expression = product, " / (", one, " · ", other, ")"
        return Operation("Cosine", "a · b / (|a| |b|)", expression, result, 1.0)

    def numbers(self, values: Values, at: Slice) -> Float[Tensor, "..."]:
        found = self.operation(values, Place("", ())).result
        return torch.tensor(found, dtype=torch.float64, device="cpu")
