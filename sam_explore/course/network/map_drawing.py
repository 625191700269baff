"""Draws the map on a canvas: boxes with their tensors, frames, arrows, and what is pointed at."""

from collections.abc import Iterable, Mapping

import numpy as np
from ipycanvas import Canvas
from ipywidgets import Image
from jaxtyping import Float, UInt8

from sam_explore.plots import raster, style
from sam_explore.plots.scales import colormap_of
from sam_explore.readings import Heatmap, range_of
from sam_explore.widgets.canvas.viewport import SHARPNESS
from sam_explore.widgets.exploring.map_drawing import write

from .map_layout import BOX, BOX_HEIGHT, HEADER, LINE, PICTURE, TITLE_LINES, Box, MapLayout, Place
from .tensor_maps import TensorMap

_MOST_CELLS = 2 * PICTURE  # along a side of a tensor's picture
_ROW = 6  # CSS pixels of a table's row, at most
_EDGE = 5  # CSS pixels from a box's border to what is in it
_HEAD = 5  # CSS pixels of an arrow's head
_BADGE = 8  # CSS pixels of the radius of a step's number
GROUNDS = ("#F5F5F5", "#ECECEC", "#E3E3E3", "#DADADA")  # of frames, one in the other
FROM, TO = style.CURVES[0], style.CURVES[1]
_TO_DASHES = (6, 4)


def draw_boxes(canvas: Canvas, layout: MapLayout, shapes: Mapping[str, str]) -> None:
    """Draw frames, arrows, and boxes with their titles and shapes, on an empty canvas.

    Args:
        canvas: where.
        layout: the map.
        shapes: the line below a tensor's picture, by the name of the part.
    """
    canvas.fill_style = style.SIGN
    canvas.fill_rect(0, 0, canvas.width, canvas.height)
    for box in layout.boxes:
        _draw_ground(canvas, box)
    canvas.stroke_style, canvas.line_width = style.FAINT_INK, SHARPNESS
    for line in layout.arrows:
        canvas.stroke_lines(np.array(line) * SHARPNESS)
    _draw_heads(canvas, layout.arrows, style.FAINT_INK)
    for box in layout.boxes:
        _write_in(canvas, box, shapes.get(box.part.name, ""))


def draw_tensors(canvas: Canvas, places: Iterable[tuple[Box, TensorMap, Image]]) -> None:
    """Draw the tensors' pictures into their boxes, on an empty canvas."""
    canvas.image_smoothing_enabled = False
    for box, found, sheet in places:
        place = picture_place(box, found)
        canvas.draw_image(sheet, *(length * SHARPNESS for length in place))
        canvas.stroke_style, canvas.line_width = style.FRAME, 1
        canvas.stroke_rect(*(length * SHARPNESS for length in place))


def draw_changed(canvas: Canvas, box: Box, number: int) -> None:
    """Outline a box whose tensor is other than before, with the number of its step among those."""
    canvas.stroke_style, canvas.line_width = style.CHOSEN, 3 * SHARPNESS
    canvas.stroke_rect(*_scaled(box.left, box.top, box.width, box.height))
    x, y = box.left + 2, box.top + 2
    canvas.fill_style = style.CHOSEN
    canvas.fill_circle(x * SHARPNESS, y * SHARPNESS, _BADGE * SHARPNESS)
    write(canvas, str(number), x, y + 4, style.NUMBER_PX, 2 * _BADGE, "center", bold=True)


def draw_pointed(canvas: Canvas, box: Box, sources: Iterable[Box], targets: Iterable[Box]) -> None:
    """Outline a box, and draw lines from what it is computed from, and to what reads it.

    Lines to readers are dashed, so that no colour tells them apart alone.
    """
    for others, colour, dashes in ((sources, FROM, ()), (targets, TO, _TO_DASHES)):
        for other in others:
            start, end = (other, box) if colour == FROM else (box, other)
            line = curve(start, end)
            canvas.set_line_dash([])
            canvas.stroke_style, canvas.line_width = style.SIGN, 5 * SHARPNESS
            canvas.stroke_lines(line * SHARPNESS)
            canvas.stroke_style, canvas.line_width = colour, 2.5 * SHARPNESS
            canvas.set_line_dash([each * SHARPNESS for each in dashes])
            canvas.stroke_lines(line * SHARPNESS)
            canvas.set_line_dash([])
            _outline(canvas, other, colour)
            _draw_heads(canvas, [tuple(map(tuple, line))], colour)
    _outline(canvas, box, style.HALO)


def curve(start: Box, end: Box) -> Float[np.ndarray, "place 2"]:
    """A line from one box to another: sideways where there is room, else from below to above."""
    (x, y), (to_x, to_y) = start.middle, end.middle
    first: Place
    last: Place
    if end.left >= start.left + start.width:
        first, last = (start.left + start.width, y), (end.left, to_y)
        bend = np.array([max(12.0, (last[0] - first[0]) / 2), 0])
    elif end.top > start.middle[1]:
        first, last = (x, 2 * y - start.top), (to_x, end.top)
        bend = np.array([0, max(12.0, (last[1] - first[1]) / 2)])
    else:
        first, last = (x, start.top), (to_x, 2 * to_y - end.top)
        bend = np.array([0, -40.0])
    share = np.linspace(0, 1, 25)[:, None]
    begin, finish = np.array(first, float), np.array(last, float)
    corners = (begin, begin + bend, finish - bend, finish)
    weights = ((1 - share) ** 3, 3 * share * (1 - share) ** 2, 3 * share**2 * (1 - share), share**3)
    return sum(weight * corner for weight, corner in zip(weights, corners, strict=True))


def thumbnail(reading: Heatmap) -> UInt8[np.ndarray, "row column 4"]:
    """A reading's cells as colours, of a large one every so many; NaN is transparent."""
    rows, columns = (raster.nearest(min(n, _MOST_CELLS), n) for n in reading.values.shape)
    cells = np.ix_(rows, columns)
    values = reading.values[cells]
    if reading.colours is not None:
        return np.dstack([reading.colours[cells], np.full(values.shape, 255, np.uint8)])
    colours = range_of(reading.scale, reading.values)
    is_there = np.isfinite(values)
    entries = raster.indices(np.where(is_there, values, colours.low), colours)
    pixels = raster.lookup_table(colormap_of(reading.scale))[entries].copy()
    pixels[..., 3] = 255 * is_there
    return pixels


def picture_place(box: Box, found: TensorMap) -> tuple[float, float, float, float]:
    """Where a tensor's picture lies in its box: left, top, width and height in CSS pixels."""
    rows, columns = found.values.shape
    room = BOX - 2 * _EDGE
    if found.is_map:
        scale = min(PICTURE / rows, room / columns)
        width, height = columns * scale, rows * scale
    else:
        width, height = room, min(PICTURE, rows * _ROW)
    top = box.top + _EDGE + TITLE_LINES * LINE
    return box.left + (BOX - width) / 2, top + (PICTURE - height) / 2, width, height


def _draw_ground(canvas: Canvas, box: Box) -> None:
    canvas.fill_style = GROUNDS[min(box.depth, len(GROUNDS) - 1)] if box.is_frame else style.SIGN
    place = _scaled(box.left, box.top, box.width, box.height)
    canvas.fill_rect(*place)
    canvas.stroke_style, canvas.line_width = style.FRAME, SHARPNESS
    canvas.stroke_rect(*place)
    if box.part.parts and not box.is_frame:  # a second edge: there is more inside
        canvas.stroke_rect(*_scaled(box.left + 2, box.top + 2, box.width - 4, box.height - 4))


def _write_in(canvas: Canvas, box: Box, shape: str) -> None:
    if box.is_frame:
        words = f"− {box.part.title}"
        write(canvas, words, box.left + _EDGE, box.top + LINE, style.LABEL_PX, box.width, bold=True)
        return
    sign = "+ " if box.part.parts else ""
    room = BOX - 2 * _EDGE
    for index, line in enumerate(title_lines(f"{sign}{box.part.title}")):
        y = box.top + LINE * (index + 1)
        write(canvas, line, box.left + BOX / 2, y, style.NUMBER_PX, room, "center")
    y = box.top + BOX_HEIGHT - _EDGE
    write(
        canvas, shape, box.left + BOX / 2, y, style.NUMBER_PX, room, "center", ink=style.FAINT_INK
    )


def title_lines(title: str) -> list[str]:
    """A title in two lines at most, as even as its words allow."""
    words = title.split()
    if len(title) <= 16 or len(words) == 1:
        return [title]
    cuts = [(" ".join(words[:i]), " ".join(words[i:])) for i in range(1, len(words))]
    return list(min(cuts, key=lambda cut: max(map(len, cut))))


def _draw_heads(canvas: Canvas, lines: Iterable[tuple[Place, ...]], colour: str) -> None:
    """An arrow's head at the end of each line."""
    canvas.fill_style = colour
    heads = []
    for *_, before, end in lines:
        way = np.subtract(end, before)
        way = way / max(float(np.hypot(*way)), 1e-9)
        aside = np.array([-way[1], way[0]])
        back = np.array(end) - _HEAD * way
        heads.append([end, back + 0.6 * _HEAD * aside, back - 0.6 * _HEAD * aside])
    if heads:
        canvas.fill_polygons(np.array(heads) * SHARPNESS)


def _outline(canvas: Canvas, box: Box, colour: str) -> None:
    canvas.stroke_style, canvas.line_width = colour, 3 * SHARPNESS
    height = HEADER if box.is_frame else box.height
    canvas.stroke_rect(*_scaled(box.left, box.top, box.width, height))


def _scaled(*lengths: float) -> tuple[float, ...]:
    return tuple(length * SHARPNESS for length in lengths)
