"""What an explorer shows of a reading, and what Python gets of it."""

from collections.abc import Callable

import numpy as np
import pytest
from ipywidgets import IntSlider
from PIL import Image

import sam_explore as sx
from sam_explore.geometry import Prompts
from sam_explore.plots import raster, style
from sam_explore.probes import PROBES, Probe
from sam_explore.readings import Gallery, Panel, Reading
from sam_explore.tracing import RunDescription, Trace
from sam_explore.widgets import explore
from sam_explore.widgets.exploring.map_view import MAPS, NOTES

from ...probes.reading_arrays import all_words, arrays
from ...probes.small_scenes import small_scenes as small_scenes
from ...probes.small_scenes import with_few_scenes
from ..fake_probes import WAIT_S, Everything, Grid, cell_on, map_of, text_of
from ..screen import front_end_sets, send
from ..view import observers_of

pytestmark = pytest.mark.usefixtures("no_hook_is_left")


@pytest.mark.parametrize("synchronous", [True, False])
def test_turning_a_knob_draws_the_new_reading(synchronous, image, open_session, screen):
    session = open_session(image, synchronous=synchronous)
    with explore(Grid, session) as explorer:
        session.settle(WAIT_S)
        before = screen.picture(map_of(explorer).canvas[MAPS])
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
        assert np.array_equal(screen.picture(map_of(explorer).canvas[MAPS]), before)
        explorer.set(token=(0, 0))
        assert explorer.code == (
            "sx.draw(sx.probes.Grid(factor=3)(session.trace))"  # (0, 0) is the default
        )
        session.settle(WAIT_S)
        assert explorer.code in text_of(explorer)


def test_the_picture_has_a_colour_for_each_cell(image, open_session, screen):
    with explore(Grid, open_session(image)) as explorer:
        canvas = map_of(explorer).canvas
        shown = screen.picture(canvas[MAPS])
        # A pixel of the picture is one of CSS, two of the canvas.
        assert shown.shape == (canvas.height // 2, canvas.width // 2, 4)
        places = cell_on(explorer, 0, 0), cell_on(explorer, 3, 3)
        colours = [shown[int(y) // 2, int(x) // 2] for x, y in places]
        table = raster.lookup_table(style.SEQUENTIAL)
        assert np.array_equal(colours, table[[0, 254]])
        words = [str(command) for command in screen.drawn(canvas[NOTES])]
        assert any("a grid" in word for word in words)
        assert any("apple" in word for word in words)


def test_a_chart_is_drawn_again_for_each_state(image, open_session, screen):
    session = open_session(image)
    with explore(Everything, session) as explorer:
        chart = map_of(explorer)
        before = screen.drawn(chart.canvas[0])
        assert before
        session.threshold = 5.0
        assert screen.drawn(chart.canvas[0]) != before
        assert map_of(explorer) is chart


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


def test_the_explorer_shares_what_the_prediction_has_computed(steps, image, open_session, screen):
    session = open_session(image)
    with (
        explore(sx.probes.BlockNorms, session) as norms,
        explore(sx.probes.RawLogits, session) as logits,
    ):
        session.add_point((10.0, 20.0))
        assert norms.reading is not None
        assert np.array_equal(logits.reading.maps[1].values, session.prediction.logits[1])
        once = ["embed", "block 0", "block 1", "project"]
        assert [step for step in steps if step in once] == once
        assert steps.count("decode") == 2  # of no prompt, and of the point


def test_what_prompts_cannot_change_is_not_asked_again(image, open_session, screen):
    session = open_session(image)
    with explore(sx.probes.BlockNorms, session) as explorer:
        before = explorer.reading
        session.add_point((10.0, 20.0))
        assert explorer.reading is before
        session.image = np.zeros((64, 64, 3), np.uint8)
        assert_same(explorer.reading, explorer.probe(Trace(session.sam, session.image)))


def test_a_probe_about_masks_says_that_there_is_no_prompt(image, open_session, screen):
    session = open_session(image)
    with explore(sx.probes.RawLogits, session) as explorer:
        assert "There is no prompt yet" in text_of(explorer)
        session.add_point((10.0, 20.0))
        assert "There is no prompt yet" not in text_of(explorer)


def test_a_probe_that_takes_a_click_of_its_own_says_only_that(image, open_session, screen):
    with explore(sx.probes.ClickGradient, open_session(image)) as explorer:
        assert "There is no click; one in the middle of the picture is taken" in explorer.words
        assert "answers to none" not in text_of(explorer)


def test_a_snapshot_is_a_picture_of_the_reading(image, open_session, screen, tmp_path):
    with explore(Grid, open_session(image)) as explorer:
        explorer.session.map_opacity = 1.0
        explorer.snapshot(tmp_path / "grid.png")
    picture = np.asarray(Image.open(tmp_path / "grid.png").convert("RGB"))
    lowest = raster.lookup_table(style.SEQUENTIAL)[0, :3]
    assert (picture.reshape(-1, 3) == lowest).all(axis=1).any()


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
    observers = observers_of(session)
    with pytest.raises(kind, match=words):
        make(session)
    assert observers_of(session) == observers


def test_a_bad_value_from_python_changes_nothing(image, open_session, screen):
    with explore(Grid, open_session(image)) as explorer:
        with pytest.raises(ValueError, match="must lie from 1 to 5"):
            explorer.set(token=(0, 0), factor=9)
        assert explorer.probe == Grid(token=(2, 2))


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> dict[Probe, tuple[RunDescription, Reading]]:
    """Which probes were asked, about which run, and what they last answered."""
    answers, call = {}, Probe.__call__

    def note(probe: Probe, trace: Trace) -> Reading:
        reading = call(probe, trace)
        answers[probe] = (trace.description, reading)
        return reading

    monkeypatch.setattr(Probe, "__call__", note)
    return answers


@pytest.mark.usefixtures("small_scenes")
@pytest.mark.parametrize("probe", PROBES, ids=lambda probe: probe.__name__)
def test_every_probe_can_be_explored_and_reacts_to_each_knob(
    probe, image, open_session, screen, asked
):
    session = open_session(image)
    session.add_point((10.0, 20.0))
    few = with_few_scenes(probe)
    small = {"scenes": few.scenes} if "scenes" in probe.knobs() else {}
    if "window" in probe.knobs():
        small["window"] = 2  # so that it can also be cropped
    with explore(probe, session, **small) as explorer:
        assert explorer.error == ""
        for name, each in probe.knobs().items():
            if name == "scenes" and each.choices:
                continue  # many times as many scenes
            value = getattr(explorer.probe, name)
            low, high = each.bounds(session.trace)
            choices = each.choices or (
                ((0, 1), (1, 0)) if isinstance(value, tuple) else (low, high)
            )
            other = next(choice for choice in choices if choice != value)
            explorer.set(**{name: other})
            assert explorer.error == ""
            assert getattr(explorer.probe, name) == other
            run, reading = asked[explorer.probe]  # a probe answers the same when asked again
            prompts = session.prompts if probe.reads_prompts else Prompts()
            assert run == session.trace.with_prompts(prompts).description
            assert explorer.reading is reading


def assert_same(one: Reading, other: Reading) -> None:
    """Two readings hold the same words and the same numbers."""
    assert all_words(one) == all_words(other)
    for first, second in zip(arrays(one), arrays(other), strict=True):
        assert np.array_equal(first, second, equal_nan=True)
