"""The live map of the network: follows the session, and unfolds where it is clicked on."""

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from ipywidgets import VBox

from sam_explore.model import Sam, Step
from sam_explore.plots.drawing import ReadingFigure
from sam_explore.probes import Probe
from sam_explore.readings import Gallery
from sam_explore.tracing import Trace
from sam_explore.widgets import Explorer, Session
from sam_explore.widgets.canvas.closing import close_all
from sam_explore.widgets.canvas.sight import Sight
from sam_explore.widgets.canvas.static_view import StaticView
from sam_explore.widgets.exploring.caption import OUTDATED, Caption, header
from sam_explore.widgets.exploring.probe_runner import ProbeRunner
from sam_explore.widgets.session import DRAWINGS, EXPLORERS, OF_RUN
from sam_explore.widgets.session.rerun import replace_older

from .exhibit_panel import ExhibitPanel
from .map_canvas import MapCanvas
from .map_layout import MapLayout, lay_out_map
from .part_names import part_named
from .parts import Network, Part
from .run_tensors import RunTensors, TensorsOfRun
from .still_map import still_map
from .tensor_maps import TensorMap

_WIDTH, _LEAST = 990, 480
_TITLE = "What does the network hold in this run?"
_ABOUT = (
    "Each box is a component with its tensor in this run. + unfolds to its parts, − folds it again."
)
_NOTHING_YET = "The map had not been computed when the page was saved."


def network_map(
    session: Session, *, unfold: Iterable[str] = (), width: int = _WIDTH
) -> "NetworkMap":
    """A live map of the whole network, from the picture to the masks.

        sx.course.network_map(session)

    Each box is a component, with the shape of its tensor in the session's run and a picture of it.
    After a click on a `PromptCanvas`, the boxes whose tensors are other than before are outlined,
    and numbered in the order of their steps: those of the mask decoder. The image encoder's stay,
    which is why a click is quick. Point at a box, or go to it with the arrow keys, to see what its
    tensor is computed from, and what is computed from it. A click, or Enter, unfolds it in place to
    its parts, and lists the exhibits that read it.

    The map is derived from the network's own declarations and from a run of it, so a network of
    other sizes draws itself.

    Args:
        session: the session whose run it shows.
        unfold: names of parts that are unfolded, such as "stage 1" or a module's path.
        width: of the map in CSS pixels.

    Raises:
        ValueError: the name of a part that this network does not have, or too small a width.
    """
    return NetworkMap(session, unfold=unfold, width=width)


class NetworkMap(StaticView, VBox):
    """A widget that shows the map of a network; `network_map` returns it."""

    children: Any
    _open = False  # before and after, so that a widget whose construction failed is closed too

    def __init__(self, session: Session, *, unfold: Iterable[str] = (), width: int = _WIDTH):
        if width < _LEAST:
            raise ValueError(f"width must be at least {_LEAST} CSS pixels, not {width}.")
        self.session = session
        self._network = Network(session.sam)
        self._unfolded = set(self._network.opened)
        for name in [unfold] if isinstance(unfold, str) else unfold:
            self._open_around(part_named(self._network, name))
        self._kept: dict[tuple, TensorMap] = {}
        self._caption = Caption()
        self._sight = Sight(self._sight_changed)
        super().__init__()
        self._runner: ProbeRunner[TensorsOfRun, RunTensors] = ProbeRunner(
            self.model_id,
            session,
            self._wanted,
            self._show_run,
            self._dim,
            self._caption,
            lambda: EXPLORERS,
            lambda: self._sight.is_seen,
        )
        guard = self._runner.show_errors
        self._canvas = MapCanvas(width, self.pick, guard, self._draw_again)
        self._panel = ExhibitPanel(session, guard)
        self._run: RunTensors | None = None
        self._laid_out: tuple[tuple[Network, frozenset[str]], MapLayout] | None = None
        heading = header(_TITLE, "", _ABOUT)
        parts = [heading, self._canvas.widget, self._caption.widget, self._panel.widget]
        self.children = [*parts, self._sight]
        self.layout.overflow = "visible"
        self.layout.grid_gap = "6px"
        self.add_class("sam-explore-map-of-network")
        self._open = True
        self._follow()
        session.run_in_turn(guard(self._draw))
        replace_older(self)

    @property
    def network(self) -> Network:
        """The network as components within components."""
        return self._network

    @property
    def unfolded(self) -> frozenset[str]:
        """Names of the parts that are unfolded."""
        return frozenset(self._unfolded)

    @property
    def reading(self) -> Gallery | None:
        """The tensors that are shown, each as a map or a table with its unit; None before any."""
        return None if self._run is None else self._run.gallery(self._network)

    @property
    def changed(self) -> tuple[str, ...]:
        """The steps whose results are other than in the run before, in the order of a run."""
        return () if self._run is None else tuple(map(str, self._run.changed))

    @property
    def words(self) -> str:
        """Which steps those are, in a sentence; "" before the first run."""
        return "" if self._run is None else self._run.words

    @property
    def error(self) -> str:
        """What went wrong with the latest state, in words, or ""."""
        return self._runner.error

    @property
    def is_up_to_date(self) -> bool:
        """Whether what is shown is of the latest state."""
        return self._runner.is_up_to_date

    @property
    def exhibit(self) -> Explorer | None:
        """The exhibit that is open below the map, or None."""
        return self._panel.opened

    def pick(self, part: Part) -> None:
        """Do what a click on a part does: unfold it, or fold it, and list its exhibits."""
        if part.parts:
            self._unfolded ^= {part.name}
            self._draw()
            self._canvas.show_changed(self._numbers())
            self._runner.ask(quietly=True)
        self._panel.show(self._network, part)

    def unfold(self, name: str) -> None:
        """Unfold a part, and what is around it.

        Args:
            name: a title such as "stage 1" or "layer 0", or the path of a module.

        Raises:
            ValueError: a name that this network does not have; it lists the close ones.
        """
        self.show_only([*self._unfolded, part_named(self._network, name).name])

    def show_only(self, names: Iterable[str]) -> None:
        """Unfold these parts with what is around them, and no others. Errors as in `unfold`."""
        parts = [part_named(self._network, name) for name in names]
        self._unfolded = set()
        for part in parts:
            self._open_around(part)
        self.session.run_in_turn(self._runner.show_errors(self._draw))
        self._runner.ask(quietly=True)

    def point_at(self, name: str | None) -> None:
        """Show a part as if the pointer were on it, or none. Errors as in `unfold`."""
        part = None if name is None else part_named(self._network, name)
        guard = self._runner.show_errors
        self.session.run_in_turn(guard(lambda: self._canvas.point_at(part)))

    def open_exhibit(self, probe: type[Probe], **knobs: Any) -> Explorer:
        """Open an exhibit below the map, in place of the earlier one."""
        return self._panel.open(probe, **knobs)

    def close(self) -> None:
        """Stop following the session, and remove the map from the page. The session goes on."""
        if not self._open:
            return
        self._open = False
        self._runner.close()
        for observer, names in self._observers:
            self.session.unobserve(observer, names)
        self.session.run_in_turn(self._remove)

    def __enter__(self) -> "NetworkMap":
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def _remove(self) -> None:
        self._panel.close()
        self._canvas.close()
        self._caption.close()
        parts = self.children
        super().close()
        close_all(*parts, self.layout)

    def _open_around(self, part: Part) -> None:
        """Unfold a part and all parts around it."""
        around = self._network.around(part)
        self._unfolded |= {each.name for each in (*around, part) if each.parts}

    def _follow(self) -> None:
        guard = self._runner.show_errors
        asked = [name for name in OF_RUN if name != "sam"]
        self._observers: list[tuple[Callable[..., None], list[str]]] = [
            (guard(self._take_model), ["sam"]),
            (guard(self._ask), [*asked, "token", "chosen"]),
        ]
        for observer, names in self._observers:
            self.session.observe(observer, names)
        self._ask()

    def _ask(self, change: dict | None = None) -> None:
        if self._open:
            self._runner.ask()

    def _take_model(self, change: dict) -> None:
        """Draw another model's network."""
        self._take_network(change["new"])
        self._draw()
        self._ask()

    def _take_network(self, sam: Sam) -> None:
        """Use a model's network; what it has by the same name stays unfolded."""
        if self._network.sam is sam:
            return
        self._network, self._run, self._kept = Network(sam), None, {}
        self._unfolded = (self._unfolded & self._network.parts.keys()) | self._network.opened

    def _wanted(self) -> tuple[TensorsOfRun, Trace]:
        now = self.session.now
        self._take_network(now.sam)  # in case that this is asked before observers are
        names = tuple(dict.fromkeys(box.part.hook for box in self._layout().shown))
        question = TensorsOfRun(names, now.token, now.chosen, self._network, self._kept, self._run)
        return question, now.trace

    def _layout(self) -> MapLayout:
        """The map as it is unfolded now; the same one until something is unfolded or folded."""
        mark = self._network, frozenset(self._unfolded)
        if self._laid_out is None or self._laid_out[0] != mark:
            self._laid_out = mark, lay_out_map(*mark, self._canvas.room)
        return self._laid_out[1]

    def _show_run(self, run: RunTensors) -> list[Callable[[], None]]:
        """The callbacks that draw a run: its tensors, then one step after another."""
        numbers = {step: index + 1 for index, step in enumerate(run.changed)}
        steps = () if run.is_first else run.changed
        lit = [
            partial(self._canvas.show_changed, {each: numbers[each] for each in steps[: index + 1]})
            for index in range(len(steps))
        ]
        return [partial(self._take_run, run), *lit]

    def _take_run(self, run: RunTensors) -> None:
        self._run = run
        self._draw()

    def _draw(self) -> None:
        if self._open:
            self._canvas.show(self._network, self._layout(), self._run)

    def _draw_again(self) -> None:
        """Draw everything again in the worker, as after a reload of the page."""

        def draw() -> None:
            if self._open:
                self._canvas.draw_again()
                self._canvas.show_changed(self._numbers())

        task = self._runner.show_errors(draw)
        self.session.submit(f"redraw {self.model_id}", task, DRAWINGS)

    def _dim(self, is_outdated: bool) -> None:
        for widget in (self._canvas.widget, self._caption.words):
            (widget.add_class if is_outdated else widget.remove_class)(OUTDATED)

    def _sight_changed(self) -> None:
        if self._open:
            self._runner.sight_changed()

    def _numbers(self) -> dict[Step, int]:
        if self._run is None or self._run.is_first:
            return {}
        return {step: index + 1 for index, step in enumerate(self._run.changed)}

    def _figure(self) -> tuple[ReadingFigure | None, str]:
        if self.error or self._run is None:
            return None, self.error or _NOTHING_YET
        figure = still_map(self._network, self._layout(), self._run, self._numbers())
        return figure, self._run.words
