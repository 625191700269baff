"""Long computations, exceptions, other models, reloads and the end of an explorer."""

import threading
from dataclasses import replace

import numpy as np
import pytest
import torch
from ipywidgets.widgets.widget import _instances

import sam_explore as sx
from sam_explore.model import Sam
from sam_explore.widgets import Explorer, PromptCanvas, explore
from sam_explore.widgets.exploring import probe_runner
from sam_explore.widgets.exploring.caption import OUTDATED
from sam_explore.widgets.exploring.map_view import MAPS

from ..conftest import FOUR_BY_FOUR
from ..fake_probes import WAIT_S, Everything, Grid, Slow, map_of, text_of
from ..screen import send
from ..view import observers_of

pytestmark = pytest.mark.usefixtures("no_hook_is_left")


def is_dimmed(explorer: Explorer) -> bool:
    picture, words = (
        OUTDATED in widget._dom_classes
        for widget in (explorer._view.widget, explorer._caption.words)
    )
    assert picture == words
    return picture


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
    monkeypatch.setattr(probe_runner, "_PATIENCE_S", 1e9)
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
        explorer._caption._status.observe(
            lambda change: said.append((change["new"], is_dimmed(explorer))), "value"
        )
        explorer.set(number=1)
        assert any("step 2 of 3 …" in words and dimmed for words, dimmed in said)
        assert "Computed in" in said[-1][0]
        assert not is_dimmed(explorer)


def test_a_view_that_waits_for_a_long_computation_of_another_says_so(
    held, impatient, image, open_session, screen
):
    session = open_session(image, synchronous=False)
    with explore(Grid, session) as grid:
        session.settle(WAIT_S)
        assert not is_dimmed(grid)
        held.go_on.clear()
        with explore(Slow, session):
            assert held.reached.wait(WAIT_S)
            grid.set(factor=2)
            assert "Waits for its turn …" in text_of(grid)
            assert is_dimmed(grid)
            held.go_on.set()
            session.settle(WAIT_S)
            assert "Waits" not in text_of(grid)
            assert not is_dimmed(grid)
        grid.set(factor=3)
        assert "Waits" not in text_of(grid)  # nothing takes long any more


@pytest.mark.parametrize("synchronous", [True, False])
def test_an_exception_in_a_probe_is_shown_and_the_next_state_works(
    synchronous, held, image, open_session, screen, caplog
):
    session = open_session(image, synchronous=synchronous)
    held.fails_at = {0: RuntimeError("out of memory")}
    with explore(Slow, session) as explorer:
        session.settle(WAIT_S)
        assert explorer.error == "RuntimeError: out of memory"
        assert "RuntimeError: out of memory" in text_of(explorer)
        assert "Traceback" in caplog.text
        with pytest.raises(RuntimeError, match="no reading yet: RuntimeError: out of memory"):
            explorer.snapshot("nowhere.png")
        assert is_dimmed(explorer)
        explorer.set(number=1)
        session.settle(WAIT_S)
        assert explorer.error == ""
        assert not is_dimmed(explorer)
        assert "out of memory" not in text_of(explorer)
        assert explorer.words == "1 of 0."


def test_another_model_brings_its_own_bounds(image, open_session, screen):
    session = open_session(image)
    with explore(sx.probes.BlockChannel, session, block=1, channel=23) as explorer:
        session.sam = Sam(replace(FOUR_BY_FOUR, encoder_depth=1, global_blocks=(0,))).eval()
        assert explorer._controls["block"].inputs[0].max == 0
        assert (explorer.probe.block, explorer.probe.channel) == (0, 23)
        assert explorer.error == ""
        assert explorer.reading is not None


def test_after_a_reload_the_map_is_drawn_again(image, open_session, screen):
    session = open_session(image, synchronous=False)
    with explore(Grid, session) as explorer:
        session.settle(WAIT_S)
        canvas = map_of(explorer).canvas
        before = screen.picture(canvas[MAPS])
        screen.reload()
        send(canvas, "client_ready")
        session.settle(WAIT_S)
        assert np.array_equal(screen.picture(canvas[MAPS]), before)


@pytest.mark.parametrize(
    "probe", [Grid, Everything, Slow, sx.probes.WindowEffect, sx.probes.BlockNorms]
)
@pytest.mark.parametrize("synchronous", [True, False])
def test_closing_leaves_nothing(synchronous, probe, held, image, open_session, screen):
    session = open_session(image, synchronous=synchronous)
    session.settle(WAIT_S)
    observers = observers_of(session)
    widgets, threads = set(_instances), set(threading.enumerate())
    explorer = explore(probe, session)
    session.settle(WAIT_S)
    explorer.close()
    explorer.close()
    session.settle(WAIT_S)
    assert observers_of(session) == observers
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


def test_an_explorer_goes_on_next_to_a_prompt_canvas(image, open_session, screen):
    session = open_session(image, synchronous=False)
    with PromptCanvas(session), explore(sx.probes.RawLogits, session) as explorer:
        for x in range(20):
            session.add_point((float(x), 1.0))
        session.settle(WAIT_S)
        shown = explorer.reading.maps[0].values
        assert np.array_equal(shown, session.prediction.logits[0])


@pytest.mark.parametrize("synchronous", [True, False])
def test_after_the_weights_have_changed_a_view_shows_those(
    synchronous, image, open_session, screen
):
    torch.manual_seed(3)
    model = Sam(FOUR_BY_FOUR).eval()
    session = open_session(image, synchronous=synchronous)
    session.sam = model
    session.add_point((9, 9))
    with explore(sx.probes.BlockNorms, session) as first:
        session.settle(WAIT_S)
        with torch.no_grad():
            for weight in model.parameters():
                weight.mul_(1.5)
        with explore(sx.probes.BlockNorms, session) as second:
            session.settle(WAIT_S)
            expected = sx.Trace(model, image).description.fingerprint
            for explorer in (first, second):
                assert explorer.error == ""
                assert explorer.reading.provenance.fingerprint == expected
    assert session.error == ""
    prediction = sx.Trace(model, image, session.prompts).prediction
    assert np.array_equal(session.prediction.logits, prediction.logits)


def test_after_a_failure_no_older_reading_is_saved_or_shown_in_a_still(
    held, image, open_session, screen, tmp_path
):
    session = open_session(image)
    held.fails_at = {1: RuntimeError("out of memory")}
    with explore(Slow, session) as explorer:
        explorer.set(number=1)
        assert explorer.reading is not None
        with pytest.raises(RuntimeError, match=r"of an earlier state.*out of memory"):
            explorer.snapshot(tmp_path / "slow.png")
        assert explorer.still() == ({"text/plain": "RuntimeError: out of memory"}, {})
        explorer.set(number=2)
        explorer.snapshot(tmp_path / "slow.png")


def test_a_reading_that_is_being_computed_again_is_not_saved(
    held, image, open_session, screen, tmp_path
):
    session = open_session(image, synchronous=False)
    with explore(Slow, session) as explorer:
        session.settle(WAIT_S)
        held.go_on.clear()
        explorer.set(number=1)
        with pytest.raises(RuntimeError, match=r"earlier state, or coarse; session.settle\(\)"):
            explorer.snapshot(tmp_path / "slow.png")
        held.go_on.set()
        session.settle(WAIT_S)
        explorer.snapshot(tmp_path / "slow.png")
