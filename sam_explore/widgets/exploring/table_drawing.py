"""Draws what stands in and around the cells of a table: numbers, names and title."""

import numpy as np
from ipycanvas import Canvas
from ipywidgets import Image

from ...number_text import text
from ...plots import style
from ..canvas.connection import paste
from ..canvas.pen import DrawnOn, Pen
from ..canvas.sheet import Sheet
from .map_drawing import colours_of, draw_bar, draw_bars, entries_of, write, write_upwards
from .map_layout import LINE
from .table_layout import TableLayout

_MOST_WRITTEN = 120  # cells of a table whose numbers are written into it
_DIGIT = 0.6  # the width of a digit as a share of the size of the text


def draw_table(
    cells: Canvas | Sheet,
    notes: Canvas | Sheet,
    layout: TableLayout,
    colours: Image | bytes,
    bar: Image | bytes,
) -> None:
    """Draw all of a table.

    Args:
        cells, notes: two layers of an empty canvas, or the same sheet twice.
        layout: the laid out table.
        colours: `cells_png` of its cells.
        bar: `bar_png` of its colour bar.
    """
    cells.fill_style = style.SIGN  # the paper
    cells.fill_rect(0, 0, cells.width, cells.height)
    paste(cells, colours)
    draw_bars(notes, layout.map, bar)
    annotate_table(notes, layout)


def annotate_table(canvas: DrawnOn, layout: TableLayout) -> None:
    """Draw everything except the cells' colours."""
    canvas, cells, matrix = Pen(canvas), layout.cells, layout.matrix
    for index, line in enumerate(cells.title):
        under = LINE * (index + 1) - 4
        write(canvas, line, 0, under, style.TITLE_PX, layout.map.width, bold=True)
    draw_bar(canvas, layout.map)
    rows, columns = matrix.values.shape
    wide, high = cells.width / columns, cells.height / rows
    for row in range(0, rows, layout.every_row):
        _write_lines(
            canvas, matrix.rows[row], cells.left - 6, cells.top + (row + 0.5) * high, "right"
        )
    bottom = cells.top + cells.height + 4
    for column in range(0, columns, layout.every_column):
        for index, line in enumerate(matrix.columns[column].split("\n")):
            x = cells.left + (column + 0.5) * wide
            room = wide * layout.every_column - 2
            under = bottom + LINE * (index + 1) - 3
            write(canvas, line, x, under, style.NUMBER_PX, room, "center")
    under = layout.map.height - 5
    middle = cells.left + cells.width / 2
    write(canvas, matrix.column_name, middle, under, style.LABEL_PX, cells.width, "center")
    middle = cells.top + cells.height / 2
    write_upwards(canvas, matrix.row_name, 11, middle, max(cells.height, 3 * LINE))
    if matrix.values.size <= _MOST_WRITTEN:
        _write_values(canvas, layout, wide, high)


def _write_lines(canvas: DrawnOn, words: str, x: float, middle: float, align: str) -> None:
    """Write lines of small text around a height."""
    lines = words.split("\n")
    for index, line in enumerate(lines):
        y = middle + 4 + (index - (len(lines) - 1) / 2) * (LINE - 4)
        write(canvas, line, x, y, style.NUMBER_PX, x, align)


def _write_values(canvas: DrawnOn, layout: TableLayout, wide: float, high: float) -> None:
    """Numbers in the cells, all of one size, if the cells are wide enough for them."""
    cells, values = layout.cells, layout.matrix.values
    words = {place: text(value) for place, value in np.ndenumerate(values) if np.isfinite(value)}
    longest = max(map(len, words.values()), default=1)
    size = int(min(style.NUMBER_PX, wide / (longest * _DIGIT)))
    if size < style.LEAST_NUMBER_PX:
        return
    colours = colours_of(layout.map)[entries_of(np.nan_to_num(values), cells)]
    for (row, column), written in words.items():
        ink = style.ink_on([channel / 255 for channel in colours[row, column, :3].tolist()])
        x, y = cells.left + (column + 0.5) * wide, cells.top + (row + 0.5) * high + 4
        write(canvas, written, x, y, size, wide, "center", ink=ink)
