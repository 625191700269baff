"""The base of all questions: the reader answers, and the answer is graded in the current run."""

from collections.abc import Callable
from typing import Any

from sam_explore.plots import style
from sam_explore.widgets.canvas.html import Markup, element, together
from sam_explore.widgets.canvas.paragraphs import paragraph
from sam_explore.widgets.session import Snapshot

from .grades import Grade
from .live_text import LiveText, called, checked_function, rules

_ABOUT = "Answer before you look. Your answer is compared with what is computed from this run."
_NOT_YET = "The answer is computed when a reader gives theirs."
# What an answer was about, in the words of a note that it is another one now.
_ABOUT_WHAT = {
    "sam": "the model",
    "image": "the picture",
    "prompts": "the prompt",
    "token": "the picked token",
    "windows": "the windows",
    "edits": "what is changed inside the run",
    "preprocessing": "the preprocessing",
}


class Question(LiveText[Grade]):
    """A question about the session's run. Subclasses say how it is answered and graded.

    Args:
        session: the session that it is about.
        question: the question, in a sentence or two.
        truth: a function that is called with `session.now` when there is an answer, and again when
            the state changes.

    Raises:
        TypeError: no session, no text, or nothing that can be called.
        ValueError: an empty question.
    """

    def __init__(self, session: Any, question: Any, truth: Any):
        name = type(self).__name__
        if not isinstance(question, str):
            kind = type(question).__name__
            raise TypeError(f"{name} expects the question as text, but got a {kind}.")
        if not question.strip():
            raise ValueError(f"{name} expects a question, but its text is empty.")
        self.question, self._truth = question, checked_function(truth, name)
        self._answer: Any = None
        self._answers = 0  # how many were given
        self._answered_in: dict[str, Any] = {}  # what `_ABOUT_WHAT` names, and no run
        self._first_reason = ""  # what was computed when the reader answered
        self._on_answer: list[Callable[[], None]] = []
        super().__init__(session)

    @property
    def given(self) -> Any:
        """The reader's answer, None before there is one."""
        return self._answer

    @property
    def grade(self) -> Grade | None:
        """What became of the answer in the latest run, None before there is one."""
        return self._runner.reading

    def answer(self, answer: Any) -> None:
        """Answer from Python, as the page does it.

        Raises:
            ValueError: no possible answer; nothing changes.
        """
        self._answer = self._checked(answer)
        now, self._first_reason = self.session.now, ""
        self._answered_in = {name: getattr(now, name) for name in _ABOUT_WHAT}
        self._answers += 1
        self.session.run_in_turn(self._runner.show_errors(self._take_answer))

    def on_answer(self, callback: Callable[[], None]) -> None:
        """Call this in turn when there is an answer; at once if there is one."""
        self._on_answer.append(callback)
        if self._answer is not None:
            callback()

    def _checked(self, answer: Any) -> Any:
        """A possible answer.

        Raises:
            ValueError: any other; the message says what was expected.
        """
        raise NotImplementedError

    def _graded(self, answer: Any, now: Snapshot) -> Grade:
        """The grade of an answer in a state."""
        raise NotImplementedError

    def _computed(self, now: Snapshot) -> str:
        """What is right in a state, in words, without any answer."""
        raise NotImplementedError

    def _possible(self) -> tuple[str, ...]:
        """The possible answers, for pages without a kernel."""
        return ()

    def _take_answer(self) -> None:
        """Show that there is an answer, and have it graded."""
        self._follow()
        for callback in self._on_answer:
            callback()

    def _asks(self) -> Any:
        return None if self._answer is None else (self._answer, self._answers)

    def _compute(self, now: Snapshot) -> Grade:
        grade = self._graded(self._answer, now)
        self._first_reason = self._first_reason or grade.reason
        reason = f"{grade.reason} {self._since(now, grade)}".strip()
        return Grade(grade.result, grade.verdict, reason)

    def _since(self, now: Snapshot, grade: Grade) -> str:
        """A note if something else is computed than when the reader answered; else ""."""
        if grade.reason == self._first_reason:
            return ""
        other = [
            _ABOUT_WHAT[name]
            for name, then in self._answered_in.items()
            if then is not getattr(now, name) and not _equal(then, getattr(now, name))
        ]
        if not other:
            return ""
        verb = "has" if len(other) == 1 else "have"
        names = " and ".join([", ".join(other[:-1]), other[-1]]) if len(other) > 1 else other[0]
        return f"Graded again: {names} {verb} changed since you answered."

    def _titled(self) -> Markup:
        look = "font-size:15px;line-height:1.5"
        asked = element("div", element("b", "Predict: "), self.question, style=look)
        return together(rules(), paragraph(asked), paragraph(_ABOUT, colour=style.FAINT_TEXT))

    def _formatted(self, answer: Grade) -> Markup:
        verdict = paragraph(element("b", answer.signed))
        return element("div", verdict, paragraph(answer.reason), role="status")

    def _page(self) -> Markup:
        choices = [element("li", each) for each in self._possible()]
        listed = (element("ul", *choices),) if choices else ()
        asked = element("p", element("b", "Predict: "), self.question)
        reply = element("details", element("summary", "What was computed"), self._reply_alone())
        return element("div", asked, *listed, reply)

    def _plain(self) -> str:
        choices = "".join(f"\n- {each}" for each in self._possible())
        return f"Predict: {self.question}{choices}\n{self._reply_alone()}"

    def _reply_alone(self) -> str:
        """The reply, or what is right where a document is built, or that neither is there."""
        if self._answer is not None:
            return self.error or self.words
        return self._computed(self.session.now) if self.session.synchronous else _NOT_YET

    def __repr__(self) -> str:
        given = "no answer yet" if self._answer is None else f"answered {self._answer!r}"
        return f"{type(self).__name__}({called(self._truth)}, {given})"


def _equal(one: Any, other: Any) -> bool:
    """Whether two values are equal; arrays and the like count by identity."""
    try:
        return bool(one == other)
    except ValueError:
        return False
