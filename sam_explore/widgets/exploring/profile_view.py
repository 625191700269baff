"""Shows profiles on a canvas: quick to redraw, with the values at the pointer."""

from collections.abc import Callable

from ipywidgets import Box, VBox

from ...number_text import text
from ...plots import style
from ...readings import Profile
from ..canvas import PointerArea, under
from ..canvas.closing import close_all
from ..canvas.connection import CanvasConnection
from ..canvas.html import Html
from ..canvas.paragraphs import paragraph
from ..canvas.viewport import SHARPNESS
from .profile_drawing import draw_place, draw_profile
from .profile_layout import ProfileLayout, lay_out_profile

_HINT = "Point at the chart to read its values."
_EDGE_CSS = 6  # of the paper around it, so that its words are not at the edge of a dark page
_WIDEST = 640
_CHART, _POINTED = range(2)


class ProfileView:
    """A reading's curves, and their values at the x nearest to the pointer.

    Args:
        width: the largest width in CSS pixels.
        guard: wraps callbacks of the page, so that no exception gets lost.
        redraw: called when the page needs the drawing again, as after a reload.
    """

    def __init__(
        self,
        width: int,
        guard: Callable[[Callable[..., None]], Callable[..., None]],
        redraw: Callable[[], None],
    ):
        self._width, self._redraw = min(width, _WIDEST) - 2 * _EDGE_CSS, redraw
        self._layout: ProfileLayout | None = None
        self._pointed: tuple[float, float] | None = None
        self._shown: int | None = None
        self._connection = CanvasConnection()
        self.canvas = self._connection.canvas(2, self._width, self._width)
        self.canvas.add_class("sam-explore-chart")
        self.area = PointerArea(self.canvas)
        self.value = Html()
        paper = Box([under(self.area)])
        paper.layout.border = f"{_EDGE_CSS}px solid {style.SIGN}"
        paper.layout.flex = "none"
        paper.layout.overflow = "visible"
        self.widget = VBox([paper, self.value])
        self.widget.layout.align_items = "flex-start"
        self.widget.layout.overflow = "visible"
        self.value.layout.width = f"{max(self._width, 280)}px"
        move, leave = guard(self._move), guard(self._leave)
        self.area.on(move=lambda contact: move(*contact.at), leave=leave)
        self.canvas.on_client_ready(redraw)

    def show(self, reading: Profile) -> None:
        """Draw a reading instead of the earlier one."""
        layout = self._layout = lay_out_profile(reading, self._width)
        self.area.label = " ".join(reading.title.split())
        size = layout.width * SHARPNESS, layout.height * SHARPNESS
        if (self.canvas.width, self.canvas.height) != size:  # the same size would clear it too
            self.canvas.layout.width = f"{layout.width}px"
            self.canvas.layout.height = f"{layout.height}px"
            self.canvas.width, self.canvas.height = size
        with self._connection.batch():
            self.canvas[_CHART].clear()
            draw_profile(self.canvas[_CHART], layout)
        self._show_place(anew=True)

    def close(self) -> None:
        """Remove canvas and text in the kernel and on the page."""
        self.canvas.on_client_ready(self._redraw, remove=True)
        self._connection.close()
        close_all(self.value, self.widget)

    def _move(self, x: float, y: float) -> None:
        self._pointed = x / SHARPNESS, y / SHARPNESS
        self._show_place()

    def _leave(self) -> None:
        self._pointed = None
        self._show_place()

    def _show_place(self, *, anew: bool = False) -> None:
        """Draw and write the values at the pointer, of the reading that is shown now."""
        layout = self._layout
        if layout is None:
            return
        index = None if self._pointed is None else layout.nearest(*self._pointed)
        if index == self._shown and not anew:
            return  # there are many moves, so only another place sends a message to the page
        self._shown = index
        with self._connection.batch():
            self.canvas[_POINTED].clear()
            if index is not None:
                draw_place(self.canvas[_POINTED], layout, index)
        words = _HINT if index is None else _values_in_words(layout.profile, index)
        if self.value.value != (line := paragraph(words)):
            self.value.value = line


def _values_in_words(profile: Profile, index: int) -> str:
    """Such as "Block 3: attention 0.5, MLP 0.25"."""
    at = profile.x_labels[index] if profile.x_labels else text(float(profile.x[index]), 4)
    heights = [(curve.name, text(float(curve.y[index]), 4)) for curve in profile.curves]
    values = ", ".join(f"{name} {height}" for name, height in heights)
    if len(heights) == 1:
        values = f"{profile.y_name} {heights[0][1]}"
    words = " ".join(f"{profile.x_name} {at}: {values}".split())
    return words[0].upper() + words[1:] + "."
