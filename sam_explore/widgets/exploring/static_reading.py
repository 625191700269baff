"""A reading's view on a page without a kernel."""

from ...plots.drawing import ReadingFigure, draw
from ...readings import Reading
from ..canvas.static_view import StaticView

_NOTHING_YET = "This view had not been computed when the page was saved."


class StaticReading(StaticView):
    """The static view of a `reading`, as `sam_explore.draw` draws it."""

    @property
    def reading(self) -> Reading | None:
        """What is drawn; None while there is nothing."""
        raise NotImplementedError

    @property
    def error(self) -> str:
        """What to say while there is nothing, or ""."""
        raise NotImplementedError

    @property
    def drawn(self) -> Reading | None:
        """The reading on the scale that it is drawn on."""
        raise NotImplementedError

    @property
    def map_opacity(self) -> float | None:
        """As `sam_explore.draw` takes it."""
        raise NotImplementedError

    def _figure(self) -> tuple[ReadingFigure | None, str]:
        if self.reading is None:
            return None, self.error or _NOTHING_YET
        return draw(self.drawn, map_opacity=self.map_opacity), self.reading.words
