"""Explorers on a small network, and on fake probes whose steps the tests hold up."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
import pytest
from ipywidgets import BoundedIntText, Checkbox, Dropdown, FloatSlider, IntSlider, ToggleButtons
from ipywidgets.widgets.widget import _instances
from PIL import Image

import sam_explore as sx
from sam_explore.model import Sam
from sam_explore.plots import raster, style
from sam_explore.probes import PROBES, Probe
from sam_explore.probes.probe import knob, mask_knob, threshold_knob, token_knob
from sam_explore.readings import Curve, Gallery, Heatmap, Panel, Profile, Scale
from sam_explore.tracing import Trace
from sam_explore.tracing import trace as trace_module
from sam_explore.tracing.progress import announce
from sam_explore.widgets import Explorer, PromptCanvas, asking, explore

from .conftest import SMALL
from .screen import front_end_sets, send

WAIT_S = 20


@dataclass(frozen=True)
class Grid(Probe):
    """Row times ten plus column, times a factor. And a second paragraph."""

    factor: int = knob(1, "the factor", low=1, high=5)
    token: tuple[int, int] = token_knob()

    reads_prompts = False

    def read(self, trace: Trace) -> Heatmap:
        rows, columns = np.mgrid[:4, :4]
        return Heatmap(
            (10.0 * rows + columns) * self.factor,
            title="a grid",
            words=f"The factor is {self.factor}.",
            scale=Scale("apple"),
            frame="tokens",
            marks=(self.token,),
        )


@dataclass(frozen=True)
class Everything(Probe):
    """A knob of each kind."""

    kind: str = knob("a", "kind", choices=("a", "b"))
    many: str = knob("1", "many", choices=("1", "2", "3", "4"))
    yes: bool = knob(False, "yes", choices=(False, True))
    size: float = knob(0.0, "size", low=0.0, high=100.0)
    mask: int = mask_knob()
    threshold: float = threshold_knob()
    place: tuple[int, int] = token_knob()

    def read(self, trace: Trace) -> Profile:
        return Profile(
            np.arange(3.0),
            (Curve(np.full(3, float(self.threshold)), "flat"),),
            title="flat",
            words=f"{self.kind} {self.yes} {self.size:g} {self.mask} {self.threshold:g}",
            x_name="x",
            y_name="y",
        )


class Held:
    """Lets a test see when a fake probe takes a step, and keep it there."""

    def __init__(self):
        self.began, self.ended, self.fail_next = [], [], None
        self.reached, self.go_on = threading.Event(), threading.Event()
        self.go_on.set()


HELD = Held()


@dataclass(frozen=True)
class Slow(Probe):
    """Three steps, of which the second can be held up."""

    number: int = knob(0, "number", low=0, high=99)

    def read(self, trace: Trace) -> Heatmap:
        HELD.began.append(self.number)
        if HELD.fail_next is not None:
            failure, HELD.fail_next = HELD.fail_next, None
            raise failure
        announce("step 1 of 3")
        HELD.reached.set()
        assert HELD.go_on.wait(WAIT_S)
        announce("step 2 of 3")
        trace["image_encoder.vit.blocks.1.attention.hook_pattern"]
        announce("step 3 of 3")
        HELD.ended.append(self.number)
        count = len(trace.prompts.points)
        return Heatmap(
            np.full((2, 2), float(count)), title="slow", words=f"{self.number} of {count}."
        )


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> Held:
    fresh = Held()
    monkeypatch.setitem(Slow.read.__globals__, "HELD", fresh)
    return fresh


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every computation counts as a long one."""
    monkeypatch.setattr(asking, "_PATIENCE_S", -1.0)


@pytest.fixture(autouse=True)
def no_hook_is_left(sam: Sam) -> Iterator[None]:
    yield
    assert not [name for name, module in sam.named_modules() if module._forward_hooks]


def map_of(explorer: Explorer, index: int = 0):
    return explorer._view.views[index]


def cell_on(explorer: Explorer, row: int, column: int, index: int = 0) -> tuple[float, float]:
    """The middle of a map's cell in canvas pixels."""
    tile = map_of(explorer)._layout.tiles[index]
    rows, columns = tile.heatmap.values.shape
    x = tile.left + (column + 0.5) * tile.width / columns
    y = tile.top + (row + 0.5) * tile.height / rows
    return 2 * x, 2 * y


def text_of(explorer: Explorer) -> str:
    caption = explorer._caption
    return " ".join(part.value for part in caption.widget.children)


@pytest.mark.parametrize("synchronous", [True, False])
def test_turning_a_knob_draws_the_new_reading(synchronous, image, open_session, screen):
    session = open_session(image, synchronous=synchronous)
    with explore(Grid, session) as explorer:
        session.settle(WAIT_S)
        before = screen.picture(map_of(explorer).canvas[0])
        slider = explorer._controls["factor"].inputs[0]
        assert isinstance(slider, IntSlider)
        assert (slider.min, slider.max, slider.value) == (1, 5, 1)
        front_end_sets(slider, value=3)
        session.settle(WAIT_S)
        assert explorer.probe == Grid(factor=3, token=(2, 2))
        assert explorer.reading.values[3, 3] == 99
        assert explorer.words == "The factor is 3."
        assert "The factor is 3." in text_of(explorer)
        # Its own scale makes the colours the same; only the numbers of the colour bar differ.
        assert np.array_equal(screen.picture(map_of(explorer).canvas[0]), before)
        explorer.set(token=(0, 0))
        assert explorer.code == (
            "sx.draw(sx.probes.Grid(factor=3)(session.trace))"  # (0, 0) is the default
        )
        session.settle(WAIT_S)
        assert explorer.code in text_of(explorer)


def test_the_picture_has_a_colour_for_each_cell(image, open_session, screen):
    with explore(Grid, open_session(image)) as explorer:
        canvas = map_of(explorer).canvas
        shown = screen.picture(canvas[0])
        assert shown.shape == (canvas.height, canvas.width, 4)
        colours = [
            shown[int(y), int(x)] for x, y in [cell_on(explorer, 0, 0), cell_on(explorer, 3, 3)]
        ]
        table = raster.lookup_table(style.SEQUENTIAL)
        assert np.array_equal(colours, table[[0, 254]])
        words = [str(command) for command in screen.drawn(canvas[0])]
        assert any("a grid" in word for word in words)
        assert any("apple" in word for word in words)


def test_a_linked_knob_follows_the_session_and_sets_it(image, open_session, screen):
    session = open_session(image)
    with explore(Grid, session) as one, explore(Grid, session, factor=2) as other:
        row, column = one._controls["token"].inputs
        assert isinstance(row, BoundedIntText)
        session.add_point((50.0, 20.0))
        assert (row.value, column.value) == (1, 3)
        assert one.reading.marks == other.reading.marks == ((1, 3),)
        front_end_sets(row, value=0)
        assert session.token == (0, 3)
        assert other.reading.marks == ((0, 3),)


def test_a_knob_whose_box_is_unticked_keeps_its_own_value(image, open_session, screen):
    session = open_session(image)
    with explore(Grid, session) as explorer:
        box = explorer._controls.follow_box("token")
        assert isinstance(box, Checkbox)
        assert box.value
        assert box.description == "follows session"
        front_end_sets(box, value=False)
        session.token = (3, 0)
        assert explorer.reading.marks == ((2, 2),)
        front_end_sets(explorer._controls["token"].inputs[0], value=1)
        assert session.token == (3, 0)
        assert explorer.reading.marks == ((1, 2),)
        front_end_sets(box, value=True)
        assert explorer.reading.marks == ((3, 0),)


def test_a_linked_knob_that_is_given_does_not_follow(image, open_session, screen):
    session = open_session(image)
    with explore(Grid, session, token=(0, 1)) as explorer:
        assert not explorer._controls.follow_box("token").value
        session.token = (3, 3)
        assert explorer.reading.marks == ((0, 1),)


def test_a_click_on_a_map_picks_the_token(image, open_session, screen):
    session = open_session(image)
    with explore(Grid, session) as explorer:
        send(map_of(explorer).canvas, "mouse_down", *cell_on(explorer, 3, 1))
        assert session.token == (3, 1)
        assert explorer.reading.marks == ((3, 1),)
        send(map_of(explorer).canvas, "mouse_down", 1, 1)  # beside the map
        assert session.token == (3, 1)


def test_the_value_under_the_pointer_is_told_and_follows_the_reading(image, open_session, screen):
    with explore(Grid, open_session(image)) as explorer:
        view = map_of(explorer)
        assert "Point at a cell" in view.value.value
        send(view.canvas, "mouse_move", *cell_on(explorer, 2, 3))
        assert "Token at row 2, column 3: 23 apple" in view.value.value
        explorer.set(factor=2)
        assert "Token at row 2, column 3: 46 apple" in view.value.value
        send(view.canvas, "mouse_out")
        assert "Point at a cell" in view.value.value


def test_controls_suit_the_kinds_of_knobs(image, open_session, screen):
    session = open_session(image)
    with explore(Everything, session) as explorer:
        controls = explorer._controls
        assert isinstance(controls["kind"].inputs[0], ToggleButtons)
        assert isinstance(controls["many"].inputs[0], Dropdown)
        assert isinstance(controls["yes"].inputs[0], Checkbox)
        assert isinstance(controls["size"].inputs[1], FloatSlider)
        front_end_sets(controls["kind"].inputs[0], index=1)
        front_end_sets(controls["yes"].inputs[0], value=True)
        front_end_sets(controls["size"].inputs[1], value=2.5)
        front_end_sets(controls["mask"].inputs[0], index=3)
        assert session.chosen == 2
        session.threshold = 30.0  # beyond the slider's first reach
        assert controls["threshold"].inputs[1].value == 30
        assert explorer.words == "b True 2.5 2 30"
        session.chosen = None
        assert explorer.words == "b True 2.5 -1 30"


def test_a_chart_is_drawn_anew_for_each_state(image, open_session, screen):
    session = open_session(image)
    with explore(Everything, session) as explorer:
        chart = map_of(explorer).widget
        before = bytes(chart.value)
        assert before.startswith(b"\x89PNG")
        session.threshold = 5.0
        assert bytes(chart.value) != before
        assert map_of(explorer).widget is chart


def test_galleries_and_panels_show_each_of_their_parts(sam, image, open_session, screen):
    session = open_session(image)
    session.add_point((10.0, 20.0))
    with explore(sx.probes.RawLogits, session) as explorer:
        assert isinstance(explorer.reading, Gallery)
        send(map_of(explorer).canvas, "mouse_move", *cell_on(explorer, 5, 6, index=2))
        value = session.prediction.logits[2, 5, 6]
        assert f"row 5, column 6: {value:.4g}".replace("-", "−") in map_of(explorer).value.value
    with explore(sx.probes.WindowEffect, session, window=2) as explorer:
        assert isinstance(explorer.reading, Panel)
        assert len(explorer._view.views) == len(explorer.reading.readings) == 3


def test_the_explorer_shares_what_the_prediction_has_computed(
    image, open_session, screen, monkeypatch
):
    steps, compute = [], trace_module.compute

    def note(step, *rest):
        steps.append(step)
        return compute(step, *rest)

    monkeypatch.setattr(trace_module, "compute", note)
    session = open_session(image)
    with (
        explore(sx.probes.BlockNorms, session) as norms,
        explore(sx.probes.RawLogits, session) as logits,
    ):
        session.add_point((10.0, 20.0))
        assert norms.reading is not None
        assert np.array_equal(logits.reading.maps[1].values, session.prediction.logits[1])
        once = ["embed", 0, 1, "project"]
        assert [step for step in steps if step in once] == once
        assert steps.count("decode") == 2  # of no prompt, and of the point


def test_what_prompts_cannot_change_is_not_asked_again(image, open_session, screen):
    session = open_session(image)
    with explore(sx.probes.BlockNorms, session) as explorer:
        before = explorer.reading
        session.add_point((10.0, 20.0))
        assert explorer.reading is before
        session.image = np.zeros((64, 64, 3), np.uint8)
        assert explorer.reading is not before


def test_a_click_is_answered_while_a_slow_explorer_runs(held, image, open_session, screen):
    session = open_session(image, synchronous=False)
    session.settle(WAIT_S)
    held.go_on.clear()
    answered = threading.Event()
    session.observe(lambda change: answered.set(), "prediction")
    with explore(Slow, session) as explorer:
        assert held.reached.wait(WAIT_S)
        session.add_point((10.0, 20.0))
        assert not answered.is_set()  # a step cannot be interrupted
        ended = []
        session.observe(lambda change: ended.append(list(held.ended)), "prediction")
        held.go_on.set()
        assert answered.wait(WAIT_S)
        session.settle(WAIT_S)
        assert ended == [[]]  # the slow probe was still at work when the click was answered
        assert explorer.words == "0 of 1."


def test_a_newer_state_cancels_a_long_computation(
    held, impatient, sam, image, open_session, screen
):
    session = open_session(image, synchronous=False)
    session.settle(WAIT_S)
    held.go_on.clear()
    with explore(Slow, session) as explorer:
        assert held.reached.wait(WAIT_S)
        explorer.set(number=7)
        held.go_on.set()
        session.settle(WAIT_S)
        assert (held.began, held.ended) == ([0, 7], [7])
        assert explorer.words == "7 of 0."
        assert explorer.error == ""
        assert "Computed in" in text_of(explorer)


def test_a_quick_computation_is_shown_though_a_newer_state_waits(
    held, image, open_session, screen, monkeypatch
):
    monkeypatch.setattr(asking, "_PATIENCE_S", 1e9)
    session = open_session(image, synchronous=False)
    session.settle(WAIT_S)
    held.go_on.clear()
    with explore(Slow, session) as explorer:
        assert held.reached.wait(WAIT_S)
        explorer.set(number=7)
        held.go_on.set()
        session.settle(WAIT_S)
        assert held.ended == [0, 7]


def test_another_picture_always_cancels(held, image, open_session, screen):
    session = open_session(image, synchronous=False)
    session.settle(WAIT_S)
    held.go_on.clear()
    with explore(Slow, session):
        assert held.reached.wait(WAIT_S)
        session.image = np.zeros((64, 64, 3), np.uint8)
        held.go_on.set()
        session.settle(WAIT_S)
        assert len(held.began) == len(held.ended) + 1


def test_progress_is_told_while_a_long_computation_runs(
    held, impatient, image, open_session, screen
):
    session = open_session(image)
    said = []
    with explore(Slow, session) as explorer:
        explorer._caption._status.observe(lambda change: said.append(change["new"]), "value")
        explorer.set(number=1)
    assert any("step 2 of 3 …" in words for words in said)
    assert "Computed in" in said[-1]


@pytest.mark.parametrize("synchronous", [True, False])
def test_an_exception_in_a_probe_is_shown_and_the_next_state_works(
    synchronous, held, image, open_session, screen, caplog
):
    session = open_session(image, synchronous=synchronous)
    held.fail_next = RuntimeError("out of memory")
    with explore(Slow, session) as explorer:
        session.settle(WAIT_S)
        assert explorer.error == "RuntimeError: out of memory"
        assert "RuntimeError: out of memory" in text_of(explorer)
        assert "Traceback" in caplog.text
        with pytest.raises(RuntimeError, match="no reading yet: RuntimeError: out of memory"):
            explorer.snapshot("nowhere.png")
        explorer.set(number=1)
        session.settle(WAIT_S)
        assert explorer.error == ""
        assert "out of memory" not in text_of(explorer)
        assert explorer.words == "1 of 0."


def test_a_probe_about_masks_says_that_there_is_no_prompt(image, open_session, screen):
    session = open_session(image)
    with explore(sx.probes.RawLogits, session) as explorer:
        assert "There is no prompt yet" in text_of(explorer)
        session.add_point((10.0, 20.0))
        assert "There is no prompt yet" not in text_of(explorer)


def test_another_model_brings_its_own_bounds(image, open_session, screen):
    session = open_session(image)
    with explore(sx.probes.BlockChannel, session, block=1, channel=31) as explorer:
        session.sam = Sam(replace(SMALL, encoder_depth=1, global_blocks=(0,))).eval()
        assert explorer._controls["block"].inputs[0].max == 0
        assert (explorer.probe.block, explorer.probe.channel) == (0, 31)
        assert explorer.error == ""
        assert explorer.reading is not None


def test_a_snapshot_is_a_picture_of_the_reading(image, open_session, screen, tmp_path):
    with explore(Grid, open_session(image)) as explorer:
        explorer.snapshot(tmp_path / "grid.png")
    picture = np.asarray(Image.open(tmp_path / "grid.png").convert("RGB"))
    lowest = raster.lookup_table(style.SEQUENTIAL)[0, :3]
    assert (picture.reshape(-1, 3) == lowest).all(axis=1).any()


def test_a_page_without_a_kernel_gets_a_picture_and_the_words(image, open_session, screen):
    with explore(Grid, open_session(image)) as explorer:
        bundle = explorer._repr_mimebundle_()
        assert bundle["image/png"].startswith(b"\x89PNG")
        assert bundle["text/plain"] == "The factor is 1."
        assert "application/vnd.jupyter.widget-view+json" in bundle


def test_after_a_reload_the_map_is_drawn_again(image, open_session, screen):
    session = open_session(image, synchronous=False)
    with explore(Grid, session) as explorer:
        session.settle(WAIT_S)
        canvas = map_of(explorer).canvas
        before = screen.picture(canvas[0])
        screen.reload()
        send(canvas, "client_ready")
        session.settle(WAIT_S)
        assert np.array_equal(screen.picture(canvas[0]), before)


@pytest.mark.parametrize(
    "probe", [Grid, Everything, Slow, sx.probes.WindowEffect, sx.probes.BlockNorms]
)
@pytest.mark.parametrize("synchronous", [True, False])
def test_closing_leaves_nothing(synchronous, probe, held, image, open_session, screen):
    session = open_session(image, synchronous=synchronous)
    session.settle(WAIT_S)
    observers = count_observers(session)
    widgets, threads = set(_instances), set(threading.enumerate())
    explorer = explore(probe, session)
    session.settle(WAIT_S)
    explorer.close()
    explorer.close()
    session.settle(WAIT_S)
    assert count_observers(session) == observers
    assert set(_instances) <= widgets
    assert set(threading.enumerate()) <= threads
    session.add_point((10.0, 20.0))
    session.threshold = 1.0
    session.settle(WAIT_S)
    assert session.error == ""


def test_closing_ends_a_long_computation(held, image, open_session, screen):
    session = open_session(image, synchronous=False)
    session.settle(WAIT_S)
    held.go_on.clear()
    explorer = explore(Slow, session)
    assert held.reached.wait(WAIT_S)
    explorer.close()
    held.go_on.set()
    session.settle(WAIT_S)
    assert held.ended == []
    assert explorer.reading is None


def test_an_explorer_goes_on_beside_a_prompt_canvas(image, open_session, screen):
    session = open_session(image, synchronous=False)
    with PromptCanvas(session), explore(sx.probes.RawLogits, session) as explorer:
        for x in range(20):
            session.add_point((float(x), 1.0))
        session.settle(WAIT_S)
        shown = explorer.reading.maps[0].values
        assert np.array_equal(shown, session.prediction.logits[0])


@pytest.mark.parametrize(
    ("make", "kind", "words"),
    [
        (lambda s: explore(Grid(), s), TypeError, "expects the class, sx.probes.Grid"),
        (lambda s: explore("Grid", s), TypeError, "such as sx.probes.BlockNorms"),
        (lambda s: explore(Grid, s, faktor=2), ValueError, "no knob 'faktor'.*mean factor"),
        (lambda s: explore(Grid, s, factor=6), ValueError, "must lie from 1 to 5"),
        (lambda s: explore(Grid, s, token=(4, 0)), ValueError, "must lie from 0 to 3"),
    ],
)
def test_what_cannot_be_explored_is_refused_in_words(
    make: Callable, kind, words, image, open_session
):
    session = open_session(image)
    observers = count_observers(session)
    with pytest.raises(kind, match=words):
        make(session)
    assert count_observers(session) == observers


def test_a_bad_value_from_python_changes_nothing(image, open_session, screen):
    with explore(Grid, open_session(image)) as explorer:
        with pytest.raises(ValueError, match="must lie from 1 to 5"):
            explorer.set(token=(0, 0), factor=9)
        assert explorer.probe == Grid(token=(2, 2))


@pytest.mark.parametrize("probe", PROBES, ids=lambda probe: probe.__name__)
def test_every_probe_can_be_explored_and_reacts_to_each_knob(probe, image, open_session, screen):
    session = open_session(image)
    session.add_point((10.0, 20.0))
    small = {"window": 2} if "window" in probe.knobs() else {}  # so that it can also be cropped
    with explore(probe, session, **small) as explorer:
        assert explorer.error == ""
        for name, each in probe.knobs().items():
            before, value = explorer.reading, getattr(explorer.probe, name)
            low, high = each.bounds(SMALL)
            choices = each.choices or (
                ((0, 1), (1, 0)) if isinstance(value, tuple) else (low, high)
            )
            explorer.set(**{name: next(choice for choice in choices if choice != value)})
            assert explorer.error == ""
            assert explorer.reading is not before
            explorer.set(**{name: value})


def count_observers(session) -> int:
    return sum(
        len(callbacks)
        for kinds in session._trait_notifiers.values()
        for callbacks in kinds.values()
    )
