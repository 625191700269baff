"""`explain`: where a number of a run comes from."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from math import prod
from types import EllipsisType
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from ..model import HookPoint
from ..number_text import text
from ..tracing import Trace
from ..tracing.recording import find_hooks
from .of_image_encoder import wire_image_encoder
from .of_mask_decoder import wire_mask_decoder
from .of_picture import wire_picture
from .of_prompts import wire_prompts
from .operation import DIGITS, Operand, Operation, written_place
from .rules import Index, Place, Rule, Slice, Values
from .wiring import Wiring

# Where the scores of all pairs of tokens take more, they are read in part, each time from a new run
# of their step.
_WHOLE_BYTES = 128 * 2**20


def explain(trace: Trace, address: str, index: Sequence[int]) -> Operation:
    """Where a number comes from: its formula with its numbers, each of which can be asked again.

        name = "image_encoder.vit.blocks.3.attention.hook_scores"
        operation = sx.explain(trace, name, (0, 1, 7, 12))
        operation.operands[0].explain()

    Numbers are read from the run, and the formula is computed from them in double precision;
    `operation.error` compares it with what the model computed.

    Args:
        trace: the run.
        address: a hook point, as `sx.list_hooks` lists them, or the address of an operand.
        index: its place along the axes of the tensor there. A first axis of length 1 may be left
            out.

    Raises:
        ValueError: an unknown address, one that this run's prompts don't reach, an index out of
            bounds, or a number that was given or learned.
        RuntimeError: the model's weights have changed since the trace was made.
    """
    return TraceValues(trace).explain(address, index)


class TraceValues(Values):
    """The numbers of a run by their places, and how each was computed.

    Args:
        trace: the run.
    """

    def __init__(self, trace: Trace):
        self._trace = trace
        self._wiring = wiring = Wiring(trace)
        for wire in (wire_picture, wire_prompts, wire_image_encoder, wire_mask_decoder):
            wire(wiring)
        self._hooks = trace.sam.hook_points
        self._weights = {**dict(trace.sam.named_parameters()), **dict(trace.sam.named_buffers())}
        self._edited = set(trace.edits)
        # What one operation reads; nothing of it is kept afterwards.
        self._known: dict[tuple[str, Slice], Tensor] = {}
        self._whole: dict[str, Tensor] = {}
        pairs = prod(trace.frame.grid) ** 2
        self._bytes_of_pairs = 4 * pairs * trace.sam.config.encoder_heads

    def explain(self, address: str, index: Sequence[int]) -> Operation:
        """As `sx.explain`."""
        place = Place(address, self._checked(address, tuple(index)))
        if address not in self._wiring.rules:
            raise ValueError(
                f"{written_place(address, place.index)} was not computed: it was given or learned, "
                f"and is {text(float(self.numbers(address, place.index)), DIGITS)}."
            )
        return self._operation(place)

    def add(self, address: str, rule: Rule) -> None:
        """Let a quantity that a probe makes be asked, too."""
        self._wiring.rules[address] = rule

    def derive(self, name: str, rule: Rule) -> Operation:
        """How a number comes about that has no place in the model, only this name."""
        self.add(name, rule)
        return replace(self._operation(Place(name, ())), address="", name=name)

    def numbers(self, address: str, at: Slice) -> Float[Tensor, "..."]:
        """The numbers at a place, in double precision; axes that are no single index stay."""
        key = address, at
        if key not in self._known:
            self._known[key] = self._read(address, at).detach().to("cpu", torch.float64)
        return self._known[key]

    def operand(self, place: Place) -> Operand:
        """The number at a place, with its name; it can be asked."""
        value, name = float(self.numbers(place.address, place.index)), self._name(place)
        ask = partial(self._operation, place) if place.address in self._wiring.rules else None
        return Operand(place.address, place.index, value, name, ask)

    def rest(self, place: Place, first: int, value: float, words: str) -> Operand:
        """The terms of the sum at a place from number `first` on, which can be asked for more."""
        ask = partial(self._rest, place, first, words)
        return Operand(place.address, place.index, value, words, ask)

    def name(self, address: str, index: Index) -> str:
        """What a number is, in words."""
        return self._name(Place(address, index))

    def _operation(self, place: Place) -> Operation:
        with self._reading():
            return self._checked_operation(place)

    @contextmanager
    def _reading(self) -> Iterator[None]:
        """Tensors are read once while the context lasts, and weights are those of the run."""
        self._trace.engine.refuse_changed_weights()
        try:
            yield
        finally:
            self._known.clear()
            self._whole.clear()

    def _checked_operation(self, place: Place) -> Operation:
        operation = self._wiring.rules[place.address].operation(self, place)
        operation = operation.within(place.address, place.index, self._name(place))
        if place.address not in self._hooks and place.address not in self._wiring.given:
            return operation  # the model has no such number to compare with
        model = float(self.numbers(place.address, place.index))
        if place.address not in self._edited:
            return replace(operation, model=model)
        before = Operand(
            place.address,
            place.index,
            operation.result,
            f"{operation.name}, before the edit",
            lambda: operation,
        )
        return replace(
            operation,
            title="Set by an edit of this run",
            formula="edit(x)",
            expression=("edit(", before, ")"),
            result=model,
            size=abs(model),
            model=model,
            note="An intervention changed the numbers here: this one is what it returned.",
        )

    def _rest(self, place: Place, first: int, words: str) -> Operation:
        with self._reading():
            operation = self._wiring.rules[place.address].operation(self, place, first)
        return replace(operation, name=f"{words} of {self._name(place)}")

    def _read(self, address: str, at: Slice) -> Tensor:
        part = _selection(at)
        if address in self._wiring.given:
            return _chosen(self._wiring.given[address][0], part)
        if address in self._weights:
            return _chosen(self._weights[address], part)
        if address not in self._hooks:
            return self._wiring.rules[address].numbers(self, at)
        if self._is_kept(address):
            if address not in self._whole:
                self._whole[address] = self._trace[address]
            return _chosen(self._whole[address], part)

        def pick(tensor: Tensor, hook: HookPoint) -> Tensor:
            return _chosen(tensor, part).clone()

        picked: Tensor = self._trace.read(address, pick)[address]
        return picked

    def _is_kept(self, address: str) -> bool:
        """Whether the whole tensor is read, which the trace then keeps: not that of all pairs."""
        return self._bytes_of_pairs <= _WHOLE_BYTES or "key" not in self._hooks[address].axes

    def _name(self, place: Place) -> str:
        meaning, axes = self._about(place.address)
        named = zip(axes, place.index, strict=False)
        where = [f"{axis} {number}" for axis, number in named if axis not in ("batch", "1")]
        return f"{meaning}: {', '.join(where)}" if where else meaning

    def _about(self, address: str) -> tuple[str, tuple[str, ...]]:
        """What the numbers at an address are, and the names of their axes."""
        if address in self._hooks:
            return self._hooks[address].meaning, self._hooks[address].axes
        if address in self._wiring.rules:
            rule = self._wiring.rules[address]
            return rule.meaning, rule.axes
        if address in self._wiring.given:
            _, meaning, axes = self._wiring.given[address]
            return meaning, axes
        *before, last = address.split(".")
        # A layer in a list has a number for a name.
        owner = ".".join(before[-2:] if before[-1].isdigit() else before[-1:])
        kind = f"{last} of {owner}" if last in ("weight", "bias") else last.replace("_", " ")
        return f"learned {kind}", ()

    def _checked(self, address: str, index: Index) -> Index:
        held = {*self._hooks, *self._weights, *self._wiring.given}
        if address not in held and address in self._wiring.rules:
            return self._checked_axes(address, index, self._about(address)[1], None)
        if address not in held:
            find_hooks(self._trace.sam, address)  # raises an error with names that are close
        shape = self._shape(address)
        if len(index) == len(shape) - 1 and shape[0] == 1:
            index = (0, *index)
        return self._checked_axes(address, index, self._about(address)[1], shape)

    def _checked_axes(
        self, address: str, index: Index, axes: tuple[str, ...], shape: tuple[int, ...] | None
    ) -> Index:
        lengths = (None,) * len(axes) if shape is None else shape
        named = ", ".join(_axes_in_words(axes, lengths))
        if len(index) != len(lengths):
            raise ValueError(
                f"index must have {len(lengths)} numbers for {address}, one for each axis "
                f"({named}), but is {index}."
            )
        for number, length in zip(index, lengths, strict=True):
            if not 0 <= number < (number + 1 if length is None else length):
                raise ValueError(
                    f"index must lie from 0 to the last place of each axis of {address} ({named}), "
                    f"but is {index}."
                )
        return tuple(int(number) for number in index)

    def _shape(self, address: str) -> tuple[int, ...]:
        if address in self._wiring.given:
            return tuple(self._wiring.given[address][0].shape)
        if address in self._weights:
            return tuple(self._weights[address].shape)
        if self._is_kept(address):
            return tuple(self._trace[address].shape)
        return self._trace.read(address, lambda tensor, hook: tuple(tensor.shape))[address]


def _axes_in_words(axes: Sequence[str], lengths: Sequence[int | None]) -> Iterator[str]:
    for number, length in enumerate(lengths):
        name = axes[number] if number < len(axes) else f"axis {number}"
        yield name if length is None else f"{name}: {length}"


def _selection(at: Slice) -> tuple[Any, ...]:
    """A slice as tensors take it."""

    def part(each: int | range | EllipsisType) -> Any:
        if isinstance(each, range):
            return slice(each.start, each.stop)
        return each if isinstance(each, int) else slice(None)

    return tuple(map(part, at))


def _chosen(tensor: Tensor, part: tuple[Any, ...]) -> Tensor:
    chosen: Tensor = tensor[part]
    return chosen
