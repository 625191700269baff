"""How a map view looks: coloured cells, and the lines and labels on and around them."""

import numpy as np
from ipycanvas import Canvas
from jaxtyping import Float, UInt8

from ...number_text import text
from ...plots import raster, style
from ...readings import Gallery, Heatmap
from ..canvas.viewport import SHARPNESS
from .map_layout import AXIS, GAP, LINE, MapLayout, Tile

PAPER = 255  # the entry of the lookup table for what is no map


def cell_entries(layout: MapLayout) -> UInt8[np.ndarray, "row column"]:
    """The whole canvas as entries of the lookup table: cells and colour bars on `PAPER`."""
    shape = layout.height * SHARPNESS, layout.width * SHARPNESS
    entries = np.full(shape, PAPER, np.uint8)
    for tile in layout.tiles:
        place = _slices(tile.left, tile.top, tile.width, tile.height)
        entries[place] = _cells(tile, *entries[place].shape)
        if tile.bar:
            place = _slices(*tile.bar)
            entries[place] = np.linspace(0, 254, entries[place].shape[1])[None]
    if layout.bar:
        place = _slices(*layout.bar)
        entries[place] = _bar_entries(layout.tiles[0], entries[place].shape[0])[::-1, None]
    return entries


def _bar_entries(tile: Tile, length: int) -> UInt8[np.ndarray, "length"]:
    """A colour bar from the lowest value up: all colours, or a swatch for each that has a name."""
    if not tile.scale.names:
        return np.linspace(0, 254, length).astype(np.uint8)
    values = np.array([value for value, _ in tile.scale.names])
    return _entries(values[raster.nearest(length, len(values))], tile)


def _cells(tile: Tile, height: int, width: int) -> UInt8[np.ndarray, "row column"]:
    values = tile.heatmap.values
    entries = _entries(np.where(np.isfinite(values), values, tile.low), tile)
    entries[np.isnan(values)] = PAPER
    rows, columns = (
        raster.nearest(count, length)
        for count, length in zip((height, width), values.shape, strict=True)
    )
    return entries[np.ix_(rows, columns)]


def _entries(values: Float[np.ndarray, "*any"], tile: Tile) -> UInt8[np.ndarray, "*any"]:
    return np.minimum(raster.indices(values, tile.low, tile.high), 254)


def _slices(left: int, top: int, width: int, height: int) -> tuple[slice, slice]:
    return (
        slice(top * SHARPNESS, (top + height) * SHARPNESS),
        slice(left * SHARPNESS, (left + width) * SHARPNESS),
    )


def annotate(canvas: Canvas, reading: Heatmap | Gallery, layout: MapLayout) -> None:
    """Everything but the cells' colours: titles, frames, lines, marks, numbers."""
    if isinstance(reading, Gallery):
        _write(canvas, reading.title, 0, LINE - 4, 14, layout.width, bold=True)
    for tile in layout.tiles:
        _write_title(canvas, tile, 14 if len(layout.tiles) == 1 else 12, layout)
        _frame(canvas, tile.left, tile.top, tile.width, tile.height)
        _draw_lines(canvas, tile)
        for row, column in tile.heatmap.marks:
            _draw_mark(canvas, tile, row, column)
        if tile.bar:
            left, top, width, height = tile.bar
            _frame(canvas, *tile.bar)
            under = top + height + LINE - 5
            _write(canvas, text(tile.low), left, under, 11, width)
            _write(canvas, text(tile.high), left + width, under, 11, width, "right")
    if layout.bar:
        _draw_bar(canvas, layout)
    if len(layout.tiles) == 1 and layout.tiles[0].heatmap.frame == "tokens":
        _number_axes(canvas, layout.tiles[0])


def _write_title(canvas: Canvas, tile: Tile, size: int, layout: MapLayout) -> None:
    lines = tile.heatmap.title.split("\n")
    alone = len(layout.tiles) == 1
    for index, line in enumerate(lines):
        base = tile.top - (len(lines) - 1 - index) * LINE - (8 if alone else 5)
        room = layout.width - tile.left if alone else tile.width + GAP - 4
        _write(canvas, line, 0 if alone else tile.left, base, size, room, bold=alone)


def _write(
    canvas: Canvas,
    text: str,
    x: float,
    y: float,
    size: int,
    room: float,
    align: str = "left",
    *,
    bold: bool = False,
) -> None:
    """Text with its base line at y; what is longer than `room` is squeezed."""
    canvas.fill_style = style.INK
    canvas.font = f"{'600 ' if bold else ''}{size * SHARPNESS}px sans-serif"
    canvas.text_align = align
    canvas.fill_text(text, x * SHARPNESS, y * SHARPNESS, max_width=room * SHARPNESS)


def _frame(canvas: Canvas, left: float, top: float, width: float, height: float) -> None:
    canvas.stroke_style = style.FRAME
    canvas.line_width = SHARPNESS
    canvas.stroke_rect(*(length * SHARPNESS for length in (left, top, width, height)))


def _draw_lines(canvas: Canvas, tile: Tile) -> None:
    """Lines such as windows' edges, with a halo so that they show on any colour."""
    rows, columns = tile.heatmap.values.shape
    after_rows, after_columns = tile.heatmap.grid_lines
    left, top, width, height = (
        length * SHARPNESS for length in (tile.left, tile.top, tile.width, tile.height)
    )
    ends = [(left, y, left + width, y) for y in (top + (r + 1) * height / rows for r in after_rows)]
    ends += [
        (x, top, x, top + height) for x in (left + (c + 1) * width / columns for c in after_columns)
    ]
    for colour, line_css in ((style.SIGN, 3), (style.INK, 1)):
        canvas.stroke_style = colour
        canvas.line_width = line_css * SHARPNESS
        for line in ends:
            canvas.stroke_line(*line)


def _draw_mark(canvas: Canvas, tile: Tile, row: int, column: int) -> None:
    _outline(canvas, tile, row, column, style.SIGN, grown_css=0)


def draw_picked(canvas: Canvas, tile: Tile, row: int, column: int) -> None:
    """Outline the picked token, around what a mark of the same cell would cover."""
    rows, columns = tile.heatmap.values.shape
    if row < rows and column < columns:
        _outline(canvas, tile, row, column, style.CHOSEN, grown_css=3)


def _outline(
    canvas: Canvas, tile: Tile, row: int, column: int, colour: str, grown_css: int
) -> None:
    rows, columns = tile.heatmap.values.shape
    cell_width, cell_height = tile.width / columns, tile.height / rows
    place = (
        tile.left + column * cell_width - grown_css,
        tile.top + row * cell_height - grown_css,
        cell_width + 2 * grown_css,
        cell_height + 2 * grown_css,
    )
    for stroke, line_css in ((style.HALO, 4), (colour, 2)):
        canvas.stroke_style = stroke
        canvas.line_width = line_css * SHARPNESS
        canvas.stroke_rect(*(length * SHARPNESS for length in place))


def _draw_bar(canvas: Canvas, layout: MapLayout) -> None:
    left, top, width, height = layout.bar
    first = layout.tiles[0]
    _frame(canvas, left, top, width, height)
    for share, words in layout.ticks:
        y = top + height * (1 - share)
        canvas.stroke_style = style.INK
        canvas.line_width = SHARPNESS
        start, end = (x * SHARPNESS for x in (left + width, left + width + 4))
        canvas.stroke_line(start, y * SHARPNESS, end, y * SHARPNESS)
        _write(canvas, words, left + width + 7, y + 4, 11, 50)
    if first.scale.unit:
        _write(canvas, first.scale.unit, left + width + 58, top - 6, 11, 90, "right")


def _number_axes(canvas: Canvas, tile: Tile) -> None:
    """Numbers of some rows and columns, at the middle of their cells."""
    rows, columns = tile.heatmap.values.shape
    every = max(1, 2 ** int(np.log2(max(rows, columns) / 4)))
    for row in range(0, rows, every):
        y = tile.top + (row + 0.5) * tile.height / rows + 4
        _write(canvas, str(row), tile.left - 6, y, 11, AXIS, "right")
    for column in range(0, columns, every):
        x = tile.left + (column + 0.5) * tile.width / columns
        _write(canvas, str(column), x, tile.top + tile.height + 14, 11, AXIS, "center")
