"""What live pictures are drawn on: white paper, and a line below for the value pointed at."""

from collections.abc import Callable
from typing import Any

from ipycanvas import Canvas
from ipywidgets import Box, VBox

from ...plots import style
from ...readings import Cell
from ..canvas import PointerArea, under
from ..canvas.closing import close_all
from ..canvas.connection import CanvasConnection
from ..canvas.html import Html
from ..canvas.paragraphs import paragraph
from ..canvas.viewport import SHARPNESS

EDGE_CSS = 6  # of the paper around a picture, so that its words are not at the edge of a dark page
_LEAST_LINE_CSS = 280


def on_paper(area: PointerArea, value: Html) -> VBox:
    """A canvas with its area on white paper, and the line below."""
    paper = Box([under(area)])
    paper.layout.border = f"{EDGE_CSS}px solid {style.SIGN}"
    paper.layout.flex = "none"
    paper.layout.overflow = "visible"
    widget = VBox([paper, value])
    # On a page that is narrower, as with a list of files next to it, the picture shrinks.
    paper.layout.max_width = widget.layout.max_width = "100%"
    widget.layout.align_items = "flex-start"
    widget.layout.overflow = "visible"
    return widget


class PointedView:
    """A picture that marks what the pointer is on, and writes its value below. Subclasses draw it.

    Args:
        layers: of the canvas; the last is for the mark.
        width: the largest width in CSS pixels, paper included.
        hint: the line while the pointer is elsewhere.
        guard: wraps callbacks of the page, so that no exception gets lost.
        redraw: called when the page needs the drawing again, as after a reload.
        keys: of the area, see `PointerArea`; without any it takes no focus.

    Attributes:
        on_press: called with the cell that is clicked on, or None.
    """

    on_press: Callable[[Cell], None] | None = None

    def __init__(
        self,
        layers: int,
        width: int,
        hint: str,
        guard: Callable[[Callable[..., None]], Callable[..., None]],
        redraw: Callable[[], None],
        keys: dict[str, str] | None = None,
    ):
        self._width, self._hint, self._redraw = width - 2 * EDGE_CSS, hint, redraw
        self._pointed: tuple[float, float] | None = None
        self._marked: Any = None
        self._connection = CanvasConnection()
        self.canvas = self._connection.canvas(layers, self._width, self._width)
        self._marks = self.canvas[layers - 1]
        self.area = PointerArea(self.canvas, keys)
        self.value = Html()
        self.widget = on_paper(self.area, self.value)
        move, press, leave = guard(self._move), guard(self._press), guard(self._leave)
        self.area.on(
            move=lambda contact: move(*contact.at),
            press=lambda contact: press(*contact.at),
            leave=leave,
        )
        self.canvas.on_client_ready(redraw)

    def close(self) -> None:
        """Remove canvas and text in the kernel and on the page."""
        self.canvas.on_client_ready(self._redraw, remove=True)
        self._connection.close()
        close_all(self.value, self.widget)

    def _at(self, x: float, y: float) -> Any:
        """What lies at a place in CSS pixels; None for nothing."""
        raise NotImplementedError

    def _cell(self, x: float, y: float) -> Cell | None:
        """The cell at a place in CSS pixels; None for none."""
        raise NotImplementedError

    def _mark(self, canvas: Canvas, pointed: Any) -> None:
        """Mark what the pointer is on."""
        raise NotImplementedError

    def _in_words(self, pointed: Any) -> str:
        """Its value."""
        raise NotImplementedError

    def _fit(self, width: int, height: int, scale: float = 1.0) -> None:
        """Set the canvas's size if it differs: setting even the same size clears a canvas.

        Args:
            width, height: of the drawing in CSS pixels.
            scale: by how much the page makes it smaller.
        """
        shown = [round(each * scale) for each in (width, height)]
        self.canvas.layout.width, self.canvas.layout.height = (f"{each}px" for each in shown)
        size = width * SHARPNESS, height * SHARPNESS
        if (self.canvas.width, self.canvas.height) != size:
            self.canvas.width, self.canvas.height = size
        self.value.layout.width = f"{max(shown[0], _LEAST_LINE_CSS)}px"

    def _show_pointed(self) -> None:
        """Mark what is under the pointer and write its value, of the reading shown now."""
        pointed = self._marked = None if self._pointed is None else self._at(*self._pointed)
        with self._connection.batch():
            self._marks.clear()
            if pointed is not None:
                self._mark(self._marks, pointed)
        line = paragraph(self._hint if pointed is None else self._in_words(pointed))
        if self.value.value != line:
            self.value.value = line

    def _move(self, x: float, y: float) -> None:
        self._pointed = x / SHARPNESS, y / SHARPNESS
        # There are many moves, so only another place sends a message to the page.
        if self._at(*self._pointed) != self._marked:
            self._show_pointed()

    def _press(self, x: float, y: float) -> None:
        cell = self._cell(x / SHARPNESS, y / SHARPNESS)
        if self.on_press is not None and cell is not None:
            self.on_press(cell)

    def _leave(self) -> None:
        self._pointed = None
        self._show_pointed()
