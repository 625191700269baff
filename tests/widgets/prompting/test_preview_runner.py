"""The preview: the mask that a click at the pointer would give."""

import threading

import numpy as np
import pytest

from sam_explore.geometry import Prompts
from sam_explore.prediction import Prediction
from sam_explore.widgets.canvas.picture_drawing import MASK, PREVIEW
from sam_explore.widgets.prompting import preview_runner as preview_module
from sam_explore.widgets.prompting.preview_runner import SLOW_S, PreviewRunner
from sam_explore.widgets.session import EXPLORERS, PREVIEWS, PROMPTS

from ...patience import PATIENCE_SECONDS
from ..screen import click, drag, front_end_sets, send
from ..view import half


@pytest.fixture
def previewed(monkeypatch) -> list[Prompts]:
    """In the place of the model for previews: the upper half of the picture, mask 1 the best."""
    asked = []

    def predict(sam, encoded, prompts):
        asked.append(prompts)
        logits = np.full((4, 16, 16), -4, np.float32)
        logits[:, :8] = 4
        iou = np.array([0.5, 0.9, 0.6, 0.3], np.float32)
        return Prediction(logits, iou, prompts, encoded.frame)

    monkeypatch.setattr(preview_module, "predict", predict)
    return asked


def dashed(view) -> bool:
    return any(name == "strokeLineSegments" for name, _ in view.screen.drawn(view.stage[PREVIEW]))


def hint(view) -> str:
    return view.canvas._pointed.value


def test_pointing_previews_the_mask_of_a_click_there_and_asks_nothing(view, previewed):
    send(view.stage, "mouse_move", 80, 160)
    assert previewed[-1].points.tolist() == [[10, 20]]
    assert dashed(view)
    assert "Dashed: mask 1 if you click here, predicted IoU 0.90." in hint(view)
    assert view.session.prompts.is_empty
    assert view.session.prediction is None
    assert view.mask() is None


def test_a_preview_adds_to_the_prompts_and_leaves_the_mask(view, previewed):
    click(view.stage, 80, 160)
    front_end_sets(view.canvas._modes.main, index=1)
    send(view.stage, "mouse_move", 160, 160)
    assert previewed[-1].points.tolist() == [[10, 20], [20, 20]]
    assert previewed[-1].labels.tolist() == [1, 0]
    assert np.array_equal(view.mask(), half("lower"))
    assert "mask 0 if you click here" in hint(view)  # of two points the model means mask 0


def test_the_chosen_mask_is_the_one_previewed(view, previewed):
    view.session.chosen = 3
    send(view.stage, "mouse_move", 80, 160)
    assert "mask 3 if you click here, predicted IoU 0.30" in hint(view)


def test_leaving_and_clicking_take_the_preview_away(view, previewed):
    for leave in (lambda: send(view.stage, "mouse_out", 513, 9), lambda: click(view.stage, 8, 8)):
        send(view.stage, "mouse_move", 80, 160)
        assert dashed(view)
        leave()
        assert not dashed(view)
        assert "Click: on the object" in hint(view)


def test_dragging_previews_the_box_and_the_moved_point(view, previewed):
    send(view.stage, "mouse_down", 80, 160)
    send(view.stage, "mouse_move", 240, 400)
    assert previewed[-1].box.tolist() == [10, 20, 30, 50]
    assert "if you let go here" in hint(view)
    send(view.stage, "mouse_up", 240, 400)
    assert not dashed(view)
    view.session.prompts = Prompts([(10, 20)])
    send(view.stage, "mouse_down", 80, 160)
    send(view.stage, "mouse_move", 240, 400)
    assert previewed[-1].points.tolist() == [[30, 50]]
    assert view.session.prompts.points.tolist() == [[10, 20]]
    send(view.stage, "mouse_up", 240, 400)
    assert view.session.prompts.points.tolist() == [[30, 50]]


def test_switched_off_there_is_none(view, previewed):
    front_end_sets(view.canvas._more._previews, value=False)
    send(view.stage, "mouse_move", 80, 160)
    assert previewed == []
    front_end_sets(view.canvas._more._previews, value=True)
    send(view.stage, "mouse_move", 88, 160)
    assert len(previewed) == 1


def test_only_the_latest_place_is_decoded_and_prompts_go_first(busy_view, previewed, answers):
    view = busy_view
    view.session.settle(PATIENCE_SECONDS)
    ran, held = [], threading.Event()
    view.session.submit("hold", lambda: held.wait(PATIENCE_SECONDS), PROMPTS)
    for x in range(100):
        send(view.stage, "mouse_move", x, 160)
    view.session.submit("explorer", lambda: ran.append(len(previewed)), EXPLORERS)
    click(view.stage, 8, 80)
    send(view.stage, "mouse_move", 240, 160)
    held.set()
    view.session.settle(PATIENCE_SECONDS)
    assert ran == [0]
    assert [each.points.tolist() for each in previewed] == [[[1, 10], [30, 20]]]
    assert PROMPTS < EXPLORERS < PREVIEWS


def test_nothing_is_previewed_of_an_older_picture(busy_view, previewed, monkeypatch):
    view = busy_view
    view.session.settle(PATIENCE_SECONDS)
    reached, go_on = threading.Event(), threading.Event()
    predict = preview_module.predict

    def slow(*what):
        reached.set()
        assert go_on.wait(PATIENCE_SECONDS)
        return predict(*what)

    monkeypatch.setattr(preview_module, "predict", slow)
    send(view.stage, "mouse_move", 80, 160)
    assert reached.wait(PATIENCE_SECONDS)
    view.session.image = np.zeros((32, 64, 3), np.uint8)
    go_on.set()
    view.session.settle(PATIENCE_SECONDS)
    assert not dashed(view)


class Clock:
    """Each reading is as much later as it is told."""

    def __init__(self, step: float):
        self.now, self.step = 0.0, step

    def __call__(self) -> float:
        self.now += self.step
        return self.now


@pytest.mark.parametrize(
    ("steps", "on"),
    [
        ([1.01 * SLOW_S] * 3, False),
        ([0.99 * SLOW_S] * 9, True),
        ([9.0, 9.0, 0.5 * SLOW_S, 9.0, 9.0, 0.5 * SLOW_S, 9.0], True),  # slow now and then
        ([0.5 * SLOW_S, 9.0, 9.0, 9.0], False),
    ],
)
def test_previews_that_lag_switch_themselves_off(view, previewed, monkeypatch, steps, on):
    clock = Clock(0)
    monkeypatch.setattr(preview_module, "perf_counter", clock)
    for x, clock.step in enumerate(steps):
        send(view.stage, "mouse_move", 8 * x, 160)
    assert view.canvas._preview.on == view.canvas._more._previews.value == on
    assert dashed(view) == on
    assert ("it took more than" in view.canvas._more._note.value) != on


def test_previews_switched_on_by_the_reader_stay_on_however_slow(view, previewed, monkeypatch):
    monkeypatch.setattr(preview_module, "perf_counter", Clock(9.0))
    for x in range(3):
        send(view.stage, "mouse_move", 8 * x, 160)
    front_end_sets(view.canvas._more._previews, value=True)
    assert view.canvas._more._note.value == ""
    for x in range(5):
        send(view.stage, "mouse_move", 8 * x, 80)
    assert view.canvas._preview.on
    assert dashed(view)


def test_with_edits_the_edited_run_is_previewed(view, previewed, answers):
    view.session.edits = (("mask_decoder.mask_generator.hook_logits", lambda tensor, hook: tensor),)
    send(view.stage, "mouse_move", 80, 160)
    assert previewed == []
    assert answers.asked[-1].points.tolist() == [[10, 20]]
    assert "mask 2 if you click here" in hint(view)


def test_an_exception_in_a_preview_is_shown_and_the_next_click_works(view, monkeypatch):
    monkeypatch.setattr(preview_module, "predict", lambda *_: 1 / 0)
    send(view.stage, "mouse_move", 80, 160)
    assert "ZeroDivisionError" in view.error()
    click(view.stage, 80, 160)
    assert view.error() == ""
    assert view.screen.picture(view.stage[MASK]) is not None


def test_after_the_view_is_closed_nothing_is_drawn(view, previewed, screen):
    preview: PreviewRunner = view.canvas._preview
    view.canvas.close()
    before = screen.batches
    preview.want(Prompts([(1, 1)]))
    drag(view.stage, (1, 1), (2, 2))
    assert screen.batches == before
