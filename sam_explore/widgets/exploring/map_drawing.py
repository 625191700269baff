"""Draws maps on a canvas: coloured cells, and the lines and labels on and around them."""

from math import pi

import numpy as np
from ipycanvas import Canvas
from ipywidgets import Image
from jaxtyping import Float, UInt8

from ...number_text import text
from ...plots import raster, style
from ...plots.arrows import arrow_lines
from ...plots.scales import colormap_of
from ...readings import Gallery, Heatmap
from ..canvas.connection import paste
from ..canvas.pen import DrawnOn, Pen
from ..canvas.sheet import Sheet
from ..canvas.viewport import SHARPNESS
from .map_layout import ARROW, AXIS, GAP, LINE, NUMBERS, MapLayout, Tile, ticks_apart

_SHORT = 8  # letters of a unit that has room above its colour bar
PAPER = 255  # the entry of the lookup table for pixels outside the maps


def colours_of(layout: MapLayout) -> UInt8[np.ndarray, "entry 4"]:
    """The lookup table of a layout's maps; `PAPER` is transparent."""
    table = raster.lookup_table(colormap_of(layout.tiles[0].scale)).copy()
    table[PAPER] = style.rgba(style.SIGN, 0.0)
    return table


def cells_scale(layout: MapLayout) -> int:
    """Pixels for each CSS pixel in the picture of the cells: 1 if that shows them exactly."""
    is_whole = all(
        length % count == 0
        for tile in layout.tiles
        for length, count in zip((tile.height, tile.width), tile.heatmap.values.shape, strict=True)
    )
    return 1 if is_whole else SHARPNESS


def cell_entries(layout: MapLayout) -> UInt8[np.ndarray, "row column"]:
    """The cells of the whole canvas as entries of the lookup table, on `PAPER`."""
    scale = cells_scale(layout)
    entries = np.full((layout.height * scale, layout.width * scale), PAPER, np.uint8)
    for tile in layout.tiles:
        _fill(entries, tile, _entries_of_cells(tile), scale)
    return entries


def cells_png(layout: MapLayout) -> bytes:
    """The cells of the whole canvas as a PNG file, those with colours of their own in these."""
    entries, table = cell_entries(layout), colours_of(layout)
    if all(tile.heatmap.colours is None for tile in layout.tiles):
        return raster.indexed_png(entries, table)
    pixels, opaque = table[entries], np.uint8(255)
    for tile in layout.tiles:
        if tile.heatmap.colours is not None:
            colours = np.insert(tile.heatmap.colours, 3, opaque, axis=-1)
            _fill(pixels, tile, colours, cells_scale(layout))
    return raster.rgba_png(pixels)


def bar_entries(layout: MapLayout) -> UInt8[np.ndarray, "row column"]:
    """A colour bar: vertical with the lowest value below if the maps share one, else horizontal.

    It has all colours, or a swatch for each named value.
    """
    first = layout.tiles[0]
    colours = np.arange(PAPER, dtype=np.uint8)
    if first.scale.names:
        colours = entries_of(np.array([value for value, _ in first.scale.names]), first)
    return colours[::-1, None] if layout.bar else colours[None]


def _entries_of_cells(tile: Tile) -> UInt8[np.ndarray, "row column"]:
    values = tile.heatmap.values
    entries = entries_of(np.where(np.isfinite(values), values, tile.colours.low), tile)
    entries[np.isnan(values)] = PAPER
    return entries


def _fill(
    pixels: UInt8[np.ndarray, "height width *colour"],
    tile: Tile,
    cells: UInt8[np.ndarray, "row column *colour"],
    scale: int,
) -> None:
    """Write a tile's cells into its place, each as large as it is drawn."""
    top, left = tile.top * scale, tile.left * scale
    place = pixels[top : top + tile.height * scale, left : left + tile.width * scale]
    # One axis after the other: several times as fast as both at once.
    rows, columns = (raster.nearest(place.shape[axis], cells.shape[axis]) for axis in (0, 1))
    place[:] = cells.take(columns, axis=1).take(rows, axis=0)


def entries_of(values: Float[np.ndarray, "*any"], tile: Tile) -> UInt8[np.ndarray, "*any"]:
    return np.minimum(raster.indices(values, tile.colours), PAPER - 1)


def underlay_jpeg(grey: UInt8[np.ndarray, "row column"]) -> bytes:
    """The picture below the maps as a JPEG file."""
    return raster.grey_jpeg(raster.pale(grey))


def bar_png(layout: MapLayout) -> bytes:
    """The colours of a colour bar as a PNG file; see `bar_entries`."""
    return raster.indexed_png(bar_entries(layout), colours_of(layout))


def draw_maps(
    pictures: Canvas | Sheet,
    maps: Canvas | Sheet,
    layout: MapLayout,
    cells: Image | bytes,
    picture: Image | bytes,
    opacity: float,
) -> None:
    """Draw all cells, over the picture if they are to let it through.

    Args:
        pictures: an empty canvas, or a layer of one, for the paper and what is below the maps.
        maps: another layer over it, or the same sheet.
        layout: the laid out maps.
        cells: `cells_png`.
        picture: `underlay_jpeg`, if there is one.
        opacity: of the maps.
    """
    pictures.fill_style = style.SIGN  # the paper
    pictures.fill_rect(0, 0, pictures.width, pictures.height)
    if opacity < 1:  # otherwise it would be visible where a map has no value
        draw_underlays(pictures, layout, picture)
    maps.global_alpha = opacity
    paste(maps, cells)
    maps.global_alpha = 1.0
    if opacity < 1:
        draw_cell_lines(maps, layout)


def draw_bars(canvas: DrawnOn, layout: MapLayout, bar: Image | bytes) -> None:
    """Draw the colours of all colour bars, from `bar_png`."""
    canvas.image_smoothing_enabled = False
    for place in (layout.bar, *(tile.bar for tile in layout.tiles)):
        if place is not None:
            canvas.draw_image(bar, *(length * SHARPNESS for length in place))


def draw_underlays(canvas: DrawnOn, layout: MapLayout, picture: Image | bytes) -> None:
    """Draw the picture below each map that has one, in the cells that it fills."""
    canvas.image_smoothing_enabled = True
    for tile in layout.tiles:
        below = tile.heatmap.underlay
        if below is not None:
            rows, columns = tile.heatmap.values.shape
            size = tile.width * below.columns / columns, tile.height * below.rows / rows
            place = (length * SHARPNESS for length in (tile.left, tile.top, *size))
            canvas.draw_image(picture, *place)


def draw_cell_lines(canvas: DrawnOn, layout: MapLayout) -> None:
    """Draw faint lines between large cells, which the picture below would blur."""
    canvas.stroke_style = style.css(style.SIGN, style.CELL_LINE_OPACITY)
    canvas.line_width = 1
    for tile in layout.tiles:
        rows, columns = tile.heatmap.values.shape
        if tile.heatmap.underlay is None or tile.width / columns < style.LEAST_LINED_CELL:
            continue
        left, top, right, bottom = (
            length * SHARPNESS
            for length in (tile.left, tile.top, tile.left + tile.width, tile.top + tile.height)
        )
        lines = [((left, y), (right, y)) for y in np.linspace(top, bottom, rows + 1)[1:-1]]
        lines += [((x, top), (x, bottom)) for x in np.linspace(left, right, columns + 1)[1:-1]]
        if lines:
            canvas.stroke_line_segments(np.array(lines))


def annotate(canvas: DrawnOn, reading: Heatmap | Gallery, layout: MapLayout) -> None:
    """Draw everything except the cells' colours: titles, frames, lines, marks, numbers."""
    canvas = Pen(canvas)
    if isinstance(reading, Gallery):
        write(canvas, reading.title, 0, LINE - 4, style.TITLE_PX, layout.width, bold=True)
    for tile in layout.tiles:
        _write_title(canvas, tile, layout)
        _frame(canvas, tile.left, tile.top, tile.width, tile.height)
        _draw_lines(canvas, tile)
        for row, column in tile.heatmap.marks:
            _draw_mark(canvas, tile, row, column)
        _draw_map_arrows(canvas, tile)
        if tile.bar:
            left, top, width, height = tile.bar
            _frame(canvas, *tile.bar)
            _draw_ends(canvas, tile, *tile.bar)
            under = top + height + LINE - 5
            write(canvas, text(tile.colours.low), left, under, style.NUMBER_PX, width)
            write(
                canvas,
                text(tile.colours.high),
                left + width,
                under,
                style.NUMBER_PX,
                width,
                "right",
            )
    if layout.bar:
        draw_bar(canvas, layout)
    if len(layout.tiles) == 1 and layout.tiles[0].heatmap.frame == "tokens":
        _number_axes(canvas, layout.tiles[0])


def _write_title(canvas: DrawnOn, tile: Tile, layout: MapLayout) -> None:
    lines = tile.title
    alone = len(layout.tiles) == 1
    size = style.TITLE_PX if alone else style.SMALL_TITLE_PX
    for index, line in enumerate(lines):
        base = tile.top - (len(lines) - 1 - index) * LINE - (8 if alone else 5)
        room = layout.width - tile.left if alone else tile.width + GAP - 4
        write(canvas, line, 0 if alone else tile.left, base, size, room, bold=alone)


def write(
    canvas: DrawnOn,
    text: str,
    x: float,
    y: float,
    size: int,
    room: float,
    align: str = "left",
    *,
    bold: bool = False,
    ink: str = style.INK,
) -> None:
    """Write text with its baseline at y in CSS pixels, squeezed if it is longer than `room`."""
    canvas.fill_style = ink
    fonts = ", ".join(f'"{font}"' if " " in font else font for font in style.FONTS)
    canvas.font = f"{'bold ' if bold else ''}{size * SHARPNESS}px {fonts}"
    canvas.text_align = align
    canvas.fill_text(text, x * SHARPNESS, y * SHARPNESS, max_width=room * SHARPNESS)


def write_upwards(canvas: DrawnOn, words: str, x: float, middle: float, room: float) -> None:
    """Write text from below upwards, squeezed if it is longer than `room`."""
    canvas.save()
    canvas.translate(x * SHARPNESS, middle * SHARPNESS)
    canvas.rotate(-pi / 2)
    write(canvas, words, 0, 0, style.LABEL_PX, room, "center")
    canvas.restore()


def _frame(canvas: DrawnOn, left: float, top: float, width: float, height: float) -> None:
    canvas.stroke_style = style.FRAME
    canvas.line_width = SHARPNESS
    canvas.stroke_rect(*(length * SHARPNESS for length in (left, top, width, height)))


def _draw_lines(canvas: DrawnOn, tile: Tile) -> None:
    """Draw lines such as windows' edges, with a halo so that they are visible on any colour."""
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


def _draw_mark(canvas: DrawnOn, tile: Tile, row: int, column: int) -> None:
    outline(canvas, tile, row, column, style.SIGN, grown_css=0)


def _draw_map_arrows(canvas: DrawnOn, tile: Tile) -> None:
    """Draw a map's arrows with a halo, so that they are visible on any colour."""
    lines = arrow_lines(tile.heatmap)
    rows, columns = tile.heatmap.values.shape
    cell = np.array([tile.width / columns, tile.height / rows])
    for colour, line_css in ((style.HALO, 3), (style.SIGN, 1)) if lines else ():
        canvas.stroke_style = colour
        canvas.line_width = line_css * SHARPNESS
        for line in lines:
            canvas.stroke_lines(SHARPNESS * ((line + 0.5) * cell + (tile.left, tile.top)))


def draw_picked(canvas: DrawnOn, tile: Tile, row: int, column: int) -> None:
    """Outline the picked token, outside the outline of a mark of the same cell."""
    rows, columns = tile.heatmap.values.shape
    if row < rows and column < columns:
        outline(canvas, tile, row, column, style.CHOSEN, grown_css=3)


def outline(
    canvas: DrawnOn, tile: Tile, row: int, column: int, colour: str, grown_css: int
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


def draw_bar(canvas: DrawnOn, layout: MapLayout) -> None:
    if layout.bar is None:
        return
    left, top, width, height = layout.bar
    first = layout.tiles[0]
    _frame(canvas, left, top, width, height)
    _draw_ends(canvas, first, left, top, width, height)
    for share, words in ticks_apart(layout.ticks, height):
        y = top + height * (1 - share)
        canvas.stroke_style = style.INK
        canvas.line_width = SHARPNESS
        start, end = (x * SHARPNESS for x in (left + width, left + width + 4))
        canvas.stroke_line(start, y * SHARPNESS, end, y * SHARPNESS)
        write(canvas, words, left + width + 7, y + 4, style.NUMBER_PX, 50)
    if first.scale.unit:
        unit, size = first.scale.unit, style.LABEL_PX
        if len(unit) <= _SHORT:
            write(canvas, unit, left, top - 6, size, NUMBERS)
        else:
            write(canvas, unit, left + width + NUMBERS, top - 6, size, 90, "right")


def _draw_ends(canvas: DrawnOn, tile: Tile, left: int, top: int, width: int, height: int) -> None:
    """Draw an arrow at each end of a colour bar with values beyond it, in that end's colour."""
    table = raster.lookup_table(colormap_of(tile.scale))
    for end, entry, word in ((0, 0, "min"), (1, PAPER - 1, "max")):
        if tile.extend not in (word, "both"):
            continue
        if height > width:  # vertical: the last colour is at the top
            edge, way = (top, -ARROW) if end else (top + height, ARROW)
            corners: list[tuple[float, float]] = [
                (left, edge),
                (left + width, edge),
                (left + width / 2, edge + way),
            ]
        else:
            edge, way = (left + width, ARROW) if end else (left, -ARROW)
            corners = [(edge, top), (edge, top + height), (edge + way, top + height / 2)]
        red, green, blue, _ = table[entry]
        canvas.fill_style = f"rgb({red},{green},{blue})"
        canvas.fill_polygon(np.array(corners, float) * SHARPNESS)


def _number_axes(canvas: DrawnOn, tile: Tile) -> None:
    """Write the numbers of some rows and columns at the middle of their cells."""
    rows, columns = tile.heatmap.values.shape
    every = max(1, 2 ** int(np.log2(max(rows, columns) / 4)))
    for row in range(0, rows, every):
        y = tile.top + (row + 0.5) * tile.height / rows + 4
        write(canvas, str(row), tile.left - 6, y, style.NUMBER_PX, AXIS, "right")
    for column in range(0, columns, every):
        x = tile.left + (column + 0.5) * tile.width / columns
        write(canvas, str(column), x, tile.top + tile.height + 14, style.NUMBER_PX, AXIS, "center")
