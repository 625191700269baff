"""Shows matrices on a canvas: quick to redraw, with the value of the cell under the pointer."""

from collections.abc import Callable

from ipywidgets import Box, VBox

from ...plots import raster, style
from ...readings import Matrix
from ..canvas import PointerArea, under
from ..canvas.closing import close_all
from ..canvas.connection import CanvasConnection, paste
from ..canvas.html import Html
from ..canvas.paragraphs import paragraph
from ..canvas.viewport import SHARPNESS
from ..canvas.words import value_in_words
from .map_drawing import bar_entries, cells_png, colours_of, outline
from .table_drawing import annotate_table
from .table_layout import TableLayout, lay_out_table

_HINT = "Point at a cell to read its value."
_EDGE_CSS = 6  # of the paper around it, so that its words are not at the edge of a dark page
_CELLS, _NOTES, _POINTED = range(3)


class TableView:
    """A reading's table, and the value under the pointer.

    Args:
        width: the largest width in CSS pixels. A wider table is drawn that wide, with text of the
            usual size; one whose names have no room even so is scaled down.
        guard: wraps callbacks of the page, so that no exception gets lost.
        redraw: called when the page needs the drawing again, as after a reload.
    """

    def __init__(
        self,
        width: int,
        guard: Callable[[Callable[..., None]], Callable[..., None]],
        redraw: Callable[[], None],
    ):
        self._width, self._redraw = width - 2 * _EDGE_CSS, redraw
        self._layout: TableLayout | None = None
        self._pointed: tuple[float, float] | None = None
        self._shown: tuple[int, int] | None = None
        self._connection = CanvasConnection()
        self._cells, self._bar = self._connection.image("png"), self._connection.image("png")
        self.canvas = self._connection.canvas(3, self._width, self._width)
        self.canvas.add_class("sam-explore-table")
        self.area = PointerArea(self.canvas)
        self.value = Html()
        paper = Box([under(self.area)])
        paper.layout.border = f"{_EDGE_CSS}px solid {style.SIGN}"
        paper.layout.flex = "none"
        paper.layout.overflow = "visible"
        self.widget = VBox([paper, self.value])
        self.widget.layout.align_items = "flex-start"
        self.widget.layout.overflow = "visible"
        move, leave = guard(self._move), guard(self._leave)
        self.area.on(move=lambda contact: move(*contact.at), leave=leave)
        self.canvas.on_client_ready(redraw)

    def show(self, reading: Matrix) -> None:
        """Draw a reading instead of the earlier one."""
        layout = self._layout = lay_out_table(reading, self._width)
        self.area.label = " ".join(reading.title.split())
        self._fit(layout)
        self._cells.value = cells_png(layout.map)
        self._bar.value = raster.indexed_png(bar_entries(layout.map), colours_of(layout.map))
        with self._connection.batch():
            cells, notes = self.canvas[_CELLS], self.canvas[_NOTES]
            cells.clear()
            cells.fill_style = style.SIGN  # the paper
            cells.fill_rect(0, 0, cells.width, cells.height)
            paste(cells, self._cells)
            notes.clear()
            notes.image_smoothing_enabled = False
            if layout.map.bar is not None:
                notes.draw_image(self._bar, *(length * SHARPNESS for length in layout.map.bar))
            annotate_table(notes, layout)
        self._show_cell(anew=True)

    def close(self) -> None:
        """Remove canvas and text in the kernel and on the page."""
        self.canvas.on_client_ready(self._redraw, remove=True)
        self._connection.close()
        close_all(self.value, self.widget)

    def _fit(self, layout: TableLayout) -> None:
        """Set the canvas's size if it differs: setting even the same size clears a canvas."""
        shown = [round(each * layout.scale) for each in (layout.map.width, layout.map.height)]
        self.canvas.layout.width, self.canvas.layout.height = (f"{each}px" for each in shown)
        size = layout.map.width * SHARPNESS, layout.map.height * SHARPNESS
        if (self.canvas.width, self.canvas.height) != size:
            self.canvas.width, self.canvas.height = size
        self.value.layout.width = f"{max(shown[0], 280)}px"

    def _move(self, x: float, y: float) -> None:
        self._pointed = x / SHARPNESS, y / SHARPNESS
        self._show_cell()

    def _leave(self) -> None:
        self._pointed = None
        self._show_cell()

    def _show_cell(self, *, anew: bool = False) -> None:
        """Outline the cell under the pointer and write its value, of the reading shown now."""
        layout = self._layout
        if layout is None:
            return
        cell = None if self._pointed is None else layout.cells.cell_at(*self._pointed)
        if cell == self._shown and not anew:
            return  # there are many moves, so only another cell sends a message to the page
        self._shown = cell
        with self._connection.batch():
            self.canvas[_POINTED].clear()
            if cell is not None:
                outline(self.canvas[_POINTED], layout.cells, *cell, style.SIGN, grown_css=0)
        words = _HINT if cell is None else _value_in_words(layout.matrix, *cell)
        if self.value.value != (line := paragraph(words)):
            self.value.value = line


def _value_in_words(matrix: Matrix, row: int, column: int) -> str:
    """Such as "Block 3, head 1: 0.5 bits"."""
    at = f"{matrix.row_name} {matrix.rows[row]}, {matrix.column_name} {matrix.columns[column]}"
    value = value_in_words(float(matrix.values[row, column]), matrix.scale)
    words = " ".join(f"{at}: {value}".split())
    return words[0].upper() + words[1:] + "."
