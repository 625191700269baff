"""The static form of the prompting view, for pages without a kernel."""

from ...plots.drawing import ReadingFigure
from ..canvas.static_view import StaticView
from ..canvas.viewport import SHARPNESS
from .prompting_figure import draw_prompting, prompting_in_words


class StaticPrompting(StaticView):
    """The static view of the picture with prompts, masks and logits."""

    def _figure(self) -> tuple[ReadingFigure, str]:
        now = self.session.now
        sharpness = SHARPNESS if self.is_sharp else 1
        return draw_prompting(now, sharpness), prompting_in_words(now)
