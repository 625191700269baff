"""The static form of a live view of a probe, for pages without a kernel."""

from ...plots.drawing import ReadingFigure, draw
from ...readings import Reading
from ..canvas.static_view import StaticView

_NOTHING_YET = "This view had not been computed when the page was saved."


class StaticReading(StaticView):
    """A static view of a `reading`, drawn like `sam_explore.draw`."""

    @property
    def reading(self) -> Reading | None:
        """The reading to draw, or None."""
        raise NotImplementedError

    @property
    def error(self) -> str:
        """The message if there is no reading, or ""."""
        raise NotImplementedError

    @property
    def drawn(self) -> Reading | None:
        """The reading with the scale that it is drawn on."""
        raise NotImplementedError

    @property
    def map_opacity(self) -> float | None:
        """The `map_opacity` for `sam_explore.draw`."""
        raise NotImplementedError

    def _figure(self) -> tuple[ReadingFigure | None, str]:
        if self.reading is None:
            return None, self.error or _NOTHING_YET
        return draw(self.drawn, map_opacity=self.map_opacity), self.reading.words
