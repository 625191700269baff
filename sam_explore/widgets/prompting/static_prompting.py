"""The static form of the prompting view, for pages without a kernel."""

from ...plots.drawing import ReadingFigure
from ..canvas.static_view import StaticView
from .prompting_figure import draw_prompting, prompting_in_words


class StaticPrompting(StaticView):
    """The static view of the picture with prompts, masks and logits."""

    def _figure(self) -> tuple[ReadingFigure, str]:
        now = self.session.now
        return draw_prompting(now), prompting_in_words(now)
