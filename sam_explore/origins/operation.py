"""An operation: how one number of a run was computed, from which numbers."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial

from ..number_text import text

DIGITS = 4  # of a number in a formula


@dataclass(frozen=True)
class Operand:
    """A number that went into an operation, and where it is.

    Args:
        address: a hook point, a weight, a place between hook points, or what was given.
        index: its place along the axes there.
        value: the number.
        name: what it is, in words.
        ask: returns how it was computed in its turn; None for what was given or learned.
    """

    address: str
    index: tuple[int, ...]
    value: float
    name: str
    ask: "Callable[[], Operation] | None" = field(default=None, repr=False, compare=False)

    @property
    def at(self) -> str:
        """Address and index, such as "prompt_encoder.hook_tokens[0, 1, 5]"."""
        return written_place(self.address, self.index)

    @property
    def can_be_asked(self) -> bool:
        """Whether it was computed from other numbers: a weight, a pixel or a click was not."""
        return self.ask is not None

    @property
    def identity(self) -> tuple[str, str]:
        """Place and name, which tell it from other operands, and are the same in another run."""
        return self.at, self.name

    def explain(self) -> "Operation":
        """How it was computed.

        Raises:
            ValueError: it was given or learned.
        """
        if self.ask is None:
            raise ValueError(f"{self.at} ({self.name}) was not computed: {text(self.value, 6)}.")
        return self.ask()


Expression = tuple[str | Operand, ...]


@dataclass(frozen=True, repr=False)
class Operation:
    """How one number was computed.

        operation = sx.explain(trace, "mask_decoder.iou_predictor.hook_iou", (0, 2))
        operation.operands[0].explain()

    Args:
        title: what is done, such as "Layer norm".
        formula: in symbols.
        expression: the formula with its numbers, from text and operands; the result follows.
        result: what the operands give, in double precision.
        size: the greatest magnitude of what is added up; an error is counted in parts of it.
        tolerance: the greatest error that rounding explains.
        name: what the number is, in words.
        address, index: where it is; "" and () for a number that a probe makes.
        model: the model's own number, None where the model has none to compare with.
        note: what else is to be known, or "".
    """

    title: str
    formula: str
    expression: Expression
    result: float
    size: float
    tolerance: float = 1e-4
    name: str = ""
    address: str = ""
    index: tuple[int, ...] = ()
    model: float | None = None
    note: str = ""

    @property
    def operands(self) -> tuple[Operand, ...]:
        """The operands in the order of the formula, each once."""
        found = [part for part in self.expression if isinstance(part, Operand)]
        return tuple({each.identity: each for each in found}.values())

    @property
    def at(self) -> str:
        """Address and index of the result, or its name if it has no address."""
        return written_place(self.address, self.index) if self.address else self.name

    @property
    def error(self) -> float | None:
        """How far the result is from the model's number, in parts of the greatest thing added.

        The model adds in single precision and in another order, so about one part in a million is
        to be expected, and more after many additions. None without a number to compare with.
        """
        if self.model is None:
            return None
        return abs(self.result - self.model) / (max(self.size, abs(self.model)) or 1.0)

    @property
    def agrees(self) -> bool:
        """Whether the model's number is the result, up to rounding; true without one."""
        return self.error is None or self.error <= self.tolerance

    @property
    def numbers(self) -> str:
        """The formula with its numbers, and the result."""
        parts = (_written(part) for part in self.expression)
        return f"{''.join(parts)} = {text(self.result, DIGITS)}"

    @property
    def check(self) -> str:
        """How the result compares with the model's number, in a sentence."""
        if self.model is None:
            return ""
        if self.agrees:
            return f"The model's own number is {text(self.model, DIGITS)}."
        return (
            f"The model's own number is {text(self.model, DIGITS)}, so this is not how it was "
            "computed: a layer was replaced, or changed from outside."
        )

    def within(self, address: str, index: tuple[int, ...], name: str) -> "Operation":
        """The same, as the origin of the number at this place."""
        return replace(self, address=address, index=index, name=name)

    def __str__(self) -> str:
        lines = [f"{self.title}: {self.name}", f"  {self.formula}", f"  = {self.numbers}"]
        lines += [f"  {each}" for each in (self.check, self.note) if each]
        rows = [(text(each.value, DIGITS), each.name, each.at) for each in self.operands]
        return "\n".join([*lines, *(f"    {value}  {name}  ({at})" for value, name, at in rows)])

    def __repr__(self) -> str:
        return str(self)

    def _repr_markdown_(self) -> str:
        rows = [
            f"| {text(each.value, DIGITS)} | {_cell(each.name)} | `{each.at}` |"
            for each in self.operands
        ]
        notes = " ".join(each for each in (self.check, self.note) if each)
        parts = [
            f"**{self.title}**: {_cell(self.name)}",
            f"`{self.formula}`",
            f"= {_cell(self.numbers)}",
            notes,
            "\n".join(["| number | what it is | where |", "|---:|---|---|", *rows]),
        ]
        return "\n\n".join(part for part in parts if part)


def written_place(address: str, index: tuple[int, ...]) -> str:
    """Such as "prompt_encoder.hook_tokens[0, 1, 5]"."""
    return f"{address}[{', '.join(map(str, index))}]" if index else address


def _written(part: str | Operand) -> str:
    """A negative number stands in brackets, since a sign may be before it."""
    if isinstance(part, str):
        return part
    number = text(part.value, DIGITS)
    return f"({number})" if number.startswith("−") else number


def _cell(words: str) -> str:
    """Words as Markdown that shows just them, in a table too."""
    for character in "\\|*_`[":
        words = words.replace(character, f"\\{character}")
    return words.replace("&", "&amp;").replace("<", "&lt;")


def difference(one: Operation, other: Operation, names: tuple[str, str]) -> Operation:
    """One number less another, each of which can be asked.

    Args:
        one, other: how they come about.
        names: what they are called.
    """
    parts = [
        Operand(each.address, each.index, each.result, f"{name}: {each.name}", partial(_self, each))
        for name, each in zip(names, (one, other), strict=True)
    ]
    return Operation(
        "Difference",
        " − ".join(names),
        (parts[0], " − ", parts[1]),
        one.result - other.result,
        max(one.size, other.size),
        name=f"{one.name}, {' − '.join(names)}",
    )


def _self(operation: Operation) -> Operation:
    return operation
