"""The prompting view under load, after exceptions, over reloads, and its end."""

import threading
from html import unescape
from time import monotonic, sleep

import numpy as np
from ipywidgets.widgets.widget import _instances

from sam_explore.plots import style
from sam_explore.prediction import Prediction
from sam_explore.tracing import Trace
from sam_explore.tracing.step_callback import announce
from sam_explore.widgets import PromptCanvas
from sam_explore.widgets.canvas.picture_drawing import BAND, PHOTO, PROMPTS
from sam_explore.widgets.prompting.thumbnails import MASKS, PHOTOS

from ...patience import PATIENCE_SECONDS
from ..screen import click, drag, send
from ..view import View, half, observers_of

INSIDE = style.rgba(style.MASK, style.MASK_OPACITY)


def test_an_exception_of_the_model_is_shown_and_the_next_click_works(view, answers):
    answers.fail_next = RuntimeError("<b>out of memory</b>")
    click(view.stage, 80, 160)
    assert "RuntimeError: &lt;b&gt;out of memory" in view.error()
    assert view.marks() == [(10, 20, True)]
    click(view.stage, 240, 320)
    assert view.error() == ""
    assert np.array_equal(view.mask(), half("left"))


def test_an_exception_in_another_views_callback_is_shown_and_the_next_click_works(view):
    def raise_once(change):
        view.session.unobserve(raise_once, "prompts")
        raise KeyError("missing")

    view.session.observe(raise_once, "prompts")
    click(view.stage, 80, 160)
    assert "KeyError: missing" in unescape(view.error()).replace("'", "")
    click(view.stage, 240, 320)
    assert view.error() == ""
    assert len(view.marks()) == 2


def test_an_exception_while_drawing_is_shown_and_freezes_no_canvas(view, monkeypatch):
    layer = view.stage[PROMPTS]
    with monkeypatch.context() as patched:
        patched.setattr(type(layer), "fill_circle", lambda *_: 1 / 0)
        click(view.stage, 80, 160)
    assert "ZeroDivisionError" in view.error()
    click(view.stage, 240, 320)
    assert view.error() == ""
    assert len(view.marks()) == 2


def test_a_view_that_cannot_draw_raises_at_nobody_and_keeps_no_other_from_following(
    view, screen, monkeypatch
):
    other = View(view.session, screen)
    monkeypatch.setattr(view.canvas._stage, "show_prompts", lambda *_: 1 / 0)
    view.session.add_point((10.0, 20.0))
    assert "ZeroDivisionError" in view.error()
    assert other.marks() == [(10, 20, True)]
    assert np.array_equal(other.mask(), half("lower"))
    other.canvas.close()


def test_an_exception_in_a_move_is_shown_too(view, monkeypatch):
    with monkeypatch.context() as patched:
        patched.setattr(type(view.stage[BAND]), "stroke_rect", lambda *_: 1 / 0)
        send(view.stage, "mouse_down", 0, 0)
        send(view.stage, "mouse_move", 100, 100)
    assert "ZeroDivisionError" in view.error()
    send(view.stage, "mouse_up", 100, 100)
    assert view.session.prompts.box.tolist() == [0, 0, 12.5, 12.5]


def test_clicks_under_a_busy_worker_are_marked_at_once_and_none_is_lost(busy_view, answers):
    view = busy_view
    view.session.settle(PATIENCE_SECONDS)
    answers.hold()
    for x in range(30):
        click(view.stage, 8 * x, 80)
    assert [(x, y) for x, y, _ in view.marks()] == [(x, 10) for x in range(30)]
    assert view.mask() is None
    answers.gate.set()
    view.session.settle(PATIENCE_SECONDS)
    assert view.session.prediction.prompts is view.session.trace.prompts
    assert np.array_equal(view.mask(), half("left"))
    assert "30 foreground points" in view.words()


def test_what_is_drawn_keeps_up_while_prompts_keep_coming(busy_view, answers):
    view, shown = busy_view, []
    view.session.feeds_back = False
    view.session.settle(PATIENCE_SECONDS)
    view.canvas._status.observe(lambda change: shown.append(change["new"]), "value")
    for x in range(20):
        answers.hold()
        view.session.add_point((float(x), 1.0))
        answers.wait_until_asked()
        view.session.add_point((float(x), 2.0))
        answers.gate.set()
        answers.wait_until_asked()
    view.session.settle(PATIENCE_SECONDS)
    assert len(shown) >= 20  # at least every second prompt was drawn


def test_while_encoding_it_says_so_and_that_prompts_are_kept(
    answers, image, open_session, screen, monkeypatch
):
    go_on, encoded = threading.Event(), Trace.encoded.fget

    def slow(trace):
        assert go_on.wait(PATIENCE_SECONDS)
        return encoded(trace)

    monkeypatch.setattr(Trace, "encoded", property(slow))
    view = View(open_session(image, synchronous=False), screen)
    assert screen.picture(view.stage[PHOTO]) is not None
    assert "Encoding the picture" in view.controls.busy.value
    assert "Click on an object" in view.words()
    click(view.stage, 80, 160)
    assert view.marks() == [(10, 20, True)]
    assert "Your prompts are kept" in view.words()
    go_on.set()
    view.session.settle(PATIENCE_SECONDS)
    assert view.controls.busy.value == ""
    assert np.array_equal(view.mask(), half("lower"))
    view.canvas.close()


def test_nothing_of_an_older_picture_is_drawn_over_a_new_one(busy_view, monkeypatch):
    view = busy_view
    view.session.settle(PATIENCE_SECONDS)
    reached, go_on = threading.Event(), threading.Event()
    original = Prediction.upscaled_at

    def slow(self, *places, **mask):
        reached.set()
        assert go_on.wait(PATIENCE_SECONDS)
        return original(self, *places, **mask)

    monkeypatch.setattr(Prediction, "upscaled_at", slow)
    click(view.stage, 80, 160)
    assert reached.wait(PATIENCE_SECONDS)
    view.session.image = np.zeros((32, 64, 3), np.uint8)
    drawn, show_mask = [], view.canvas._stage.show_mask
    monkeypatch.setattr(
        view.canvas._stage, "show_mask", lambda mask: [drawn.append(mask), show_mask(mask)]
    )
    go_on.set()
    view.session.settle(PATIENCE_SECONDS)
    assert drawn
    assert all(mask is None for mask in drawn)


def test_after_a_reload_everything_is_drawn_again(view, screen):
    click(view.stage, 80, 160)
    drag(view.stage, (80, 160), (240, 400))

    def everything():
        layers = [*view.stage._canvases, *view.thumbnails._canvases]
        return [screen.drawn(layer) for layer in layers]

    before = everything()
    for _ in range(2):
        screen.reload()
        send(view.stage._canvases[-1], "client_ready")
        assert everything() == before
        screen.reload()
        send(view.thumbnails._canvases[-1], "client_ready")
        assert everything() == before
    assert screen.picture(view.thumbnails[MASKS]) is not None
    assert screen.drawn(view.thumbnails[PHOTOS])


def test_closing_leaves_no_widget_no_observer_and_no_drawing(answers, image, open_session, screen):
    session = open_session(image)
    before, observers = set(_instances), observers_of(session)
    view = View(session, screen)
    click(view.stage, 80, 160)
    view.canvas.close()
    view.canvas.close()
    assert set(_instances) == before
    assert observers_of(session) == observers
    batches = screen.batches
    session.add_point((1.0, 2.0))
    session.image = np.zeros((8, 8, 3), np.uint8)
    assert screen.batches == batches


def test_a_canvas_is_closed_when_its_context_ends(answers, image, open_session, screen):
    before, session = set(_instances), open_session(image)
    with PromptCanvas(session) as canvas:
        session.add_point((1.0, 2.0))
        assert "1 foreground point" in canvas._status.value
    assert set(_instances) == before


def test_a_reload_and_a_zoom_are_drawn_between_two_blocks_of_an_encode(
    answers, image, open_session, screen, monkeypatch
):
    go_on, encoded = threading.Event(), Trace.encoded.fget

    def slow(trace):
        while not go_on.wait(0.01):
            announce("Image encoder: block 1 of 2")
        return encoded(trace)

    def wait_for_the_picture():
        ends = monotonic() + PATIENCE_SECONDS
        while screen.picture(view.stage[PHOTO]) is None:
            assert monotonic() < ends
            sleep(0.01)
        return screen.picture(view.stage[PHOTO])

    monkeypatch.setattr(Trace, "encoded", property(slow))
    view = View(open_session(image, synchronous=False), screen)
    before = wait_for_the_picture()
    screen.reload()
    send(view.stage, "client_ready")
    assert np.array_equal(wait_for_the_picture(), before)
    screen.reload()
    send(view.stage, "wheel", 80, 160, turned=-300)
    assert not np.array_equal(wait_for_the_picture(), before)
    assert view.session.encoded is None
    go_on.set()
    view.session.settle(PATIENCE_SECONDS)
    view.canvas.close()
