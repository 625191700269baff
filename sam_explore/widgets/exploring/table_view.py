"""Shows matrices on a canvas: quick to redraw, with the value of the cell under the pointer."""

from collections.abc import Callable

from ipycanvas import Canvas

from ...plots import style
from ...readings import Cell, Matrix
from ..canvas.words import value_in_words
from .map_drawing import bar_png, cells_png, outline
from .paper import PointedView
from .table_drawing import draw_table
from .table_layout import TableLayout, lay_out_table

_HINT = "Point at a cell to read its value."
_CELLS, _NOTES = range(2)


class TableView(PointedView):
    """A reading's table, and the value under the pointer.

    Args:
        width: the largest width in CSS pixels. A wider table is drawn that wide, with text of the
            usual size; one whose names have no room even so is scaled down.
        guard, redraw: see `PointedView`.
    """

    def __init__(
        self,
        width: int,
        guard: Callable[[Callable[..., None]], Callable[..., None]],
        redraw: Callable[[], None],
    ):
        self._layout: TableLayout | None = None
        super().__init__(3, width, _HINT, guard, redraw)
        self.canvas.add_class("sam-explore-table")
        self._cells, self._bar = self._connection.image("png"), self._connection.image("png")

    def show(self, reading: Matrix) -> None:
        """Draw a reading instead of the earlier one."""
        layout = self._layout = lay_out_table(reading, self._width)
        self.area.label = " ".join(reading.title.split())
        self._fit(layout.map.width, layout.map.height, layout.scale)
        self._cells.value = cells_png(layout.map)
        self._bar.value = bar_png(layout.map)
        with self._connection.batch():
            cells, notes = self.canvas[_CELLS], self.canvas[_NOTES]
            cells.clear()
            notes.clear()
            draw_table(cells, notes, layout, self._cells, self._bar)
        self._show_pointed()

    def _at(self, x: float, y: float) -> tuple[int, int] | None:
        return None if self._layout is None else self._layout.cells.cell_at(x, y)

    def _cell(self, x: float, y: float) -> Cell | None:
        place = self._at(x, y)
        return None if place is None else Cell(*place)

    def _mark(self, canvas: Canvas, pointed: tuple[int, int]) -> None:
        if self._layout is not None:
            outline(canvas, self._layout.cells, *pointed, style.SIGN, grown_css=0)

    def _in_words(self, pointed: tuple[int, int]) -> str:
        return "" if self._layout is None else _value_in_words(self._layout.matrix, *pointed)


def _value_in_words(matrix: Matrix, row: int, column: int) -> str:
    """Such as "Block 3, head 1: 0.5 bits"."""
    at = f"{matrix.row_name} {matrix.rows[row]}, {matrix.column_name} {matrix.columns[column]}"
    value = value_in_words(float(matrix.values[row, column]), matrix.scale)
    words = " ".join(f"{at}: {value}".split())
    return words[0].upper() + words[1:] + "."
