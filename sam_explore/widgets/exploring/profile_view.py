"""Shows profiles on a canvas: quick to redraw, with the values at the pointer."""

from collections.abc import Callable

from ipycanvas import Canvas

from ...number_text import text
from ...readings import Cell, Profile
from .paper import PointedView
from .profile_drawing import draw_place, draw_profile
from .profile_layout import ProfileLayout, lay_out_profile

_HINT = "Point at the chart to read its values."


class ProfileView(PointedView):
    """A reading's curves, and their values at the x nearest to the pointer.

    Args:
        width: the largest width in CSS pixels.
        guard, redraw: see `PointedView`.
    """

    def __init__(
        self,
        width: int,
        guard: Callable[[Callable[..., None]], Callable[..., None]],
        redraw: Callable[[], None],
    ):
        self._layout: ProfileLayout | None = None
        super().__init__(2, width, _HINT, guard, redraw)
        self.canvas.add_class("sam-explore-chart")

    def show(self, reading: Profile) -> None:
        """Draw a reading instead of the earlier one."""
        layout = self._layout = lay_out_profile(reading, self._width)
        self.area.label = " ".join(reading.title.split())
        self._fit(layout.width, layout.height)
        with self._connection.batch():
            self.canvas[0].clear()
            draw_profile(self.canvas[0], layout)
        self._show_pointed()

    def _at(self, x: float, y: float) -> int | None:
        return None if self._layout is None else self._layout.nearest(x, y)

    def _cell(self, x: float, y: float) -> Cell | None:
        index = self._at(x, y)
        if self._layout is None or index is None:
            return None
        return Cell(column=index, map=self._layout.nearest_curve(index, y))

    def _mark(self, canvas: Canvas, pointed: int) -> None:
        if self._layout is not None:
            draw_place(canvas, self._layout, pointed)

    def _in_words(self, pointed: int) -> str:
        return "" if self._layout is None else _values_in_words(self._layout.profile, pointed)


def _values_in_words(profile: Profile, index: int) -> str:
    """Such as "Block 3: attention 0.5, MLP 0.25"."""
    at = profile.x_labels[index] if profile.x_labels else text(float(profile.x[index]), 4)
    heights = [(curve.name, text(float(curve.y[index]), 4)) for curve in profile.curves]
    values = ", ".join(f"{name} {height}" for name, height in heights)
    if len(heights) == 1:
        values = f"{profile.y_name} {heights[0][1]}"
    words = " ".join(f"{profile.x_name} {at}: {values}".split())
    return words[0].upper() + words[1:] + "."
