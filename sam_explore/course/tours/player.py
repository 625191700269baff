"""The live view of a tour: its sentence, buttons back and forth, and what a step shows."""

from typing import Any

from ipywidgets import Box, Button, HBox, VBox

from sam_explore.plots import style
from sam_explore.scenes import example
from sam_explore.widgets import Explorer, Session, explore
from sam_explore.widgets.canvas.closing import close_all
from sam_explore.widgets.canvas.html import Html, element, together
from sam_explore.widgets.canvas.paragraphs import paragraph
from sam_explore.widgets.canvas.static_view import Bundle, StaticView
from sam_explore.widgets.session import Snapshot
from sam_explore.widgets.session.rerun import replace_older

from ..network.live_map import NetworkMap
from .checks import check_tour
from .fields import PROBE_OF
from .states import TourState, is_of, let_go, states_of
from .tour_steps import Tour
from .yaml_tours import tour_of

_LET_GO = "The tour has ended. Your own picture and prompts are back; everything can be clicked on."
_STAYS = "The tour has ended. What you have opened meanwhile stays; everything can be clicked on."


def tour(which: Tour | Any, session: Session) -> "TourPlayer":
    """Go through a tour, step by step, with the session's views.

        sx.course.tour("whole model", session)

    Each step sets prompts, knobs and the view, and says a sentence. "Back" and "Next" go back and
    forth; in between everything can be clicked on. "Let go" ends the tour at any step: picture,
    prompts and settings are the reader's own again, as they were before, except for what the reader
    has set since the last step, which stays.

    Args:
        which: a `Tour`, the name of one that ships, or a YAML file; see docs/tours.md.
        session: whose prompts it sets.

    Raises:
        TypeError: something else.
        ValueError: an unknown name; a file that is no tour, with its line; or a step that this
            model can't show.
        OSError: there is no such file.
    """
    return TourPlayer(tour_of(which), session)


class TourPlayer(StaticView, VBox):
    """A widget that shows a tour; `tour` returns it."""

    children: Any
    _open = False  # before and after, so that a widget whose construction failed is closed too

    def __init__(self, tour: Tour, session: Session):
        self.tour, self.session = tour, session
        self._picture = None if tour.picture is None else example(tour.picture)
        self._check(session.now)
        self._step: int | None = None
        self._ended = _LET_GO
        # Those that steps are worked out for.
        self._toured, self._states_of = session.image, session.sam
        self._words = Html()
        self._words.layout.width = "100%"
        self._place = Box([])
        self._place.layout.overflow = "visible"
        super().__init__()
        self.map = NetworkMap(session) if tour.has_map else None
        self.exhibit: Explorer | None = None
        self._shown: tuple[str, Any] | None = None
        self._make_buttons()
        shown = [self._title(), self._words, self._buttons, self._place]
        self.children = [*shown, *([self.map] if self.map is not None else [])]
        self.layout.overflow = "visible"
        self.layout.grid_gap = "6px"
        self.add_class("sam-explore-tour")
        self._open = True
        self.go_to(0)
        replace_older(self)

    @property
    def step(self) -> int | None:
        """The number of the step that is shown, from 0; None after the tour was let go."""
        return self._step

    @property
    def words(self) -> str:
        """The sentence of the step."""
        return self._ended if self._step is None else self.tour.steps[self._step].say

    def go_to(self, step: int) -> None:
        """Show a step.

        Raises:
            ValueError: a number that the tour does not have, or a step that the session's model or
                picture can't have by now; nothing changes.
        """
        if not 0 <= step < len(self.tour.steps):
            raise ValueError(
                f"step must be from 0 to {len(self.tour.steps) - 1} in this tour, not {step}."
            )
        self._take_picture()
        state = self._states[step]
        self.session.change(state.in_session)
        self._step = step
        self._show(state)

    def let_go(self) -> None:
        """End the tour: the reader's own state goes on; see `tour`."""
        if self._step is None:
            return
        last, self._step = self._states[self._step], None
        pictures = (self._start.image, self._toured)
        self._ended = _LET_GO if is_of(self.session.now, self._start, pictures) else _STAYS
        self.session.change(let_go(self._start, last, pictures))
        self._show_exhibit(None)
        if self.map is not None:
            self.map.point_at(None)
        self._show_words()

    def still(self) -> Bundle:
        """The map of the step with its sentence; without a map, all sentences."""
        if self.map is None or not self.map.words:
            return {"text/plain": "\n".join(step.say for step in self.tour.steps)}, {}
        data, about = self.map.still()
        words = f"{self.words} {data['text/plain']}"
        return {**data, "text/plain": words}, about

    def close(self) -> None:
        """Let go, and remove the tour from the page. The session goes on."""
        if not self._open:
            return
        self.let_go()
        self._open = False
        if self.map is not None:
            self.map.close()
        self.session.run_in_turn(self._remove)

    def __enter__(self) -> "TourPlayer":
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def _remove(self) -> None:
        parts = self.children
        super().close()
        close_all(*parts, self.layout)

    def _make_buttons(self) -> None:
        self.back, self.forth = Button(description="◀ Back"), Button(description="Next ▶")
        self.end = Button(description="Let go", tooltip="End the tour with your own prompts")
        self._count = Html()
        self._buttons = HBox([self.back, self.forth, self._count, self.end])
        self._buttons.layout.align_items, self._buttons.layout.grid_gap = "center", "8px"
        action = self.session.action
        self.back.on_click(action(lambda _: self._turn(-1)))
        self.forth.on_click(action(lambda _: self._turn(1)))
        self.end.on_click(action(lambda _: self.let_go()))

    def _turn(self, by: int) -> None:
        """Go to the next step or to the one before; begin again after the end."""
        if self._step is None:
            self.go_to(0)
        elif 0 <= self._step + by < len(self.tour.steps):
            self.go_to(self._step + by)
        elif by > 0:
            self.let_go()

    def _check(self, now: Snapshot) -> None:
        """Refuse a state in which a step can't be shown, before anything is changed."""
        start = now if self._picture is None else now.with_trait("image", self._picture)
        check_tour(self.tour, start.source.run.with_prompts(start.prompts))
        states_of(self.tour, start)

    def _take_picture(self) -> None:
        """Show the tour's picture, and work out its steps there.

        A picture that the reader has opened since the last step is theirs to come back to.
        """
        session = self.session
        is_other = self._step is None or session.image is not self._toured
        if is_other or session.sam is not self._states_of:
            self._check(session.now)
        if is_other:
            self._start = session.now
            if self._picture is not None:
                session.image = self._picture
            self._toured, self._states = session.image, states_of(self.tour, session.now)
        elif session.sam is not self._states_of:
            self._states = states_of(self.tour, session.now)
        self._states_of = session.sam

    def _show(self, state: TourState) -> None:
        self._show_exhibit(state.exhibit)
        if self.map is not None:
            self.map.show_only(self.map.network.opened if state.unfold is None else state.unfold)
            self.map.point_at(state.point_at)
        self._show_words()

    def _show_exhibit(self, wanted: tuple[str, Any] | None) -> None:
        """Open a step's exhibit, unless it is open with these knobs already."""
        if wanted == self._shown:
            return
        self._place.children = []
        if self.exhibit is not None:
            self.exhibit.close()
        self.exhibit, self._shown = None, None
        if wanted is not None:
            name, knobs = wanted
            self.exhibit = explore(PROBE_OF[name], self.session, **dict(knobs))
            self._place.children = [self.exhibit]
        self._shown = wanted

    def _show_words(self) -> None:
        count = len(self.tour.steps)
        look = "min-height:3em;font-size:15px;line-height:1.5"
        self._words.value = element("div", self.words, role="status", style=look)
        number = "" if self._step is None else f"{self._step + 1} of {count}"
        self._count.value = paragraph(number, colour=style.FAINT_TEXT)
        self.back.disabled = self._step in (None, 0)
        self.end.disabled = self._step is None
        self.forth.description = "Begin again" if self._step is None else "Next ▶"

    def _title(self) -> Html:
        words = element("b", self.tour.title, style="font-size:15px")
        about = paragraph(self.tour.about, colour=style.FAINT_TEXT)
        return Html(together(paragraph(words), about))
