"""Asks where the number comes from that is clicked on, in the session's worker."""

from collections.abc import Callable
from functools import partial
from math import isnan

from ...origins import Operand, Operation
from ...probes import Probe
from ...readings import Cell, Reading, value_at
from ...tracing import Cancelled, Trace
from ..session import EXPLORERS, Session, in_words
from .against import Comparison
from .origin_panel import Guard, OriginPanel
from .reading_view import ReadingView

Way = tuple[tuple[str, str], ...]  # the identities of operands
Answered = tuple[Probe | Comparison, Trace, Reading]


class OriginAsking:
    """Connects the panel with the pictures that are clicked on.

    What is asked is kept as a cell and the operands asked after it, one of the other. Each change
    of either, and each new reading, asks for all of it again, so that none gets lost or is answered
    about an earlier run.

    Args:
        name: of its jobs; a newer one replaces a waiting one.
        session: whose worker reads the numbers.
        guard: wraps callbacks of the page, so that no exception gets lost.
        answered: returns the probe, the run and the reading that are shown; None before the first.
        view: the pictures.

    Attributes:
        panel: shows the answers.
    """

    def __init__(
        self,
        name: str,
        session: Session,
        guard: Guard,
        answered: Callable[[], Answered | None],
        view: ReadingView,
    ):
        self._name, self._session, self._answered, self._view = name, session, answered, view
        self._cell: Cell | None = None
        self._way: Way = ()
        self.panel = OriginPanel(guard, self._go_on, self._go_back, self._toggled)

    @property
    def operation(self) -> Operation | None:
        """What the panel shows; None if nothing was asked."""
        return self.panel.trail[-1] if self.panel.trail else None

    def ask(self, cell: Cell) -> None:
        """Ask where the number in a cell comes from, and show the answer soon."""
        self._cell, self._way = cell, ()
        self.panel.button.value = True
        self.again()

    def again(self) -> None:
        """Ask the same again, of the reading that is there now."""
        if self._cell is not None and self.panel.is_open:
            answer = partial(self._answer, self._cell, self._way)
            self._session.submit(self._name, answer, EXPLORERS)

    def close(self) -> None:
        """Remove the panel."""
        self._cell = None
        self.panel.close()

    def _toggled(self) -> None:
        if not self.panel.is_open:
            self._cell = None
        self._view.ask_at_clicks(self.ask if self.panel.is_open else None)

    def _go_on(self, operand: Operand, steps: int) -> None:
        self._way = (*self._way[:steps], operand.identity)
        self.again()

    def _go_back(self, steps: int) -> None:
        self._way = self._way[:steps]
        self.again()  # instead of what may be asked just now

    def _answer(self, cell: Cell, way: Way) -> None:
        """In the worker: ask, and have the answers shown, if they are still asked for then."""
        show: Callable[[], None]
        try:
            self._session.renew()
            show = partial(self.panel.show, self._walk(cell, way))
        except Cancelled:
            return
        except Exception as error:
            show = partial(self.panel.show_error, in_words(error))
        self._session.run_in_turn(lambda: show() if self._cell is not None else None)

    def _walk(self, cell: Cell, way: Way) -> tuple[Operation, ...]:
        """The answers along the way, as far as its operands are there in this run."""
        found = [self._first(cell)]
        for asked in way:
            there = (each for each in found[-1].operands if each.can_be_asked)
            same = next((each for each in there if each.identity == asked), None)
            if same is None:
                break
            found.append(same.explain())
        return tuple(found)

    def _first(self, cell: Cell) -> Operation:
        """In the worker: how the number in a cell comes about."""
        answered = self._answered()
        if answered is None:
            raise ValueError("There is no reading yet, or it is being computed again.")
        probe, trace, reading = answered
        try:
            value = value_at(reading, cell)
        except IndexError:
            raise ValueError("This reading has no such place; click on another.") from None
        if isnan(value):
            raise ValueError("There is no number here: the place is empty in this reading.")
        return probe.explain(trace, cell, reading)
