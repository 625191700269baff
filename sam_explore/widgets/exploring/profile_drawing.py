"""Draws charts on a canvas: curves with their bands and marks, axes, title and legend."""

from collections.abc import Iterator, Sequence
from math import pi

import numpy as np
from ipycanvas import Canvas
from jaxtyping import Float

from ...plots import style
from ...readings import Curve
from ..canvas.pen import DrawnOn, Pen
from ..canvas.viewport import SHARPNESS
from .map_drawing import write, write_upwards
from .map_layout import LETTER, LINE
from .profile_layout import Axis, Name, ProfileLayout

_LINE_CSS = 2  # of a curve
_BAR_CSS = 4  # of the interval of a point
_NAMED_DASHES = {"-": (), "--": (3.7, 1.6), "-.": (6.4, 1.6, 1, 1.6), ":": (1, 1.65)}
_MOST_WITH_POINTS = 40  # places of a line with a point at each
_SMALL, _LARGE = 1.8, 2.8  # CSS pixels from the middle of a point to its edge
_MANY = 100  # points that are drawn small
_SAMPLE_CSS = 26  # of the line next to a curve's name


def draw_profile(canvas: DrawnOn, layout: ProfileLayout) -> None:
    """Draw all of a chart on an empty canvas."""
    canvas = Pen(canvas)
    canvas.fill_style = style.SIGN
    canvas.fill_rect(0, 0, canvas.width, canvas.height)
    for index, line in enumerate(layout.title):
        write(canvas, line, 0, LINE * (index + 1) - 4, style.TITLE_PX, layout.width, bold=True)
    _draw_axes(canvas, layout)
    for place, name in layout.profile.x_marks:
        _draw_x_mark(canvas, layout, place, name)
    for index, curve in enumerate(layout.profile.curves):
        _draw_band(canvas, layout, curve, index)
    for index, curve in enumerate(layout.profile.curves):
        _draw_curve(canvas, layout, curve, index)
    for of_curve in layout.names:
        _draw_name(canvas, layout, of_curve)


def draw_place(canvas: Canvas, layout: ProfileLayout, index: int) -> None:
    """Draw a line at one of the profile's x, with a point on each curve."""
    x = float(layout.x.place(layout.profile.x[index : index + 1])[0])
    _set_line(canvas, style.FAINT_INK, 1)
    canvas.stroke_line(*_px(x, layout.top), *_px(x, layout.bottom))
    for turn, curve in enumerate(layout.profile.curves):
        y = float(layout.y.place(curve.y[index : index + 1])[0])
        if np.isfinite(y):
            canvas.fill_style = _look(turn)[0]
            canvas.fill_circle(*_px(x, y), 4 * SHARPNESS)


def _draw_axes(canvas: DrawnOn, layout: ProfileLayout) -> None:
    x, y, profile = layout.x, layout.y, layout.profile
    _set_line(canvas, style.css(style.FRAME, 0.3), 1)
    for at in y.place(np.array([value for value, _ in y.ticks], float)):
        canvas.stroke_line(*_px(x.start, at), *_px(x.end, at))
    _set_line(canvas, style.FRAME, 1)
    canvas.stroke_line(*_px(x.start, layout.top), *_px(x.start, layout.bottom))
    canvas.stroke_line(*_px(x.start, layout.bottom), *_px(x.end, layout.bottom))
    for at, (_, label) in _placed(y):
        write(canvas, label, x.start - 6, at + 4, style.NUMBER_PX, x.start, "right")
    rows = 1
    for at, (_, label) in _placed(x):
        canvas.stroke_line(*_px(at, layout.bottom), *_px(at, layout.bottom + 4))
        lines = label.split("\n")
        rows = max(rows, len(lines))
        for row, line in enumerate(lines):
            under = layout.bottom + LINE * (row + 1)
            place, align = _kept_inside(line, at, layout.width)
            write(canvas, line, place, under, style.NUMBER_PX, layout.width, align)
    middle, under = (x.start + x.end) / 2, layout.bottom + LINE * (rows + 1) + 2
    write(canvas, profile.x_name, middle, under, style.LABEL_PX, x.end - x.start, "center")
    middle = (layout.top + layout.bottom) / 2
    write_upwards(canvas, profile.y_name, 11, middle, layout.bottom - layout.top)


def _kept_inside(words: str, middle: float, width: int) -> tuple[float, str]:
    """The place and alignment of words with this middle, which do not reach beyond an edge."""
    half = LETTER * style.NUMBER_PX * len(words) / 2
    if middle + half > width:
        return float(width), "right"
    return (0.0, "left") if middle < half else (middle, "center")


def _placed(axis: Axis) -> Iterator[tuple[float, tuple[float, str]]]:
    places = axis.place(np.array([value for value, _ in axis.ticks], float))
    return zip(places.tolist(), axis.ticks, strict=True)


def _draw_x_mark(canvas: DrawnOn, layout: ProfileLayout, place: float, name: str) -> None:
    x = float(layout.x.place(np.array([place], float))[0])
    _set_line(canvas, style.FAINT_INK, 1, (4, 3))
    canvas.stroke_line(*_px(x, layout.top), *_px(x, layout.bottom))
    canvas.set_line_dash([])
    write(canvas, name, x, layout.top - 5, style.NUMBER_PX, 120, "center", ink=style.FAINT_INK)


def _draw_band(canvas: DrawnOn, layout: ProfileLayout, curve: Curve, index: int) -> None:
    """The band around a curve, or a bar at each place of one that has only points."""
    if curve.low is None or curve.high is None:
        return
    if curve.style == "points":
        _set_line(canvas, style.css(_look(index)[0], style.BAR_OPACITY), _BAR_CSS)
        for low, high in zip(
            *(_corners(layout, y, "line") for y in (curve.low, curve.high)), strict=True
        ):
            if np.isfinite([low, high]).all():
                canvas.stroke_line(*_px(*low), *_px(*high))
        return
    canvas.fill_style = style.css(_look(index)[0], style.BAND_OPACITY)
    low, high = (_corners(layout, each, curve.style) for each in (curve.low, curve.high))
    for part in finite_runs(low, high):
        there, back = low[part], high[part][::-1]
        canvas.fill_polygon(SHARPNESS * np.concatenate([there, back]))


def _draw_curve(canvas: DrawnOn, layout: ProfileLayout, curve: Curve, index: int) -> None:
    colour, dashes, mark = _look(index)
    points = _corners(layout, curve.y, "line")
    count = len(points)
    if curve.style != "points":
        _set_line(canvas, colour, _LINE_CSS, dashes)
        path = _corners(layout, curve.y, curve.style)
        for part in finite_runs(path):
            if len(path[part]) > 1:
                canvas.stroke_lines(SHARPNESS * path[part])
        canvas.set_line_dash([])
    if curve.style == "points" or (curve.style == "line" and count <= _MOST_WITH_POINTS):
        size = _SMALL if count > _MANY else _LARGE
        _draw_points(canvas, points[np.isfinite(points).all(axis=1)], mark, colour, size)


def _draw_points(
    canvas: DrawnOn, points: Float[np.ndarray, "point 2"], mark: str, colour: str, size: float
) -> None:
    if len(points):
        canvas.fill_style = colour
        canvas.fill_polygons(SHARPNESS * (points[:, None] + size * _SHAPES[mark]))


def _draw_name(canvas: DrawnOn, layout: ProfileLayout, name: Name) -> None:
    """A sample of a curve's line, or of its points, and its name."""
    colour, dashes, mark = _look(name.index)
    curve, y = layout.profile.curves[name.index], name.top + LINE / 2 - 1
    if curve.style != "points":
        _set_line(canvas, colour, _LINE_CSS, dashes)
        canvas.stroke_line(*_px(name.left, y), *_px(name.left + _SAMPLE_CSS, y))
        canvas.set_line_dash([])
    if curve.style == "points" or (curve.style == "line" and len(curve.y) <= _MOST_WITH_POINTS):
        middle = np.array([[name.left + _SAMPLE_CSS / 2, y]])
        _draw_points(canvas, middle, mark, colour, _LARGE)
    left = name.left + _SAMPLE_CSS + 6
    write(canvas, name.words, left, y + 4, style.NUMBER_PX, layout.width - left)


def _look(index: int) -> tuple[str, Sequence[float], str]:
    """A curve's colour, its dashes as shares of its line's width, and its kind of point."""
    turn = index % len(style.CURVES)
    dashes = style.DASHES[turn]
    known = _NAMED_DASHES[dashes] if isinstance(dashes, str) else dashes[1]
    return style.CURVES[turn], known, style.POINTS[turn]


def _corners(
    layout: ProfileLayout, heights: Float[np.ndarray, "x"], kind: str
) -> Float[np.ndarray, "corner 2"]:
    """The corners of a curve's line in CSS pixels; a step changes half-way between two x."""
    x, y = layout.x.place(layout.profile.x), layout.y.place(heights)
    if kind == "steps" and len(x) > 1:
        halves = (x[1:] + x[:-1]) / 2
        x, y = np.r_[x[0], np.repeat(halves, 2), x[-1]], np.repeat(y, 2)
    return np.stack([x, y], axis=1)


def finite_runs(*paths: Float[np.ndarray, "corner 2"]) -> Iterator[slice]:
    """The stretches in which all paths have a place."""
    is_finite = np.all([np.isfinite(path).all(axis=1) for path in paths], axis=0)
    edges = np.flatnonzero(np.diff(np.r_[False, is_finite, False].astype(int)))
    return (slice(start, end) for start, end in zip(edges[::2], edges[1::2], strict=True))


def _set_line(canvas: DrawnOn, colour: str, css: float, dashes: Sequence[float] = ()) -> None:
    canvas.stroke_style = colour
    canvas.line_width = css * SHARPNESS
    canvas.set_line_dash([each * css * SHARPNESS for each in dashes])


def _px(x: float, y: float) -> tuple[float, float]:
    """CSS pixels as those of the canvas."""
    return float(x) * SHARPNESS, float(y) * SHARPNESS


def _regular(corners: int, turn: float = 0.0) -> Float[np.ndarray, "corner 2"]:
    angles = 2 * pi * np.arange(corners) / corners + turn
    return np.stack([np.sin(angles), -np.cos(angles)], axis=1)


_PLUS = np.array(
    [(1, 3), (1, 1), (3, 1), (3, -1), (1, -1), (1, -3),
     (-1, -3), (-1, -1), (-3, -1), (-3, 1), (-1, 1), (-1, 3)]
) / 2.4  # fmt: skip
_TURN = np.array([[1, 1], [-1, 1]]) / np.sqrt(2)
# Points of radius 1, by matplotlib's letters.
_SHAPES = {
    "o": _regular(12),
    "s": _regular(4, pi / 4) * 1.25,
    "^": _regular(3) * 1.3,
    "v": _regular(3, pi) * 1.3,
    "D": _regular(4) * 1.3,
    "P": _PLUS,
    "x": _PLUS @ _TURN,
}
