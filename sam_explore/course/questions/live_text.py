"""A view of text that is computed from the session's state, and follows it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Generic

from ipywidgets import VBox, Widget

from sam_explore.plots import style
from sam_explore.tracing import Trace
from sam_explore.widgets import Session
from sam_explore.widgets.canvas.closing import close_all
from sam_explore.widgets.canvas.html import Html, Markup, element
from sam_explore.widgets.canvas.sight import Sight
from sam_explore.widgets.canvas.static_view import Bundle, StaticView
from sam_explore.widgets.exploring.caption import OUTDATED, Caption
from sam_explore.widgets.exploring.probe_runner import AnyAnswer, ProbeRunner
from sam_explore.widgets.session import EXPLORERS, OF_RUN, Snapshot
from sam_explore.widgets.session.rerun import replace_older

from ..facts.fact import Fact

Truth = Callable[[Any], Any]

# What a function of the session may read, besides the run.
_READ = ("token", "truth_level", "threshold", "chosen")
_OBSERVED = [*OF_RUN, "truth"]


@dataclass(frozen=True)
class Asked(Generic[AnyAnswer]):
    """Something to be computed from a state; equal ones have equal answers in the same run.

    Args:
        what: about which answer of the reader, or None.
        state: what else the function may read in the state.
        now: the state, which is let go once it is computed, with its runs.
        compute: computes it.
    """

    what: Any
    state: tuple
    now: list[Snapshot] = field(compare=False, repr=False)
    compute: Callable[[Snapshot], AnyAnswer] = field(compare=False, repr=False)

    def __call__(self, trace: Trace) -> AnyAnswer:
        return self.compute(self.now.pop())

    def coarser(self, trace: Trace) -> tuple:
        """There are no cheaper forms of it."""
        return ()


class LiveText(StaticView, VBox, Generic[AnyAnswer]):
    """A widget with a heading, some inputs, and words that the session's worker computes.

    Args:
        session: whose state it follows.

    Raises:
        TypeError: no session.
    """

    children: Any
    priority = EXPLORERS  # of what is computed
    _open = False  # before and after, so that a widget whose construction failed is closed too

    def __init__(self, session: Any):
        self.session = checked_session(session, type(self).__name__)
        self._reply, self._sight = Caption(), Sight(self._sight_changed)
        self._reply.widget.layout.flex = "none"  # it stands below, as high as its words
        super().__init__()
        self._runner: ProbeRunner[Asked[AnyAnswer], AnyAnswer] = ProbeRunner(
            self.model_id,
            session,
            self._wanted,
            lambda answer: [lambda: self._show(answer)],
            self._dim,
            self._reply,
            lambda: self.priority,
            lambda: self._sight.is_seen,
        )
        self._heading = Html()
        self._heading.layout.width = "100%"
        self.children = [self._heading, *self._inputs(), self._reply.widget, self._sight]
        self.layout.overflow = "visible"
        self.layout.grid_gap = "6px"
        self.layout.padding = "4px 4px 4px 12px"  # room for the margins of what is as wide as it
        self.layout.border_left = f"4px solid {style.MASK}"
        self.add_class("sam-explore-text")
        self._open = True
        self._heading.value = self._titled()
        self._observers = [(self._runner.show_errors(self._follow), [*_OBSERVED, *_READ])]
        for observer, names in self._observers:
            session.observe(observer, names)
        self._follow()
        replace_older(self)

    @property
    def words(self) -> str:
        """What was computed for the latest state, in words; "" before the first."""
        return "" if self._runner.reading is None else self._runner.reading.words

    @property
    def error(self) -> str:
        """What went wrong with the latest state, in words, or ""."""
        return self._runner.error

    @property
    def is_up_to_date(self) -> bool:
        """Whether what is shown is of the latest state."""
        return self._runner.is_up_to_date

    def still(self) -> Bundle:
        """The text alone, for pages without a kernel."""
        return {"text/html": str(self._page()), "text/plain": self._plain()}, {}

    def close(self) -> None:
        """Stop following the session, and remove the view from the page. The session goes on."""
        if not self._open:
            return
        self._open = False
        self._runner.close()
        for observer, names in self._observers:
            self.session.unobserve(observer, names)
        self.session.run_in_turn(self._remove)

    def __enter__(self) -> "LiveText[AnyAnswer]":
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def _inputs(self) -> list[Widget]:
        """Widgets between the heading and the words."""
        return []

    def _titled(self) -> Markup:
        """The heading."""
        raise NotImplementedError

    def _asks(self) -> Any:
        """What is to be computed now; None for nothing yet."""
        raise NotImplementedError

    def _compute(self, now: Snapshot) -> AnyAnswer:
        """Compute the answer in the session's worker."""
        raise NotImplementedError

    def _formatted(self, answer: AnyAnswer) -> Markup:
        """An answer on the page."""
        raise NotImplementedError

    def _page(self) -> Markup:
        """The text for pages without a kernel; it has the page's own colours."""
        raise NotImplementedError

    def _plain(self) -> str:
        """The same without markup."""
        raise NotImplementedError

    def _wanted(self) -> tuple[Asked[AnyAnswer], Trace]:
        now = self.session.now
        state = (*(getattr(now, name) for name in _READ), id(now.truth))
        return Asked(self._asks(), state, [now], self._compute), now.trace

    def _follow(self, change: dict | None = None) -> None:
        if self._open and self._asks() is not None:
            self._runner.ask()

    def _show(self, answer: AnyAnswer) -> None:
        self._reply.words.value = self._formatted(answer)

    def _dim(self, is_outdated: bool) -> None:
        words = self._reply.words
        (words.add_class if is_outdated else words.remove_class)(OUTDATED)

    def _sight_changed(self) -> None:
        if self._open:
            self._runner.sight_changed()

    def _remove(self) -> None:
        self._reply.close()
        parts = self.children
        super().close()
        close_all(*parts, self.layout)


def checked_session(session: Any, name: str) -> Session:
    """The session.

    Raises:
        TypeError: anything else; the message says how it is made.
    """
    if isinstance(session, Session):
        return session
    raise TypeError(
        f"{name} expects a session first, as in session = sx.Session(sx.load(), picture), but got "
        f"a {type(session).__name__}."
    )


def checked_function(function: Any, name: str) -> Truth:
    """A function of the session's state.

    Raises:
        TypeError: anything that can't be called; the message says what it is called with.
    """
    if callable(function):
        return function
    raise TypeError(
        f"{name} expects a function that is called with session.now and computes the answer, such "
        f"as sx.course.facts.variance_within_patches, but got a {type(function).__name__}."
    )


def checked_fact(fact: Any, function: Truth) -> Fact:
    """What such a function returned.

    Raises:
        TypeError: no `Fact`.
    """
    if isinstance(fact, Fact):
        return fact
    raise TypeError(
        f"{called(function)} was expected to return sx.course.Fact(value, words), but returned a "
        f"{type(fact).__name__}."
    )


def called(function: Truth) -> str:
    """A function's name, for messages."""
    return getattr(function, "__name__", type(function).__name__)


def rules() -> Markup:
    """The CSS of these views."""
    answers = (
        ".sam-explore-answers .jupyter-button {height:auto;min-height:28px;line-height:1.4;"
        "padding:4px 10px;white-space:normal;text-align:left;overflow:visible}"
    )
    dimmed = f".{OUTDATED} {{opacity:{style.OUTDATED_OPACITY};transition:opacity .2s .4s}}"
    return element("style", f"{answers} {dimmed}")
