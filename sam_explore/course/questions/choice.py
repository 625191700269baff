"""A question with a few answers to choose from."""

from collections.abc import Iterable, Mapping
from math import isnan
from numbers import Real
from typing import Any

from ipywidgets import Button, VBox, Widget

from sam_explore.widgets.session import Snapshot
from sam_explore.widgets.session.ipykernel_subshells import keep_order

from ..facts.fact import Fact
from .grades import RIGHT, WRONG, Grade
from .live_text import checked_fact
from .question import Question

_WIDTH = "580px"


class Choice(Question):
    """A question with a few answers, of which the computed one is right.

        sx.course.Choice(
            session,
            "How much of the variance lies within patches?",
            {"less than half": (0, 50), "half or more": (50, 100)},
            truth=sx.course.facts.variance_within_patches,
        )

    Each answer is a button. The reply says whether it is the computed one, and what was computed.
    With another prompt, picture or model it is graded again.

    Args:
        session, question: as in `Question`.
        answers: the answers in order. Of a mapping, each goes with the value of the fact that makes
            it right: a word, or a pair of numbers (from, up to) within which the value lies; the
            upper end of the last one belongs to it. In a list the answers are the values.
        truth: a function of `session.now` that returns a `Fact`.

    Raises:
        TypeError: no session, no text, or nothing that can be called.
        ValueError: fewer than two answers, or the same one twice.
    """

    def __init__(
        self,
        session: Any,
        question: Any,
        answers: Any,
        truth: Any,
    ):
        self.answers = _checked_answers(answers)
        self._buttons: list[Button] = []
        super().__init__(session, question, truth)

    def _inputs(self) -> list[Widget]:
        for words in self.answers:
            button = Button(description=words, tooltip="Give this answer")
            button.layout.width, button.layout.max_width = "auto", "100%"
            button.on_click(self.session.action(lambda _, words=words: self.answer(words)))
            keep_order(button)
            self._buttons.append(button)
        box = VBox(self._buttons)
        box.layout.max_width, box.layout.width = _WIDTH, "100%"
        box.layout.grid_gap, box.layout.overflow = "4px", "visible"
        box.add_class("sam-explore-answers")
        return [box]

    def _take_answer(self) -> None:
        for button in self._buttons:
            button.icon = "hand-o-right" if button.description == self._answer else ""
        super()._take_answer()

    def _checked(self, answer: Any) -> str:
        if answer not in self.answers:
            names = ", ".join(map(repr, self.answers))
            raise ValueError(f"The answers are {names}; {answer!r} is none of them.")
        return str(answer)

    def _graded(self, answer: Any, now: Snapshot) -> Grade:
        fact = checked_fact(self._truth(now), self._truth)
        right = self._right(fact)
        if right is None:
            return Grade(WRONG, "None of these answers is right in this run.", fact.words)
        if right == answer:
            return Grade(RIGHT, f"Right: “{right}”.", fact.words)
        return Grade(WRONG, f"Not so. You said “{answer}”; computed is “{right}”.", fact.words)

    def _computed(self, now: Snapshot) -> str:
        fact = checked_fact(self._truth(now), self._truth)
        right = self._right(fact)
        computed = "none of these" if right is None else f"“{right}”"
        return f"Computed: {computed}. {fact.words}"

    def _possible(self) -> tuple[str, ...]:
        return tuple(self.answers)

    def _right(self, fact: Fact) -> str | None:
        """The answer that a fact makes right; None if it is none of them."""
        last = list(self.answers.values())[-1]
        for words, wanted in self.answers.items():
            if _fits(fact.value, wanted) or (wanted is last and _is_end(fact.value, wanted)):
                return words
        return None


def _fits(value: Any, wanted: Any) -> bool:
    """Whether a value is the wanted one, or lies in the wanted range."""
    if _is_range(wanted) and isinstance(value, Real):
        return bool(wanted[0] <= value < wanted[1])
    return bool(value == wanted)


def _is_end(value: Any, wanted: Any) -> bool:
    return _is_range(wanted) and isinstance(value, Real) and bool(value == wanted[1])


def _is_range(wanted: Any) -> bool:
    return isinstance(wanted, tuple) and len(wanted) == 2 and all(map(_is_number, wanted))


def _is_number(value: Any) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool) and not isnan(value)


def _checked_answers(answers: Any) -> dict[str, Any]:
    """The answers with what makes each right."""
    if isinstance(answers, Mapping):
        given = list(answers.items())
    elif isinstance(answers, Iterable) and not isinstance(answers, str):
        given = [(each, each) for each in answers]
    else:
        raise ValueError(
            "Choice expects answers as a list of texts, or as a mapping of texts to what makes "
            f"each right, but got {answers!r:.80}."
        )
    wrong = [words for words, _ in given if not isinstance(words, str) or not words.strip()]
    if wrong:
        raise ValueError(f"Choice expects each answer as a text, but one is {wrong[0]!r:.80}.")
    if len(given) < 2:
        raise ValueError(f"Choice expects at least two answers, but got {len(given)}.")
    found = dict(given)
    if len(found) < len(given):
        raise ValueError("Choice expects answers that differ, but one is there twice.")
    return found
