"""What follows from this click and this model, in sentences that stay up to date."""

from dataclasses import dataclass
from typing import Any

from sam_explore.widgets.canvas.html import Markup, element, together
from sam_explore.widgets.canvas.paragraphs import paragraph
from sam_explore.widgets.session import ENCODER_RUNS, Snapshot

from .live_text import LiveText, checked_fact, checked_function, rules

_TITLE = "What this run shows"


@dataclass(frozen=True)
class Sentences:
    """What was computed, a sentence or two for each function."""

    lines: tuple[str, ...]

    @property
    def words(self) -> str:
        """All of them."""
        return " ".join(self.lines)


class Conclusion(LiveText[Sentences]):
    """A list of sentences that are computed from the session's state, and follow it.

        sx.course.Conclusion(session, sx.course.facts.variance_within_patches)

    Args:
        session: the session that it is about.
        facts: functions of `session.now` that return a `Fact`; its words are shown.

    Raises:
        TypeError: no session, or nothing that can be called.
        ValueError: no function at all.
    """

    priority = ENCODER_RUNS  # facts run the encoder, some of them in many scenes

    def __init__(self, session: Any, *facts: Any):
        if not facts:
            raise ValueError(
                "Conclusion expects at least one function that computes a fact, as in "
                "Conclusion(session, sx.course.facts.variance_within_patches)."
            )
        self._facts = tuple(checked_function(each, "Conclusion") for each in facts)
        super().__init__(session)

    def _titled(self) -> Markup:
        return together(rules(), paragraph(element("b", _TITLE, style="font-size:15px")))

    def _asks(self) -> bool:
        return True

    def _compute(self, now: Snapshot) -> Sentences:
        return Sentences(tuple(checked_fact(each(now), each).words for each in self._facts))

    def _formatted(self, answer: Sentences) -> Markup:
        items = [element("li", paragraph(each)) for each in answer.lines]
        listed = element("ul", *items, style="margin:0;padding-left:1.4em")
        return element("div", listed, role="status")

    def _page(self) -> Markup:
        lines = self._runner.reading.lines if self._runner.reading and not self.error else ()
        items = [element("li", each) for each in lines or (self.error or "Not computed yet.",)]
        return element("div", element("p", element("b", _TITLE)), element("ul", *items))

    def _plain(self) -> str:
        return f"{_TITLE}: {self.error or self.words or 'not computed yet.'}"
