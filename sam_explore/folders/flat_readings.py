"""Readings as named numbers and a text, which go into a file, and back."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, is_dataclass
from typing import Any

import numpy as np
from jaxtyping import Float

from sam_explore.readings import (
    Curve,
    Gallery,
    Heatmap,
    Matrix,
    Panel,
    Profile,
    Reading,
    Scale,
)

_KINDS = {kind.__name__: kind for kind in (Curve, Gallery, Heatmap, Matrix, Panel, Profile, Scale)}
_LEFT_OUT = {"provenance", "underlay", "colours"}  # stored otherwise, or the picture itself


@dataclass(frozen=True, eq=False)
class Numbers:
    """One array of a reading.

    Args:
        name: the titles that lead to it.
        axes: what its axes are, as JSON; numbers of two pictures can be compared place by place
            if these and the shapes are equal.
        values: the numbers.
    """

    name: str
    axes: str
    values: Float[np.ndarray, "*any"]


def numbers_of(reading: Reading) -> list[Numbers]:
    """All numbers of a reading, in a fixed order."""
    return list(_numbers(reading, ()))


def form_of(reading: Reading) -> str:
    """All of a reading but its numbers, as JSON."""
    return json.dumps(_form(reading), ensure_ascii=False, separators=(",", ":"))


def reading_of(form: str, values: Sequence[np.ndarray]) -> Reading:
    """The reading of this form, with these numbers in the order of `numbers_of`.

    Its maps have no picture below.
    """
    return _built(json.loads(form), iter(values))


def _numbers(reading: Any, titles: tuple[str, ...]) -> Iterator[Numbers]:
    inner = (*titles, _flat(reading.title))
    name = ": ".join(filter(None, inner))
    if isinstance(reading, Heatmap):
        yield Numbers(name, json.dumps([reading.frame]), reading.values)
        if reading.arrows is not None:
            yield Numbers(f"{name}: arrows", json.dumps([reading.frame]), reading.arrows)
    elif isinstance(reading, Matrix):
        names = [reading.row_name, reading.rows, reading.column_name, reading.columns]
        yield Numbers(name, json.dumps(names), reading.values)
    elif isinstance(reading, Profile):
        axes = json.dumps([reading.x_name, reading.x_labels, reading.x.tolist()])
        for curve in reading.curves:
            for part in ("y", "low", "high"):
                if getattr(curve, part) is not None:
                    end = "" if part == "y" else f", {part} end"
                    yield Numbers(f"{name}: {curve.name}{end}", axes, getattr(curve, part))
    else:
        for each in reading.maps if isinstance(reading, Gallery) else reading.readings:
            yield from _numbers(each, inner)


def _form(value: Any, name: str = "") -> Any:
    if isinstance(value, np.ndarray):
        return {"x": value.tolist()} if name == "x" else {}  # numbers are taken in their order
    if is_dataclass(value):
        inner = {
            each.name: _form(getattr(value, each.name), each.name)
            for each in fields(value)
            if each.name not in _LEFT_OUT
        }
        return {"kind": type(value).__name__, **inner}
    if isinstance(value, tuple):
        return [_form(each) for each in value]
    return value.item() if isinstance(value, np.generic) else value


def _built(form: Any, values: Iterator[np.ndarray]) -> Any:
    if isinstance(form, list):
        return tuple(_built(each, values) for each in form)
    if not isinstance(form, dict):
        return form
    if "x" in form and "kind" not in form:
        return np.array(form["x"], float)
    if not form:
        return next(values)
    kind = _KINDS[form["kind"]]
    return kind(**{name: _built(each, values) for name, each in form.items() if name != "kind"})


def _flat(title: str) -> str:
    return " ".join(title.split())
