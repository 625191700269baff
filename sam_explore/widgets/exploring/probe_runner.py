"""Runs a probe in the session's worker for each new state, without delaying prompts."""

import logging
import weakref
from collections import deque
from collections.abc import Callable, Iterable
from functools import partial, wraps
from math import inf
from time import perf_counter, thread_time
from typing import Any, Generic, Protocol, TypeVar, runtime_checkable

from ...tracing import Cancelled, Trace, between_steps
from ..session import DRAWINGS, UNSEEN, Session, in_words
from .caption import Caption, duration

_LOG = logging.getLogger(__name__)
_PATIENCE_S = 0.3  # a longer computation shows its progress, and can be cancelled

QUICK_S = 0.1  # a view that took longer three times in a row does not follow the pointer
COARSE = "A coarse answer; a finer one follows …"
OUT_OF_SIGHT = "Not up to date: this view waits until it is in sight …"


@runtime_checkable
class Answer(Protocol):
    """What a question returns, such as a reading."""

    @property
    def words(self) -> str:
        """What it shows, in a sentence or two."""


AnswerOf = TypeVar("AnswerOf", bound=Answer, covariant=True)


@runtime_checkable
class Question(Protocol[AnswerOf]):
    """A question about a run, such as a probe. Equal questions have equal answers."""

    def __call__(self, trace: Trace) -> AnswerOf:
        """Answer it."""

    def coarser(self, trace: Trace) -> tuple[Any, ...]:
        """Cheaper forms of it, as `Probe.coarser`."""


AnyAnswer = TypeVar("AnyAnswer", bound=Answer)
AnyQuestion = TypeVar("AnyQuestion", bound=Question[Any])


class ProbeRunner(Generic[AnyQuestion, AnyAnswer]):
    """Keeps a reading, its picture and its caption up to date with the session.

    Args:
        name: of its jobs; a newer job replaces a waiting one of the same name.
        session: whose worker computes and draws.
        wanted: returns the computation: a probe, and the trace to run it on.
        show: returns the callbacks that draw a reading, part by part.
        dim: called with whether the drawing is outdated.
        caption: shows words, progress and errors.
        priority: returns the priority of its jobs; between two steps, jobs of higher priority run.
        is_seen: whether the view is visible. Out of sight, the first reading is computed after
            everything else, as coarse as it can be; a finer or a newer one when the view comes into
            sight or `settle` is called.

    Attributes:
        reading: the latest one, None before the first.
        seconds: the time that it took to compute.
        error: what went wrong with the latest state, in words, or "".
        hint: another message for the user, or "".
        open: False after `close`.

    Readings are computed in the worker, and only the worker decides which state is the latest.
    Widgets are changed in turn (`Session.run_in_turn`), so no lock is needed.
    """

    def __init__(
        self,
        name: str,
        session: Session,
        wanted: Callable[[], tuple[AnyQuestion, Trace]],
        show: Callable[[AnyAnswer], Iterable[Callable[[], None]]],
        dim: Callable[[bool], None],
        caption: Caption,
        priority: Callable[[], int],
        is_seen: Callable[[], bool] = lambda: True,
    ):
        self._name, self._session, self._priority = name, session, priority
        self._wanted, self._draw, self._dim, self._caption = wanted, show, dim, caption
        self._is_seen, self._is_out_of_sight = is_seen, False
        self._waits = self._is_answering = False
        # It does not keep runs alive.
        self._answered: tuple[AnyQuestion, weakref.ref[Trace]] | None = None
        self.reading: AnyAnswer | None = None
        self.seconds, self.error, self.hint = 0.0, "", ""
        self._times: deque[float] = deque(maxlen=3)
        self.open, self._is_coarse = True, False

    @property
    def is_quick(self) -> bool:
        """Whether it can follow the pointer: quick once in three times, or not tried so often.

        The first reading of a process takes longer than others, and tells little. What counts is
        the time of the processor, since a page that is drawn next to it would count otherwise.
        """
        least = min(self._times, default=inf)
        return least <= (QUICK_S if len(self._times) == self._times.maxlen else _PATIENCE_S)

    @property
    def answered(self) -> tuple[AnyQuestion, Trace, AnyAnswer] | None:
        """The probe, the run and the reading that are shown; None if the run is no longer there."""
        probe, trace = self._answered or (None, lambda: None)
        run = trace()
        if probe is None or run is None or self.reading is None:
            return None
        return probe, run, self.reading

    def ask(self, quietly: bool = False) -> None:
        """Compute again soon, if the state has changed.

        Args:
            quietly: show no sign of it before the new reading.
        """
        self._waits = True
        if not quietly:
            self._while_open(self._show_waiting)
        self._session.submit(f"explore {self._name}", self._answer, self._rank)

    @property
    def is_up_to_date(self) -> bool:
        """Whether nothing is left to be computed or shown. It takes no lock and calls nothing."""
        return not (self._waits or self._is_answering)

    @property
    def waits_for_sight(self) -> bool:
        """Whether the reading is outdated, and stays so while the view is out of sight."""
        return self._waits and self._rank() is None

    def sight_changed(self) -> None:
        """To be called when the view has come into sight, or gone out of sight."""
        if self._waits:
            self._while_open(self._show_waiting)
        self._session.reconsider()

    def draw_again(self) -> None:
        """Draw the latest reading again soon, as after a reload of the page."""
        self._session.submit(f"redraw {self._name}", self._draw_latest, DRAWINGS)

    def show_errors(self, callback: Callable[..., None]) -> Callable[..., None]:
        """`callback`, run in turn; its exceptions are logged and shown in the caption."""

        def tried(*args: object) -> None:
            try:
                callback(*args)
            except Exception as error:
                self._fail(error)

        @wraps(callback)
        def guarded(*args: object) -> None:
            self._session.run_in_turn(partial(tried, *args))

        return guarded

    def close(self) -> None:
        """Stop drawing; a running computation ends at its next step."""
        self.open = False
        self._session.reconsider()  # a job that waits for visibility now runs, and ends at once

    def _answer(self) -> None:
        """In the worker: update reading and picture to the latest state."""
        if not self.open or self._session.stopped:  # `ask` is called again after the encode
            return
        self._is_answering = True
        self._waits = False
        try:
            self._answer_latest()
        finally:
            self._is_answering = False

    def _answer_latest(self) -> None:
        start, started = perf_counter(), thread_time()
        try:
            self._session.renew()
            probe, trace = wanted = self._wanted()
            if self._is_answered(wanted):
                self.error = ""
                self._show_status()
                return
            for stage in self._stages(probe, trace):
                with between_steps(self._between(wanted, start)):
                    reading = stage(trace)
                if stage is probe:
                    self.seconds = perf_counter() - start
                    self._times.append(thread_time() - started)
                self._is_coarse = stage is not probe
                self._show(reading, (stage, trace))
                if self._is_coarse and self._rank() is None:
                    self.ask(quietly=True)  # it is refined in sight
                    return
        except Cancelled:
            return
        except Exception as error:
            self._fail(error)
        finally:
            self._is_coarse = False
            self._session.at_length.discard(self._name)

    def _stages(self, probe: AnyQuestion, trace: Trace) -> tuple[AnyQuestion, ...]:
        """What is answered one after another: coarser questions first, but for those that are
        answered by now, and unless the full answer was quick the last time."""
        if 0 < self.seconds < _PATIENCE_S:
            return (probe,)
        stages: tuple[AnyQuestion, ...] = (*probe.coarser(trace), probe)
        shown = [number for number, each in enumerate(stages) if self._is_answered((each, trace))]
        return stages[shown[-1] + 1 :] if shown else stages

    def _rank(self) -> int | None:
        """The priority of a new reading; None while the view is out of sight."""
        if not self.open or self._is_seen():
            return self._priority()
        return UNSEEN if self.reading is None else None

    def _give_way(self) -> None:
        rank = self._rank()
        self._session.give_way(UNSEEN if rank is None else rank)

    def _is_answered(self, wanted: tuple[AnyQuestion, Trace]) -> bool:
        probe, trace = self._answered or (None, lambda: None)
        return probe == wanted[0] and trace() is wanted[1]

    def _between(self, wanted: tuple[AnyQuestion, Trace], start: float) -> Callable[[str], None]:
        """The callback before each step of the computation of `wanted`."""

        def step(what: str) -> None:
            self._give_way()
            is_long = perf_counter() - start > _PATIENCE_S
            other_picture = wanted[1].image is not self._session.image
            # A newer job is queued for the changed state. A quick result is shown nevertheless:
            # otherwise nothing would be shown while a slider moves.
            if not self.open or other_picture or (is_long and wanted != self._wanted()):
                raise Cancelled
            if is_long:
                self._session.at_length.add(self._name)
            if is_long or self.seconds > _PATIENCE_S:  # as it did the last time
                self._show_progress(what)

        return step

    def _show(self, reading: AnyAnswer, answered: tuple[AnyQuestion, Trace]) -> None:
        """Draw part by part; jobs of higher priority run between two parts.

        Nothing is drawn for a picture that was replaced, or after a part has failed.
        """
        probe, trace = answered
        mark, image = (probe, weakref.ref(trace)), trace.image
        self.reading, self._answered, self.error = reading, mark, ""

        def draw_part(draw: Callable[[], None]) -> None:
            if image is self._session.image and self._answered is mark:
                draw()

        say: Callable[[], None] = partial(self._caption.show_words, reading.words)
        for draw in (say, *self._draw(reading), self._show_status):
            self._give_way()
            self._while_open(partial(draw_part, draw))

    def _draw_latest(self) -> None:
        for draw in self._draw(self.reading) if self.reading is not None else ():
            self._while_open(draw)

    def _while_open(self, draw: Callable[[], None]) -> None:
        """Draw in turn, unless the view has been closed meanwhile; failures are shown."""
        self.show_errors(lambda: draw() if self.open else None)()

    def _show_waiting(self) -> None:
        self._dim(True)
        was_out_of_sight, self._is_out_of_sight = self._is_out_of_sight, self.waits_for_sight
        if self._session.encoded is None:
            self._caption.show_status("Waits for the picture to be encoded …")
        elif self._is_out_of_sight:
            self._caption.show_status(OUT_OF_SIGHT)
        elif self.reading is None or was_out_of_sight or self._session.at_length - {self._name}:
            self._caption.show_status("Waits for its turn …")

    def _fail(self, error: Exception) -> None:
        _LOG.error("A live view failed: %s", error, exc_info=error)
        self._answered, self.error = None, in_words(error)
        self._show_status()

    def _show_progress(self, what: str) -> None:
        def show() -> None:
            self._dim(not self._is_coarse)  # which is an answer to the latest state
            self._caption.show_status(f"{what} …")

        self._while_open(show)

    def _show_status(self) -> None:
        is_coarse = self._is_coarse

        def show() -> None:
            self._dim(bool(self.error))
            if self.error:
                self._caption.show_error(self.error)
            elif is_coarse:
                self._caption.show_status(COARSE)
            else:
                done = f"Computed in {duration(self.seconds)}."
                self._caption.show_status(f"{self.hint} {done}".strip())

        self._while_open(show)
