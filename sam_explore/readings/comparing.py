"""Compares two readings of one probe: both, and their difference."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from re import findall, split, sub

import numpy as np
from jaxtyping import Float

from ..number_text import text
from .derived import common_scales, on_scale
from .reading_types import Curve, Gallery, Heatmap, Matrix, Panel, Profile, Provenance, Reading
from .scale import Scale

_Part = Heatmap | Gallery | Profile | Matrix
_Row = tuple[_Part, _Part, _Part]  # A, B and B − A
_LONGEST_TABLE = 6  # columns of the widest table that is placed side by side with two others
_MOST_MAPS = 4  # of a gallery
_SMALL_MAPS = 2  # of the largest gallery that is placed side by side with two others
_REFERRING = ("It ", "Its ", "They ", "Their ", "There ")  # to the sentence before
_NUMBER = r"−?\d+(?:[.,]\d+)*(?:e[+−]?\d+)?"


def compare(a: Reading, b: Reading, names: tuple[str, str] = ("A", "B")) -> Panel:
    """Two readings next to each other, with their difference.

        probe = sx.probes.RawLogits()
        sx.draw(compare(probe(trace), probe(trace.with_windows([4] * 8))))

    A and B are drawn on one scale; B − A is signed, around 0, on its own scale. Where A or B has no
    value, neither has the difference. Curves are subtracted at the x values that both have.

    Args:
        a, b: readings of the same probe for two runs.
        names: short names of the runs.

    Returns:
        A Panel of A, B and B − A side by side; of galleries of three or four maps with B − A below
        the two; or one below the other if they are large. For panels, this is done for each part.
        Its words say once what the words of both say, with the numbers of A before those of B.

    Raises:
        ValueError: the two differ in kind, axes or size.
    """
    parts_a, parts_b = _parts_of(a), _parts_of(b)
    if len(parts_a) != len(parts_b):
        raise _differ("as many parts", str(len(parts_a)), str(len(parts_b)))
    rows = [_compared(*pair) for pair in zip(parts_a, parts_b, strict=True)]
    called = [
        "" if name == letter else f": {name}" for name, letter in zip(names, "AB", strict=True)
    ]
    differences = " ".join(
        _difference_in_words(row[2], f"In “{_title_of(*row)}”, " if len(rows) > 1 else "")
        for row in rows
    )
    return Panel(
        tuple(part for row in rows for part in _titled(row, called, len(rows) > 1)),
        title=f"A{called[0]} · B{called[1]}" if len(rows) > 1 else _title_of(*rows[0]),
        words=f"A{called[0]}. B{called[1]}. {differences} {_said_once(a.words, b.words)}".rstrip(),
        across=min(map(_side_by_side, parts_a)),
        provenance=_provenance(a.provenance, b.provenance),
    )


def _side_by_side(part: _Part) -> int:
    """How many of A, B and B − A stand in a row, so that none is too small."""
    if isinstance(part, Gallery) and len(part.maps) > _SMALL_MAPS:
        return 1 if len(part.maps) > _MOST_MAPS else 2
    return 1 if isinstance(part, Matrix) and len(part.columns) > _LONGEST_TABLE else 3


def _parts_of(reading: Reading) -> tuple[_Part, ...]:
    return reading.readings if isinstance(reading, Panel) else (reading,)


def _compared(a: _Part, b: _Part) -> _Row:
    """A and B on one scale, and B − A."""
    if type(a) is not type(b):
        raise _differ("the same kind", type(a).__name__, type(b).__name__)
    return _COMPARED[type(a)](a, b)


def _titled(row: _Row, called: list[str], is_one_of_several: bool) -> _Row:
    """Add the run's name to the title of each picture, or of a panel with several rows."""
    ends = [f": {_flat(part.title)}" for part in row] if is_one_of_several else [*called, ""]
    a, b, difference = row
    return (
        replace(a, title=f"A{ends[0]}"),
        replace(b, title=f"B{ends[1]}"),
        replace(difference, title=f"B − A{ends[2]}"),
    )


def _title_of(a: _Part, b: _Part, difference: _Part) -> str:
    return _common_title(_flat(a.title), _flat(b.title))


def _common_title(a: str, b: str) -> str:
    """The title, or the part that both titles share: they may contain numbers of the run."""
    if a == b:
        return a
    start_a, start_b = (split("[:,]", title)[0] for title in (a, b))
    return start_a if start_a == start_b else f"{a} · {b}"


def _heatmaps(a: Heatmap, b: Heatmap) -> _Row:
    _check_same(f"shape in the map “{_flat(a.title)}”", a.values.shape, b.values.shape)
    is_same_frame = a.frame == b.frame
    difference = Heatmap(
        b.values - a.values,
        title=_common_title(a.title, b.title),
        words="",
        scale=_signed(a.scale),
        frame=a.frame if is_same_frame else "",
        marks=a.marks if a.marks == b.marks else (),
        grid_lines=a.grid_lines if a.grid_lines == b.grid_lines else ((), ()),
        underlay=a.underlay if is_same_frame and _same_picture(a, b) else None,
    )
    return *_on_one_scale(a, b), difference


def _galleries(a: Gallery, b: Gallery) -> _Row:
    _check_same(f"number of maps in “{_flat(a.title)}”", len(a.maps), len(b.maps))
    triples = [_heatmaps(*pair) for pair in zip(a.maps, b.maps, strict=True)]
    maps_a, maps_b, differences = (tuple(each) for each in zip(*triples, strict=True))
    shared = None if a.shared is None else _signed(a.shared)
    difference = Gallery(differences, a.title, "", shared)
    if a.shared is None or b.shared is None:
        return _briefly(replace(a, maps=maps_a)), _briefly(replace(b, maps=maps_b)), difference
    return *_on_one_scale(_briefly(a), _briefly(b)), difference


def _briefly(gallery: Gallery) -> Gallery:
    """Its maps with the first lines of their titles; the words have the rest."""
    return replace(
        gallery, maps=tuple(replace(one, title=one.title.split(",\n")[0]) for one in gallery.maps)
    )


def _matrices(a: Matrix, b: Matrix) -> _Row:
    where = f"in the table “{_flat(a.title)}”"
    _check_same(f"{a.row_name or 'rows'} {where}", a.rows, b.rows)
    _check_same(f"{a.column_name or 'columns'} {where}", a.columns, b.columns)
    values = b.values - a.values
    difference = replace(a, values=values, words="", scale=_signed(a.scale), provenance=None)
    return *_on_one_scale(a, b), difference


def _profiles(a: Profile, b: Profile) -> _Row:
    where = f"in the chart “{_flat(a.title)}”"
    _check_same(f"number of curves {where}", len(a.curves), len(b.curves))
    x, at_a, at_b = np.intersect1d(a.x, b.x, return_indices=True)
    if not len(x):
        raise _differ(f"common places along the axis “{a.x_name}” {where}", *map(_axis, (a.x, b.x)))
    curves = [
        Curve(of_b.y[at_b] - of_a.y[at_a], of_a.name, style=of_a.style)
        for of_a, of_b in zip(a.curves, b.curves, strict=True)
    ]
    difference = replace(
        a,
        x=x,
        curves=tuple(curves),
        words="",
        y_name=f"{a.y_name}, B − A",
        x_marks=tuple(mark for mark in a.x_marks if mark in b.x_marks),
        x_labels=tuple(a.x_labels[index] for index in at_a) if a.x_labels else (),
        log=a.log.replace("y", ""),
        provenance=None,
    )
    heights = np.concatenate([_heights(each) for each in (a, b)])
    reach = (float(heights.min()), float(heights.max())) if heights.size else None
    return replace(a, y_reach=reach), replace(b, y_reach=reach), difference


_COMPARED: dict[type, Callable] = {
    Heatmap: _heatmaps,
    Gallery: _galleries,
    Matrix: _matrices,
    Profile: _profiles,
}


def _on_one_scale(a: _Part, b: _Part) -> tuple[_Part, _Part]:
    for scale in common_scales(a, b):
        a, b = on_scale(a, scale), on_scale(b, scale)
    return a, b


def _signed(scale: Scale) -> Scale:
    """The scale of a difference. Its unit says so, so that no other map is put on this scale."""
    return Scale(f"{scale.unit}, B − A" if scale.unit else "B − A", centre=0.0)


def _same_picture(a: Heatmap, b: Heatmap) -> bool:
    if a.underlay is None or b.underlay is None:
        return False
    return a.underlay.grey is b.underlay.grey or np.array_equal(a.underlay.grey, b.underlay.grey)


def _heights(profile: Profile) -> Float[np.ndarray, "height"]:
    """All values that are drawn, including bands."""
    drawn = [each for curve in profile.curves for each in (curve.y, curve.low, curve.high)]
    heights = np.concatenate([each for each in drawn if each is not None] or [np.zeros(0)])
    heights = heights[np.isfinite(heights)]
    return heights[heights > 0] if "y" in profile.log else heights


def _said_once(a: str, b: str) -> str:
    """The words of both: what they share once, with the numbers of A before those of B.

    Sentences are shared if they differ at most in their numbers, and if no sentence that refers to
    them with "It" or the like is left behind; the rest stands under A and B.
    """
    of_a, of_b = ([each for each in split(r"(?<=[.?!]) ", words) if each] for words in (a, b))
    form_a, form_b = ([sub(_NUMBER, "0", each) for each in of_one] for of_one in (of_a, of_b))
    blocks = SequenceMatcher(None, form_a, form_b, autojunk=False).get_matching_blocks()
    in_a, in_b, shared = list[str](), list[str](), list[str]()
    start_a = start_b = 0
    for at_a, at_b, length in blocks:
        while length and any(
            each.startswith(_REFERRING)
            for each in (*of_a[at_a + length :][:1], *of_b[at_b + length :][:1])
        ):
            length -= 1
        in_a += of_a[start_a:at_a]
        in_b += of_b[start_b:at_b]
        start_a, start_b = at_a + length, at_b + length
        shared += map(_with_both_numbers, of_a[at_a:start_a], of_b[at_b:start_b])
    is_split = any(each not in of_a for each in shared)
    named = (("In both (A / B)" if is_split else "In both", shared), ("In A", in_a), ("In B", in_b))
    return " ".join(f"{name}: {' '.join(said)}" for name, said in named if said)


def _with_both_numbers(a: str, b: str) -> str:
    """A sentence with two numbers, such as "5 / 6", wherever those of A and B differ."""
    pairs = zip(findall(_NUMBER, a), findall(_NUMBER, b), strict=True)
    numbers = iter([one if one == other else f"{one} / {other}" for one, other in pairs])
    return sub(_NUMBER, lambda _: next(numbers), a)


@dataclass(frozen=True)
class _Difference:
    """The differences of some values, their unit, and names for their positions."""

    values: Float[np.ndarray, "*any"]
    unit: str
    place: Callable[[tuple[int, ...]], str]


def _difference_in_words(part: _Part, where: str) -> str:
    found = [each for each in _differences(part) if np.isfinite(each.values).any()]
    if not found:
        return f"{where}B − A has no value."
    distances = np.concatenate([np.abs(each.values[np.isfinite(each.values)]) for each in found])
    if not distances.any():
        return f"{where}B − A is 0 everywhere."
    farthest = max(found, key=lambda each: np.nanmax(np.abs(each.values)))
    place = np.unravel_index(np.nanargmax(np.abs(farthest.values)), farthest.values.shape)
    at = tuple(map(int, place))
    value = f"{text(farthest.values[at])} {farthest.unit}".strip()
    return (
        f"{where}B − A is farthest from 0 with {value}, at {farthest.place(at)}; its mean distance "
        f"from 0 is {text(distances.mean())}."
    )


def _differences(part: _Part) -> Iterator[_Difference]:
    if isinstance(part, Heatmap):
        unit = part.scale.unit.removesuffix("B − A").removesuffix(", ")
        yield _Difference(part.values, unit, lambda at: f"row {at[0]}, column {at[1]}")
    elif isinstance(part, Gallery):
        for one in part.maps:
            for each in _differences(one):
                yield replace(each, place=_inside(_flat(one.title), each.place))
    elif isinstance(part, Matrix):
        unit = part.scale.unit.removesuffix("B − A").removesuffix(", ")
        names = (part.row_name, part.rows), (part.column_name, part.columns)
        yield _Difference(part.values, unit, lambda at: _names_at(at, names))
    else:
        for curve in part.curves:
            at_x = _inside(curve.name if len(part.curves) > 1 else "", _place_along(part))
            yield _Difference(curve.y, "", at_x)


def _inside(name: str, place: Callable[[tuple[int, ...]], str]) -> Callable:
    return lambda at: f"{place(at)} of “{name}”" if name else place(at)


def _names_at(at: tuple[int, ...], names: tuple[tuple[str, tuple[str, ...]], ...]) -> str:
    return ", ".join(
        f"{axis} {each[index]}".strip() for (axis, each), index in zip(names, at, strict=True)
    )


def _place_along(profile: Profile) -> Callable[[tuple[int, ...]], str]:
    labels = profile.x_labels or [text(float(x)) for x in profile.x]
    return lambda at: f"{labels[at[0]]} ({profile.x_name})"


def _provenance(a: Provenance | None, b: Provenance | None) -> Provenance | None:
    """The provenance of A, with B among the other runs."""
    if a is None or b is None:
        return None
    return replace(a, others=(*a.others, (f"B, {b.question} of {b.run}", b.fingerprint)))


def _check_same(what: str, a: object, b: object) -> None:
    if a != b:
        raise _differ(f"the same {what}", _short(a), _short(b))


def _differ(expected: str, in_a: str, in_b: str) -> ValueError:
    return ValueError(
        f"A and B can't be subtracted: they need {expected}, but A has {in_a} and B has {in_b}. "
        "Ask both runs the same probe with the same knobs, of pictures with the same sides and "
        "models with the same sizes; and where the probe has a knob for the range of its axis, "
        "such as span, set it."
    )


def _axis(x: Float[np.ndarray, "x"]) -> str:
    ends = f" from {text(float(x[0]))} to {text(float(x[-1]))}" if len(x) else ""
    return f"{len(x)}{ends}"


def _short(value: object) -> str:
    written = " x ".join(map(str, value)) if isinstance(value, tuple) else str(value)
    return written if len(written) <= 60 else f"{written[:57]}…"


def _flat(title: str) -> str:
    return " ".join(title.split())
