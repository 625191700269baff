"""A question whose answer is a number, given with a slider."""

from functools import partial
from numbers import Integral, Real
from typing import Any

from ipywidgets import BoundedIntText, Button, HBox, IntSlider, Widget

from sam_explore.number_text import text
from sam_explore.plots import style
from sam_explore.widgets.canvas.html import Html
from sam_explore.widgets.canvas.paragraphs import paragraph
from sam_explore.widgets.session import Snapshot
from sam_explore.widgets.session.ipykernel_subshells import keep_order

from .grades import CLOSE, RIGHT, WRONG, Grade
from .live_text import checked_fact
from .question import Question

_RIGHT, _CLOSE = 0.03, 0.1  # of the slider's range


class Estimate(Question):
    """A question whose answer is a whole number, given with a slider.

        sx.course.Estimate(
            session,
            "What share of the variance lies within patches?",
            truth=sx.course.facts.variance_within_patches,
        )

    The reply says how far the answer is off. It counts as right within 3 % of the slider's range,
    and as close within 10 %.

    Args:
        session, question: as in `Question`.
        truth: a function of `session.now` that returns a `Fact` with a number.
        low, high: the ends of the slider.
        unit: of the number, as it is written behind it.

    Raises:
        TypeError: no session, no text, or nothing that can be called.
        ValueError: ends that are no whole numbers, or in the wrong order.
    """

    def __init__(
        self,
        session: Any,
        question: Any,
        truth: Any,
        low: Any = 0,
        high: Any = 100,
        unit: str = "%",
    ):
        if not (_is_whole(low) and _is_whole(high) and low < high):
            raise ValueError(
                "Estimate expects whole numbers as low and high, low first, but they are "
                f"{low!r:.40} and {high!r:.40}."
            )
        self.low, self.high, self.unit = low, high, unit
        super().__init__(session, question, truth)

    def _inputs(self) -> list[Widget]:
        middle, ends = (self.low + self.high) // 2, {"min": self.low, "max": self.high}
        self.field = BoundedIntText(middle, description="Your answer", **ends)
        self.field.style.description_width = "initial"
        self.slider = IntSlider(middle, readout=False, tooltip="Slider for the answer", **ends)
        self.field.layout.width, self.slider.layout.width = "150px", "220px"
        for one, other in ((self.field, self.slider), (self.slider, self.field)):
            one.observe(self._runner.show_errors(partial(_set_too, other)), "value")
        self.button = Button(description="Answer", tooltip="Give this answer")
        self.button.layout.width = "auto"
        self.button.on_click(self.session.action(lambda _: self.answer(self.field.value)))
        keep_order(self.field, self.slider, self.button)
        unit = Html(paragraph(self.unit, colour=style.FAINT_TEXT))
        row = HBox([self.field, unit, self.slider, self.button])
        row.layout.flex_flow, row.layout.align_items = "row wrap", "center"
        row.layout.grid_gap, row.layout.overflow = "4px 10px", "visible"
        return [row]

    def _checked(self, answer: Any) -> int:
        if not (_is_whole(answer) and self.low <= answer <= self.high):
            raise ValueError(
                f"The answer is a whole number from {self.low} to {self.high}, not {answer!r:.40}."
            )
        return int(answer)

    def _graded(self, answer: Any, now: Snapshot) -> Grade:
        value, reason = self._number(now)
        off = answer - value
        share = abs(off) / (self.high - self.low)
        said = f"You said {self._with_unit(answer)}; it is {self._with_unit(value)}"
        if share <= _RIGHT:
            return Grade(RIGHT, f"Right. {said}.", reason)
        step = "points" if self.unit == "%" else self.unit
        by = f"{text(abs(off), 2)} {step} too {'high' if off > 0 else 'low'}".replace("  ", " ")
        if share <= _CLOSE:
            return Grade(CLOSE, f"Close. {said}: {by}.", reason)
        return Grade(WRONG, f"Not so. {said}: {by}.", reason)

    def _computed(self, now: Snapshot) -> str:
        value, reason = self._number(now)
        return f"Computed: {self._with_unit(value)}. {reason}"

    def _possible(self) -> tuple[str, ...]:
        return (f"a number from {self.low} to {self._with_unit(self.high)}",)

    def _number(self, now: Snapshot) -> tuple[float, str]:
        fact = checked_fact(self._truth(now), self._truth)
        if not isinstance(fact.value, Real) or isinstance(fact.value, bool):
            kind = type(fact.value).__name__
            raise TypeError(f"Estimate expects a fact whose value is a number, but it is a {kind}.")
        return float(fact.value), fact.words

    def _with_unit(self, value: float) -> str:
        return f"{text(value, 2)} {self.unit}".strip()


def _set_too(other: Widget, change: dict) -> None:
    """Let the other of two inputs for one number show it too."""
    other.value = change["new"]


def _is_whole(value: Any) -> bool:
    return isinstance(value, Integral) and not isinstance(value, bool)
