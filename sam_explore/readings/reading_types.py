"""What a probe returns: numpy with names, units and a kind of scale; no torch, no drawing.

Arrays are read-only and readings compare by identity. The `words` of each say in one or two
sentences what it shows, so that it can be read out.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, UInt8

from ..read_only import ReadOnlyArrays
from .scale import Scale

_PLAIN = Scale()  # sequential, without a unit


@dataclass(frozen=True)
class Provenance:
    """Where a reading came from.

        print(reading.provenance)

    Args:
        question: the probe, as Python.
        run: the run, in words.
        fingerprint: of the run's content; the same run has the same one in every process.
        others: names and fingerprints of other runs that the probe was given.
    """

    question: str
    run: str
    fingerprint: str
    others: tuple[tuple[str, str], ...] = ()

    def __str__(self) -> str:
        others = "".join(f"; {name}: run {each}" for name, each in self.others)
        return f"{self.question} of {self.run}; fingerprint {self.fingerprint}{others}"


@dataclass(frozen=True, eq=False)
class Underlay(ReadOnlyArrays):
    """The picture below a map: small, and grey, so that all colours are the map's.

    Args:
        grey: how bright the picture is, from 0 to 255. Read-only, and shared by many maps.
        rows, columns: how many rows and columns of the map the picture fills, from the upper left
            corner on; the last may be filled in part. The rest is padding.
        wanted: whether the picture helps to read the map, so that it is drawn by default.
    """

    grey: UInt8[np.ndarray, "height width"]
    rows: float
    columns: float
    wanted: bool = True


@dataclass(frozen=True, eq=False)
class Heatmap(ReadOnlyArrays):
    """One number for each cell of a grid.

    Args:
        values: the numbers; NaN is left blank.
        title: a few words.
        words: what is shown, in one or two sentences.
        scale: what a colour stands for.
        frame: what the grid is laid over: "tokens" (a cell is the image token of that row and
            column, and can be picked; cells beyond the last token are padding), "logits" (four
            cells a token along each side), "picture" (all cells together are the picture) or "" for
            none of them.
        marks: cells (row, column) to be outlined, such as the picked token.
        grid_lines: rows and columns after which a line is drawn, such as a window's edges.
        arrows: one for each cell, x to the right and y down; one of length 1 is as long as the
            cell. NaN draws none. None for a map without arrows.
        colours: red, green and blue of each cell from 0 to 255, for a part of a picture. It is then
            drawn in these, without a colour bar, and `values` are its brightness or what else is
            compared. None for a map on its scale.
        points_at_values: of a map in such colours, whether the pointer reads the value of a cell
            and not its red, green and blue: colours that only tell things apart mean nothing.
        provenance: where it came from; a probe adds it to the outermost reading.
        underlay: the picture below, if the map has one; a probe adds it to all that have a frame.
    """

    values: Float[np.ndarray, "row column"]
    title: str
    words: str
    scale: Scale = _PLAIN
    frame: str = ""
    marks: tuple[tuple[int, int], ...] = ()
    grid_lines: tuple[tuple[int, ...], tuple[int, ...]] = ((), ())
    provenance: Provenance | None = None
    underlay: Underlay | None = None
    arrows: Float[np.ndarray, "row column 2"] | None = None
    colours: UInt8[np.ndarray, "row column 3"] | None = None
    points_at_values: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "values", frozen_array("values", self.values, 2))
        if self.colours is not None:
            object.__setattr__(self, "colours", _frozen_colours(self.colours, self.values.shape))
        if self.arrows is not None:
            object.__setattr__(self, "arrows", frozen_array("arrows", self.arrows, 3))


@dataclass(frozen=True, eq=False)
class Gallery(ReadOnlyArrays):
    """Several maps of one kind, to be compared.

    Args:
        maps: the maps; their scales are ignored when `shared` is given.
        title, words, provenance: as in `Heatmap`.
        shared: one scale for all maps, or None for each map's own.
    """

    maps: tuple[Heatmap, ...]
    title: str
    words: str
    shared: Scale | None = None
    provenance: Provenance | None = None


@dataclass(frozen=True, eq=False)
class Curve(ReadOnlyArrays):
    """One line or a set of points of a `Profile`.

    Args:
        y: a value for each x of the profile; NaN leaves a gap.
        name: for the legend.
        low, high: the ends of a band around the curve, or of a bar at each of its points; or None.
        style: "line", "points" or "steps" (a step is centred on each x).
    """

    y: Float[np.ndarray, "x"]
    name: str
    low: Float[np.ndarray, "x"] | None = None
    high: Float[np.ndarray, "x"] | None = None
    style: str = "line"

    def __post_init__(self) -> None:
        if self.style not in STYLES:
            raise ValueError(f"style must be one of {', '.join(STYLES)}, not {self.style!r}.")
        for name in ("y", "low", "high"):
            if getattr(self, name) is not None:
                object.__setattr__(self, name, frozen_array(name, getattr(self, name), 1))


@dataclass(frozen=True, eq=False)
class Profile(ReadOnlyArrays):
    """Curves over one axis: depth, channel, frequency, logit.

    Args:
        x: the positions along the axis, in ascending order.
        curves: what is drawn over them.
        title, words, provenance: as in `Heatmap`.
        x_name, y_name: the axes with their units, such as "block" or "L2 norm of a token".
        x_marks: positions marked by a line, each with a name, such as a threshold.
        log: "" or "x", "y", "xy": the axes with a logarithmic scale.
        x_labels: labels to write at each x instead of its number, or none.
        y_reach: heights that the axis includes in any case, so that charts can be compared; None
            leaves it to the curves.
    """

    x: Float[np.ndarray, "x"]
    curves: tuple[Curve, ...]
    title: str
    words: str
    x_name: str
    y_name: str
    x_marks: tuple[tuple[float, str], ...] = ()
    log: str = ""
    x_labels: tuple[str, ...] = ()
    provenance: Provenance | None = None
    y_reach: tuple[float, float] | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "x", frozen_array("x", self.x, 1))
        for curve in self.curves:
            _check_length(f"The curve {curve.name!r}", len(curve.y), len(self.x))
        if self.x_labels:
            _check_length("x_labels", len(self.x_labels), len(self.x))


@dataclass(frozen=True, eq=False)
class Matrix(ReadOnlyArrays):
    """One number for each pair of a named row and a named column: heads, blocks, masks.

    Args:
        values: the numbers.
        rows, columns: a name for each.
        title, words, scale, provenance: as in `Heatmap`.
        row_name, column_name: what the rows and the columns are, such as "block".
    """

    values: Float[np.ndarray, "row column"]
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    title: str
    words: str
    row_name: str
    column_name: str
    scale: Scale = _PLAIN
    provenance: Provenance | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "values", frozen_array("values", self.values, 2))
        for name, length in zip(("rows", "columns"), self.values.shape, strict=True):
            _check_length(name, len(getattr(self, name)), length)


@dataclass(frozen=True, eq=False)
class Panel(ReadOnlyArrays):
    """Several readings that answer one question together, drawn side by side.

    Args:
        readings: in the order of drawing.
        title, words, provenance: as in `Heatmap`; the words are about all of them.
        across: how many are side by side before the next row begins.
    """

    readings: tuple[Heatmap | Gallery | Profile | Matrix, ...]
    title: str
    words: str
    across: int = 4
    provenance: Provenance | None = None


STYLES = ("line", "points", "steps")
Reading = Heatmap | Gallery | Profile | Matrix | Panel


def frozen_array(name: str, values: Sequence | np.ndarray, axes: int) -> np.ndarray:
    """A read-only float copy, checked to have this number of axes."""
    array = np.array(values, dtype=float)
    if array.ndim != axes:
        raise ValueError(f"{name} must have {axes} axes, but has the shape {array.shape}.")
    array.setflags(write=False)
    return array


def _frozen_colours(colours: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """A read-only copy, checked to have a red, a green and a blue from 0 to 255 for each cell."""
    if colours.shape != (*shape, 3) or colours.dtype != np.uint8:
        raise ValueError(
            f"colours must hold red, green and blue as uint8 for each of {shape[0]} x {shape[1]} "
            f"cells, but are {colours.dtype} of shape {colours.shape}."
        )
    copy = colours.copy()
    copy.setflags(write=False)
    return copy


def _check_length(what: str, length: int, wanted: int) -> None:
    if length != wanted:
        raise ValueError(
            f"{what} must hold {wanted} entries, one for each place, but has {length}."
        )
