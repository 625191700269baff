"""A reading's view on a page without a kernel."""

from ...plots.drawing import ReadingFigure, draw
from ..canvas.static_view import StaticView

_NOTHING_YET = "This view had not been computed when the page was saved."


class StaticReading(StaticView):
    """The static view of a `reading`, as `sam_explore.draw` draws it."""

    def _figure(self) -> tuple[ReadingFigure | None, str]:
        if self.reading is None:
            return None, self.error or _NOTHING_YET
        return draw(self.drawn, map_opacity=self.map_opacity), self.reading.words
