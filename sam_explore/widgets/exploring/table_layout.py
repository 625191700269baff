"""The layout of a table: its cells as a map, with the names of rows and columns around it."""

from dataclasses import dataclass
from math import ceil

from ...plots import style
from ...plots.maps import table_width
from ...plots.scales import extend_of
from ...readings import Heatmap, Matrix, range_of
from .map_layout import BAR, FOOT, GAP, LETTER, LINE, NUMBERS, MapLayout, Tile, lines_in, ticks

_ROW, _LEAST_ROW = 36, 12  # CSS pixels of a row
_HIGHEST = 1000  # CSS pixels of all rows
_MOST_NAMES = 32  # along an axis
_WIDE_CELL, _LEAST_CELL = 0.55, 0.28  # inches
_WIDEST = 1200


@dataclass(frozen=True)
class TableLayout:
    """A matrix, laid out. All lengths are CSS pixels.

    `map` has its cells and its colour bar; every so many of the rows and columns are named.
    `scale` is by how much all of it is made smaller, since its names need more than the room.
    """

    matrix: Matrix
    map: MapLayout
    every_row: int
    every_column: int
    scale: float

    @property
    def cells(self) -> Tile:
        """The cells."""
        return self.map.tiles[0]


def lay_out_table(matrix: Matrix, room: int) -> TableLayout:
    """Lay out a matrix in at most `room` CSS pixels; one that needs more is scaled down."""
    widest, least = (style.DPI * table_width(matrix, each) for each in (_WIDE_CELL, _LEAST_CELL))
    width = ceil(min(widest, _WIDEST, max(room, least)))
    rows, columns = matrix.values.shape
    title = lines_in(matrix.title, width, style.TITLE_PX, is_bold=True)
    letters = max(len(line) for name in matrix.rows for line in name.split("\n"))
    left = ceil(12 + letters * LETTER * style.NUMBER_PX + (LINE if matrix.row_name else 0))
    top = LINE * len(title) + 8
    inner = max(width - left - GAP - BAR - NUMBERS, columns)
    row = max(_LEAST_ROW, min(_ROW, _HIGHEST // rows))
    colours = range_of(matrix.scale, matrix.values)
    tile = Tile(
        Heatmap(matrix.values, matrix.title, matrix.words, matrix.scale), title, matrix.scale,
        colours, extend_of(colours, matrix.values), left, top, inner, row * rows, None,
    )  # fmt: skip
    bar = left + inner + GAP, top, BAR, max(row * rows, 2 * LINE)
    names = max((1 + name.count("\n") for name in matrix.columns), default=1)
    below = 8 + LINE * (names + bool(matrix.column_name))
    height = top + max(row * rows + below, bar[3] + FOOT)
    numbers = ticks(matrix.scale, colours)
    every_row, every_column = (ceil(count / _MOST_NAMES) for count in (rows, columns))
    laid_out = MapLayout((tile,), width, height, bar, numbers)
    return TableLayout(matrix, laid_out, every_row, every_column, min(1.0, room / width))
