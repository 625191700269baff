"""A question whose answer is a patch of the picture."""

from typing import Any

import numpy as np
from ipywidgets import HBox, Widget
from jaxtyping import UInt8

from sam_explore.plots.drawing import ReadingFigure, draw
from sam_explore.readings import Heatmap, Underlay, over_picture
from sam_explore.tracing import Trace
from sam_explore.widgets.canvas.static_view import Bundle, StaticView
from sam_explore.widgets.canvas.words import value_in_words
from sam_explore.widgets.exploring.map_view import MapView
from sam_explore.widgets.session import EXPLORERS, Snapshot

from .grades import CLOSE, RIGHT, WRONG, Grade
from .live_text import called
from .place_picture import PlacePicture, Token
from .question import Question

_WIDTH = 320
_CLOSE = 0.05  # of all places


class Place(Question):
    """A question whose answer is a patch, picked on the model's input.

        sx.course.Place(
            session,
            "Which patch loses most if only its mean colour is kept?",
            truth=sx.course.facts.loss_of_one_colour,
        )

    Once there is an answer, the map of what was computed is shown next to the picture. The reply
    gives the rank of the picked patch among all; the best twentieth counts as close.

    Args:
        session, question: as in `Question`.
        truth: a function of `session.now` that returns a `Heatmap` by token; NaN is no place.
        largest: whether the largest value is asked for, or the smallest.
        about_token: whether the question is about the picked token of the session, which is then
            outlined in white; the answer has another colour.

    Raises:
        TypeError: no session, no text, or nothing that can be called.
        ValueError: an empty question.
    """

    def __init__(
        self,
        session: Any,
        question: Any,
        truth: Any,
        largest: bool = True,
        about_token: bool = False,
    ):
        self.largest, self.about_token = largest, about_token
        self._found: Heatmap | None = None
        self._colours: tuple[Trace, UInt8[np.ndarray, "height width 3"]] | None = None
        super().__init__(session, question, truth)
        session.submit(f"place {self.model_id}", self._draw, EXPLORERS)

    @property
    def map(self) -> Heatmap | None:
        """What was computed for the latest state, None before there is an answer."""
        return self._found

    def _inputs(self) -> list[Widget]:
        guard = self._runner.show_errors
        self.picture = PlacePicture(_WIDTH, self.answer, guard, self._draw_again)
        self._map = MapView(
            round(1.25 * _WIDTH),
            self.answer,
            lambda: self._answer,
            lambda: self.session.map_opacity,
            guard,
            self._draw_again,
        )
        self._map.widget.layout.display = "none"
        row = HBox([self.picture.widget, self._map.widget])
        row.layout.flex_flow, row.layout.align_items = "row wrap", "flex-start"
        row.layout.grid_gap, row.layout.overflow = "4px 12px", "visible"
        return [row]

    def _follow(self, change: dict | None = None) -> None:
        super()._follow()
        if self._open:
            self.session.submit(f"place {self.model_id}", self._draw, EXPLORERS)

    def _checked(self, answer: Any) -> Token:
        rows, columns = self.session.grid
        try:
            row, column = map(int, answer)
        except (TypeError, ValueError):
            raise ValueError(
                f"The answer is a token as (row, column), not {answer!r:.40}."
            ) from None
        if not (0 <= row < rows and 0 <= column < columns):
            raise ValueError(
                f"The answer is a token from (0, 0) to {(rows - 1, columns - 1)}, not {answer!r}."
            )
        return row, column

    def _graded(self, answer: Token, now: Snapshot) -> Grade:
        found = self._found = self._computed_map(now)
        return graded_place(found, answer, self.largest)

    def _computed(self, now: Snapshot) -> str:
        found = self._found = self._computed_map(now)
        return f"Computed: {_in_words(found, first_place(found, self.largest))}. {found.words}"

    def _show(self, answer: Grade) -> None:
        super()._show(answer)
        if self._found is not None:
            self._map.widget.layout.display = None
            self._map.show(self._found)

    def still(self) -> Bundle:
        """The map of what was computed with the question, or the text alone."""
        plain = self._plain()
        if self._found is None:
            return {"text/plain": plain}, {}
        return StaticView.still(self)

    def _figure(self) -> tuple[ReadingFigure | None, str]:
        figure = None if self._found is None else draw(self._found)
        return figure, " ".join(self._plain().split())

    def _computed_map(self, now: Snapshot) -> Heatmap:
        found = self._truth(now)
        if not isinstance(found, Heatmap) or found.frame != "tokens":
            raise TypeError(
                f"{called(self._truth)} was expected to return a Heatmap with frame='tokens', but "
                f"returned {f'one with {found.frame!r}' if isinstance(found, Heatmap) else ''}"
                f"{'' if isinstance(found, Heatmap) else f'a {type(found).__name__}'}."
            )
        run = now.trace
        below = Underlay(run.small_grey, *run.frame.cells_shown(), True)
        over: Heatmap = over_picture(found, {"tokens": below})
        return over

    def _draw(self) -> None:
        """In the worker: draw the picture that is asked about."""
        run = self.session.unprompted
        if self._colours is None or self._colours[0] is not run:
            self._colours = run, run.input_colours
        colours, grid = self._colours[1], run.frame.grid
        about = self.session.token if self.about_token else None

        def show() -> None:
            if self._open:
                self.picture.show(colours, grid, about, self._answer)

        self.session.run_in_turn(self._runner.show_errors(show))

    def _draw_again(self) -> None:
        self.session.submit(f"place {self.model_id}", self._draw, EXPLORERS)
        self._runner.draw_again()

    def _remove(self) -> None:
        self.picture.close()
        self._map.close()
        super()._remove()


def first_place(found: Heatmap, largest: bool) -> Token:
    """The token with the largest or the smallest value.

    Raises:
        ValueError: a map without any number.
    """
    values = found.values if largest else -found.values
    if not np.isfinite(values).any():
        raise ValueError("The map has no number in this run, so that no place is the first.")
    row, column = np.unravel_index(np.nanargmax(values), values.shape)
    return int(row), int(column)


def graded_place(found: Heatmap, answer: Token, largest: bool) -> Grade:
    """The rank of a place among all, and how far it is from the first."""
    first = first_place(found, largest)
    inside = answer[0] < found.values.shape[0] and answer[1] < found.values.shape[1]
    if not inside or not np.isfinite(found.values[answer]):
        return Grade(WRONG, "Not so: this place has no value in this run.", found.words)
    value, finite = found.values[answer], found.values[np.isfinite(found.values)]
    rank = 1 + int((finite > value).sum() if largest else (finite < value).sum())
    if rank == 1:
        return Grade(RIGHT, f"Right: {_in_words(found, answer)}.", found.words)
    is_close = rank <= 1 + _CLOSE * finite.size
    place = f"Yours is number {rank} of {finite.size}: {_in_words(found, answer)}."
    away = max(abs(answer[0] - first[0]), abs(answer[1] - first[1]))
    other = f"The first is {away} patch{'es' * (away > 1)} away: {_in_words(found, first)}."
    verdict = f"{'Close.' if is_close else 'Not so.'} {place} {other}"
    return Grade(CLOSE if is_close else WRONG, verdict, found.words)


def _in_words(found: Heatmap, token: Token) -> str:
    value = value_in_words(float(found.values[token]), found.scale)
    return f"row {token[0]}, column {token[1]} ({value})"
