"""The text next to a live picture: its words, the progress of the computation, and its code."""

from ipywidgets import VBox

from ...plots import style
from ..canvas.closing import close_all
from ..canvas.html import Html, element, together
from ..canvas.paragraphs import alert, code_block, paragraph

_WIDTH_CSS = 290
_TITLE_PX = 15
OUTDATED = "sam-explore-outdated"  # the CSS class of elements that don't show the latest state


class Caption:
    """The words, the status and the code of a reading, one below the other."""

    def __init__(self) -> None:
        self.words, self._status, self._code = Html(), Html(), Html()
        self.widget = VBox([self.words, self._status, self._code])
        self.widget.add_class("sam-explore-caption")
        # Next to the picture if there is room, else below it.
        self.widget.layout.flex = f"1 1 {_WIDTH_CSS}px"
        self.widget.layout.max_width = f"{2 * _WIDTH_CSS}px"
        self.widget.layout.overflow = "visible"

    def show_words(self, words: str) -> None:
        """What the picture shows."""
        self.words.value = paragraph(words)

    def show_status(self, words: str) -> None:
        """Show the progress of a computation, or how long it took."""
        self._status.value = paragraph(words, colour=style.FAINT_TEXT)

    def show_error(self, words: str) -> None:
        """Show an error instead of the status."""
        self._status.value = alert(words)

    def show_code(self, code: str) -> None:
        """Show Python code to copy."""
        self._code.value = code_block(code)

    def close(self) -> None:
        """Remove the caption."""
        close_all(self.widget)


def header(title: str, name: str, about: str) -> Html:
    """The heading of a view, with the view's CSS rules.

    Args:
        title: the question in words; without one the name is used.
        name: of the probe, as in Python.
        about: what it returns, in a sentence.
    """
    # With a delay, so that a quick update does not flicker.
    dimmed = f"opacity:{style.OUTDATED_OPACITY};transition:opacity .2s .4s"
    rules = element("style", f".{OUTDATED} {{{dimmed}}}")
    words = element("b", title or name, style=f"font-size:{_TITLE_PX}px")
    heading = paragraph(words, "\u2002", element("code", name)) if title else paragraph(words)
    return Html(together(rules, heading, paragraph(about, colour=style.FAINT_TEXT)))


def duration(seconds: float) -> str:
    """Such as "less than 1 ms", "35 ms", "2.14 s" or "128 s"."""
    if seconds >= 99.95:
        return f"{seconds:.0f} s"
    if seconds >= 0.9995:
        return f"{seconds:#.3g} s"
    return f"{1000 * seconds:.0f} ms" if seconds >= 0.0005 else "less than 1 ms"
