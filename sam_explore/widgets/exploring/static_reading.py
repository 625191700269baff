"""The static form of a live view of a probe, for pages without a kernel."""

from io import BytesIO

from ...readings import Reading
from ..canvas.static_view import Bundle, StaticView
from ..canvas.viewport import SHARPNESS
from .still_drawing import draw_still

_NOTHING_YET = "This view had not been computed when the page was saved."


class StaticReading(StaticView):
    """A static view of a `reading`: the picture that the live view shows, with its sentence."""

    @property
    def reading(self) -> Reading | None:
        """The reading to draw, or None."""
        raise NotImplementedError

    @property
    def error(self) -> str:
        """What went wrong with the latest state, or ""; then an older reading is not drawn."""
        raise NotImplementedError

    @property
    def drawn(self) -> Reading | None:
        """The reading with the scale that it is drawn on."""
        raise NotImplementedError

    @property
    def opacity(self) -> float:
        """The opacity of maps over their picture, 0 to 1."""
        raise NotImplementedError

    @property
    def width_css(self) -> int:
        """The width of one picture alone, in CSS pixels."""
        raise NotImplementedError

    def still(self) -> Bundle:
        """The picture with the sentence below, and the sentence as text."""
        if self.error or self.reading is None or self.drawn is None:
            return {"text/plain": self.error or _NOTHING_YET}, {}
        words = self.reading.words
        picture = draw_still(self.drawn, self.width_css, self.opacity, words)
        about = {
            "width": round(picture.width / SHARPNESS),
            "height": round(picture.height / SHARPNESS),
            "alt": words,
        }
        if not self.is_sharp:
            picture = picture.reduce(SHARPNESS)
        file = BytesIO()
        picture.save(file, "PNG", compress_level=1)
        return {"image/png": file.getvalue(), "text/plain": words}, {"image/png": about}
