"""A common scale for the maps of several views that are compared."""

from collections.abc import Callable

from ...readings import Reading, Scale, common_scales, on_scale


class SameScale:
    """The views that share a scale, with their current readings."""

    def __init__(self) -> None:
        self._shown: dict[str, Reading] = {}  # by the view's name
        self._drawn: dict[str, tuple[Scale, ...]] = {}
        self._draw_again: dict[str, Callable[[], None]] = {}

    def join(self, name: str, draw_again: Callable[[], None]) -> None:
        """Add a view; `draw_again` draws its maps again."""
        self._draw_again[name] = draw_again

    def leave(self, name: str) -> None:
        """Remove a view that was closed; those whose scale is another one then are redrawn."""
        for kept in (self._shown, self._drawn, self._draw_again):
            kept.pop(name, None)
        self.redraw_others(name)

    def scaled(self, name: str, reading: Reading) -> Reading:
        """A reading of a view, on the common scales, to be drawn there now."""
        if name in self._draw_again:
            self._shown[name] = reading
            self._drawn[name] = self._scales()
        return self.on_them(reading)

    def on_them(self, reading: Reading) -> Reading:
        """A reading on the common scales."""
        for scale in self._scales():
            reading = on_scale(reading, scale)
        return reading

    def redraw_others(self, name: str) -> None:
        """Redraw the views whose maps are on an older scale."""
        scales, shown = self._scales(), self._shown.copy()
        for other, draw_again in self._draw_again.copy().items():
            if other != name and other in shown and self._drawn.get(other) != scales:
                draw_again()

    def _scales(self) -> tuple[Scale, ...]:
        """The common scales; none if there is only one view."""
        shown = self._shown.copy()  # another thread may close a view meanwhile
        if len(shown) < 2:
            return ()
        return common_scales(*[shown[each] for each in sorted(shown)])
