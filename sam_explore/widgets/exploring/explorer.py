"""The live view of a probe: its controls, its picture, and its words."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from ipywidgets import HBox, VBox

from ...origins import Operation
from ...plots.drawing import draw
from ...probes import Probe
from ...readings import Cell, Reading, picture_wanted
from ...tracing import Trace
from ..canvas.closing import close_all
from ..canvas.sight import Sight
from ..session import ENCODER_RUNS, EXPLORERS, OF_RUN, PREVIEWS, SWEEPS, Session, Snapshot
from ..session.rerun import replace_older
from .against import Against, Comparison
from .caption import OUTDATED, Caption, header
from .knob_controls import KnobControls
from .knob_values import KnobValues
from .map_view import MapView
from .origin_asking import OriginAsking
from .picture_below import PictureBelow
from .probe_runner import ProbeRunner
from .profile_view import ProfileView
from .reading_view import ReadingView
from .same_scale import SameScale
from .static_reading import StaticReading
from .table_view import TableView

# As wide as an output on a page of 700 pixels, and on one of 1100 with the caption next to it.
_PICTURE_CSS = 570


def explore(
    probe: Any,
    session: Session,
    *,
    against: Any = None,
    same_scale_as: "Explorer | None" = None,
    **knobs: Any,
) -> "Explorer":
    """A live view of a probe: controls for its knobs, the picture of its reading, and words.

        sx.explore(sx.probes.BlockNorms, session)

    It follows the session: a click, another threshold, another picture. Knobs that are linked to
    the session show its value and change it for all views, until their box "follows session" is
    unticked. While a preview on a picture shows what a click at the pointer would do, a view in
    sight that takes less than a tenth of a second follows it, and goes back when it leaves. If its
    cell is run again, the new view replaces the old one, which is closed.

    With `against` it shows two runs, the session's (A) and another one (B), with the same knobs,
    and their difference B − A, like `sam_explore.readings.compare`. A click updates all three.

        sx.explore(sx.probes.RawLogits, session, against={"windows": [4] * 8})

    Args:
        probe: a class of `sam_explore.probes`.
        session: the session whose run the probe reads.
        against: the second run: a dict of the session's traits that differ in it (sam, image,
            preprocessing, windows, edits, prompts); or another session, which is followed too; or a
            trace, which stays the same.
        same_scale_as: another view; from now on equal values get equal colours in the maps of both.
        knobs: initial values; a linked knob that is given here does not follow the session.

    Raises:
        TypeError: something other than a class of probes, a view to share a scale with, or a run to
            compare with.
        ValueError: an unknown knob, a value out of its bounds, or an impossible second run.
    """
    return Explorer(probe, session, against=against, same_scale_as=same_scale_as, **knobs)


class Explorer(StaticReading, VBox):
    """A widget that shows a probe's reading of the session's trace; `explore` returns it."""

    children: Any
    _open = False  # before and after, so that a widget whose construction failed is closed too

    def __init__(
        self,
        probe: Any,
        session: Session,
        *,
        against: Any = None,
        same_scale_as: "Explorer | None" = None,
        **knobs: Any,
    ):
        self._class, self.session = _checked_class(probe), session
        self._compared = checked_view(same_scale_as)
        self._against = None if against is None else Against(against, session.now)
        self._knobs = KnobValues(probe, session, knobs)
        self._caption = Caption()
        self._view = ReadingView(_PICTURE_CSS, self._make_map, self._make_profile, self._make_table)
        self._sight = Sight(self._sight_changed)
        super().__init__()
        runs_encoder = probe.runs_encoder or against is not None
        after_others = ENCODER_RUNS if runs_encoder else EXPLORERS
        self._priority = SWEEPS if probe.is_sweep else after_others
        self._is_at_pointer = False
        self._runner: ProbeRunner[Probe | Comparison, Reading] = ProbeRunner(
            self.model_id,
            session,
            self._wanted,
            self._show_reading,
            self._dim,
            self._caption,
            lambda: PREVIEWS if self._is_at_pointer else self._priority,
            lambda: self._sight.is_seen,
        )
        self._below = PictureBelow(session, self._runner.show_errors, self._fade)
        self._origins = OriginAsking(
            f"origin {self.model_id}",
            session,
            self._runner.show_errors,
            lambda: self._runner.answered,
            self._view,
        )
        self._scales = SameScale() if same_scale_as is None else same_scale_as.scales
        self._scales.join(self.model_id, self._runner.draw_again)
        self._controls = self._make_controls()
        self._lay_out()
        self._open = True
        self._follow()
        replace_older(self)

    @property
    def reading(self) -> Reading | None:
        """The latest reading, None before the first.

        While the view is out of sight it may be of an earlier state; `session.settle()` updates it.
        """
        return self._runner.reading

    @property
    def seconds(self) -> float:
        """The time that the latest reading took to compute."""
        return self._runner.seconds

    @property
    def error(self) -> str:
        """What went wrong with the latest state, in words, or ""."""
        return self._runner.error

    @property
    def is_up_to_date(self) -> bool:
        """Whether what is shown is of the latest state."""
        return self._runner.is_up_to_date

    @property
    def probe(self) -> Probe:
        """The probe with the current values of the controls."""
        return self._knobs.probe

    @property
    def code(self) -> str:
        """Python code that draws the same picture, without controls."""
        opacity = "" if self.map_opacity is None else f", map_opacity={self.map_opacity:g}"
        filled = self._knobs.code_of_filled
        if self._against is not None:
            now = self.session.now
            of_other = self._against.code_of_probe(self._knobs.filled, now)
            return (
                "from sam_explore.readings import compare\n"
                "from sam_explore.tracing import names_of_two\n\n"
                f"{filled}{self._against.code(now)}\n"
                f"probe, names = {self.probe.code}, names_of_two(session.trace, other)\n"
                f"{of_other}sx.draw(compare(probe(session.trace), "
                f"{'of_other' if of_other else 'probe'}(other), names){opacity})"
            )
        if self._compared is None or self._compared.session is not self.session:
            return f"{filled}sx.draw({self.probe.code}(session.trace){opacity})"
        return (
            f"{filled}other = {self._compared.probe.code}(session.trace)\n"
            f"reading = {self.probe.code}(session.trace)\n"
            f"sx.draw(reading, same_scale_as=other{opacity})"
        )

    @property
    def map_opacity(self) -> float | None:
        """The `map_opacity` for `sam_explore.draw`; None for the reading's default."""
        return self._below.asked

    @property
    def opacity(self) -> float:
        """The opacity of the maps, 1 where they are not drawn over their picture."""
        return self._below.opacity

    @property
    def width_css(self) -> int:
        """The width of one picture alone, in CSS pixels."""
        return _PICTURE_CSS

    @property
    def scales(self) -> SameScale:
        """The views that share a scale with this one."""
        return self._scales

    @property
    def drawn(self) -> Reading | None:
        """The latest reading on the scale that it is drawn on, None before the first."""
        return None if self.reading is None else self._scales.on_them(self.reading)

    @property
    def words(self) -> str:
        """What the latest reading shows, in one or two sentences; "" before the first."""
        return self.reading.words if self.reading else ""

    def set(self, **knobs: Any) -> None:
        """Set knobs from Python, like the controls.

        Raises:
            ValueError: an unknown knob, or a value out of its bounds; nothing changes.
        """
        self._knobs.check(knobs)
        for name, value in knobs.items():
            self._turn(name, value)

    def ask(self, cell: Cell) -> None:
        """Ask where the number in a cell of the reading comes from, like a click on it.

            explorer.ask(Cell(row=3, column=5))

        The panel below the picture shows the answer soon, and `origin` has it.

        Args:
            cell: a `sam_explore.readings.Cell`.
        """
        self._origins.ask(cell)

    @property
    def origin(self) -> Operation | None:
        """Where the number comes from that was asked for; None before, or without an answer."""
        return self._origins.operation

    def snapshot(self, path: str | Path) -> None:
        """Save the latest reading as a PNG file, drawn like `sam_explore.draw`.

        Raises:
            RuntimeError: there is no reading yet, or one of an earlier state.
        """
        if self.reading is None:
            why = f": {self.error}" if self.error else "; session.settle() waits for it."
            raise RuntimeError(f"There is nothing to save, since there is no reading yet{why}")
        if self._runner.waits_for_sight:
            raise RuntimeError(
                "The view is out of sight, and its reading is of an earlier state, or coarse; "
                "session.settle() brings it up to date."
            )
        if self.error:
            raise RuntimeError(
                f"The reading is of an earlier state. The latest failed: {self.error}"
            )
        if not self.is_up_to_date:
            raise RuntimeError(
                "The reading is of an earlier state, or coarse; session.settle() waits for the "
                "latest."
            )
        draw(self.drawn, map_opacity=self.map_opacity).savefig(path, format="png", dpi=200)

    def close(self) -> None:
        """Stop following the session, and remove the view from the page. The session goes on."""
        if not self._open:
            return
        self._open = False
        self._runner.close()
        self._scales.leave(self.model_id)
        for source, observer, names in self._observers:
            source.unobserve(observer, names)
        self.session.run_in_turn(self._remove)

    def __enter__(self) -> "Explorer":
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def _remove(self) -> None:
        for part in (self._controls, self._below, self._view, self._origins, self._caption):
            part.close()
        parts = self.children
        super().close()
        close_all(*parts, self.layout)

    def _follow(self) -> None:
        of_prompts = () if self._class.reads_prompts else ("prompts", "feeds_back")
        asked = [name for name in OF_RUN if name not in of_prompts]
        moving = [*self._knobs.traits, *self._knobs.filling]
        ask, session = self._runner.show_errors(self._ask), self.session
        self._observers = [
            (session, self._runner.show_errors(self._rebuild_controls), ["sam", "preprocessing"]),
            (session, self._runner.show_errors(self._fit_to_prompts), ["prompts"]),
            (session, self._runner.show_errors(self._knobs_moved), moving),
            (session, ask, asked),
            (session, self._runner.show_errors(self._outline_picked), ["token"]),
            (session, self._runner.show_errors(self._pointer_moved), ["pointed"]),
        ]
        if self._against is not None and self._against.session is not None:
            self._observers.append((self._against.session, ask, [*asked, *self._knobs.filling]))
        for source, observer, names in self._observers:
            if names:  # with no names, `observe` would mean all
                source.observe(observer, names)
        self._ask()

    def _follows_pointer(self, now: Snapshot) -> bool:
        """Whether it shows what an action at the pointer would do: only what is quick does."""
        is_about_it = self._class.reads_prompts or "token" in self._knobs.traits
        can = is_about_it and self._against is None and now.encoded is not None
        return can and now.pointed is not None and self._runner.is_quick and self._sight.is_seen

    def _pointer_moved(self, change: dict) -> None:
        was, self._is_at_pointer = self._is_at_pointer, self._follows_pointer(self.session.now)
        if was or self._is_at_pointer:
            self._runner.ask(quietly=True)

    def _turn(self, name: str, value: Any) -> None:
        self._knobs.turn(name, value)
        self.session.run_in_turn(self._knobs_moved)

    def _set_following(self, name: str, follows: bool) -> None:
        self._knobs.follow(name, follows)
        self._knobs_moved()

    def _knobs_moved(self, change: dict | None = None) -> None:
        self._controls.show(self._knobs.now, self._knobs.idle)
        if self._token_knob():
            self._outline_picked()
        self._ask()

    def _make_controls(self) -> KnobControls:
        self._limits = self._knobs.limits
        return KnobControls(
            self._knobs, self._knobs.run, self._turn, self._set_following, self._runner.show_errors
        )

    def _rebuild_controls(self, change: dict) -> None:
        """Make new controls, since another model, input size or prompts can have other bounds."""
        if self._open:
            self._knobs.fit()
            old, self._controls = self._controls, self._make_controls()
            self._controls.more.value = old.more.value
            self.children = [self.children[0], self._controls.widget, *self.children[2:]]
            old.close()

    def _fit_to_prompts(self, change: dict) -> None:
        if self._limits != self._knobs.limits:
            self._rebuild_controls(change)

    def _make_map(self, width: int) -> MapView:
        runner = self._runner
        pick = runner.show_errors(self._pick)
        return MapView(
            width, pick, self._picked, self._opacity, runner.show_errors, runner.draw_again
        )

    def _make_profile(self, width: int) -> ProfileView:
        return ProfileView(width, self._runner.show_errors, self._runner.draw_again)

    def _make_table(self, width: int) -> TableView:
        return TableView(width, self._runner.show_errors, self._runner.draw_again)

    def _opacity(self) -> float:
        return self._below.opacity

    def _show_reading(self, reading: Reading) -> list[Callable[[], None]]:
        """The callbacks that draw a reading, part by part."""
        drawn = self._scales.scaled(self.model_id, reading)
        return [
            partial(self._below.follow, picture_wanted(reading)),
            *self._view.show(drawn),
            partial(self._scales.redraw_others, self.model_id),
            self._origins.again,
        ]

    def _fade(self) -> None:
        """Draw the maps again with the current opacity."""
        if self._open:
            self._view.fade()
            self._caption.show_code(self.code)

    def _pick(self, token: tuple[int, int]) -> None:
        """A token was clicked on: set the knob for it, or else the session's token."""
        rows, columns = self.session.grid
        if token[0] >= rows or token[1] >= columns:
            return  # padding
        knob = self._token_knob()
        if knob:
            self._turn(knob, token)
        else:
            self.session.token = token

    def _picked(self) -> tuple[int, int]:
        """The picked token: that of the view's knob, or else the session's."""
        knob = self._token_knob()
        return self._knobs.now[knob] if knob else self.session.token

    def _token_knob(self) -> str | None:
        linked = self._knobs.linked.items()
        return next((name for name, link in linked if link.trait == "token"), None)

    def _outline_picked(self, change: dict | None = None) -> None:
        """Outline the picked token in the maps that are shown."""
        if self._open:
            self._view.outline_picked()

    def _ask(self, change: dict | None = None) -> None:
        self._caption.show_code(self.code)
        about_masks = {"chosen", "threshold"} & set(self._knobs.traits)
        is_unasked = self.session.prompts.is_empty and not self._class.makes_a_click
        self._runner.hint = _UNASKED if about_masks and is_unasked else ""
        self._runner.ask()

    def _wanted(self) -> tuple[Probe | Comparison, Trace]:
        """The computation: a probe, or a comparison, and the trace to run it on."""
        now, is_prompted = self.session.now, self._class.reads_prompts
        unprompted = now.source.run  # the same one wherever the pointer is
        now = now.as_pointed if self._follows_pointer(now) else now
        run = now.trace if is_prompted else unprompted
        probe = self._knobs.probe_for(now, run)
        if self._against is None:
            return probe, run
        of_other = self._knobs.refilled(probe, self._against.state(now))
        return self._against.comparison(probe, of_other, now, is_prompted), run

    def _sight_changed(self) -> None:
        if self._open:
            self._runner.sight_changed()

    def _dim(self, is_outdated: bool) -> None:
        """Dim an outdated drawing, so that it is not mistaken for the current one."""
        for widget in (self._view.widget, self._caption.words):
            (widget.add_class if is_outdated else widget.remove_class)(OUTDATED)

    def _lay_out(self) -> None:
        answer = HBox([self._view.widget, self._caption.widget])
        answer.layout.flex_flow = "row wrap"
        answer.layout.grid_gap = "16px"
        answer.layout.align_items = "flex-start"
        answer.layout.overflow = "visible"
        about = " ".join((self._class.__doc__ or "").split("\n\n")[0].split())
        controls = [self._controls.widget, self._below.widget]
        parts = [header(self._class.title, self._class.__name__, about), *controls, answer]
        self.children = [*parts, self._origins.panel.widget, self._sight]
        self.add_class("sam-explore-explorer")
        self.layout.overflow = "visible"
        self.layout.grid_gap = "6px"


def checked_view(other: Any) -> "Explorer | None":
    """The view that shares its scale, or None.

    Raises:
        TypeError: anything else.
    """
    if other is None or isinstance(other, Explorer):
        return other
    raise TypeError(
        "same_scale_as expects another view, such as first = sx.explore(sx.probes.RawLogits, "
        f"session), not a {type(other).__name__}."
    )


def _checked_class(probe: Any) -> type[Probe]:
    if isinstance(probe, type) and issubclass(probe, Probe):
        return probe
    if isinstance(probe, Probe):
        name = type(probe).__name__
        raise TypeError(
            f"explore expects the class, sx.probes.{name}, and its knobs as arguments: "
            f"explore(sx.probes.{name}, session, ...). This is one with fixed knobs."
        )
    raise TypeError(
        f"explore expects a class of sx.probes, such as sx.probes.BlockNorms, not {probe!r}."
    )


_UNASKED = "There is no prompt yet: this is what the model answers to none."
