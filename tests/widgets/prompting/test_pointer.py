"""What mouse and finger do on a picture, in each mode."""

import itertools
from types import SimpleNamespace

import numpy as np
import pytest

from sam_explore.geometry import Prompts
from sam_explore.widgets.canvas.connection import CanvasConnection
from sam_explore.widgets.canvas.marks import Mark
from sam_explore.widgets.canvas.picture_drawing import BAND, Stage
from sam_explore.widgets.prompting import pointer as pointer_module
from sam_explore.widgets.prompting.modes import Mode
from sam_explore.widgets.prompting.pointer import Pointer
from sam_explore.widgets.prompting.preview_runner import PreviewRunner
from sam_explore.widgets.prompting.prompt_editor import PromptEditor

from ..screen import click, drag, send


class Heard(PromptEditor, PreviewRunner):
    """In the place of both: notes what it is told, in order."""

    def __init__(self):
        self.told: list = []
        self.previewed: list[tuple[Prompts | None, str]] = []

    def click(self, mode, at_px, reach_px):
        self.told.append((mode, *at_px))

    def move(self, mark, to_px):
        self.told.append((mark, *to_px))

    def paint(self, mode, way_px, radius_px):
        self.told.append((mode, way_px, radius_px))

    def drag(self, held, box_px, to_px):
        self.told.append(("box", *box_px) if held is None else (held[0], *to_px))

    def want(self, prompts, when=""):
        self.previewed.append((prompts, when))


class Hand:
    """On 200 CSS pixels, so 400 canvas pixels, for a picture 100 wide and 50 high."""

    def __init__(self, session):
        heard = Heard()
        self.session, self.told, self.previewed = session, heard.told, heard.previewed
        self.mode = Mode.FOREGROUND
        self.stage = Stage(CanvasConnection(), 200)
        self.stage.show_photo(session.image)
        self.canvas, look = self.stage.canvas, self.stage.look
        self.pointer = Pointer(self.stage, session, heard, heard, lambda: self.mode, look)


@pytest.fixture
def hand(answers, screen, open_session):
    hand = Hand(open_session(np.zeros((50, 100, 3), np.uint8)))
    yield hand
    hand.stage.close()


def test_a_click_is_told_in_pixels_of_the_picture(hand):
    click(hand.canvas, 0, 0)
    click(hand.canvas, 100, 40)  # 4 canvas pixels are one of the picture
    click(hand.canvas, 400, 200)
    mode = Mode.FOREGROUND
    assert hand.told == [(mode, 0, 0), (mode, 25, 10), (mode, 100, 50)]


def test_a_drag_is_told_as_a_box_whatever_its_direction(hand):
    drag(hand.canvas, (40, 20), (200, 100))
    drag(hand.canvas, (200, 20), (40, 100))
    assert hand.told == [("box", 10, 5, 50, 25)] * 2


@pytest.mark.parametrize(("slip", "kind"), [(8, Mode.FOREGROUND), (9, "box")])
def test_four_css_pixels_are_a_slip_of_the_hand_and_more_is_a_drag(hand, slip, kind):
    drag(hand.canvas, (40, 20), (40 + slip, 20))
    assert [what for what, *_ in hand.told] == [kind]


def test_a_drag_out_of_the_picture_goes_on_and_ends_at_its_border(hand):
    send(hand.canvas, "press", 40, 20)
    send(hand.canvas, "move", 430, 210)
    send(hand.canvas, "move", 300, 100)
    send(hand.canvas, "release", 430, 210)
    assert hand.told == [("box", 10, 5, 100, 50)]


def test_a_press_that_leaves_without_moving_far_is_a_click(hand):
    send(hand.canvas, "press", 398, 20)
    send(hand.canvas, "release", 401, 20)
    assert hand.told == [(Mode.FOREGROUND, 99.5, 5)]


@pytest.mark.parametrize("pointer", ["touch", "pen"])
def test_fingers_and_pens_click_and_drag_as_a_mouse_does(hand, pointer):
    send(hand.canvas, "press", 100, 40, pointer=pointer)
    send(hand.canvas, "release", 100, 40, pointer=pointer)
    drag(hand.canvas, (40, 20), (200, 100))
    assert hand.told == [(Mode.FOREGROUND, 25, 10), ("box", 10, 5, 50, 25)]


def test_what_is_cancelled_is_no_prompt_and_leaves_nothing_drawn(hand, screen):
    send(hand.canvas, "press", 40, 20)
    send(hand.canvas, "move", 200, 100)
    assert screen.drawn(hand.canvas[BAND])
    send(hand.canvas, "cancel")
    send(hand.canvas, "release", 200, 100)
    assert hand.told == []
    assert screen.drawn(hand.canvas[BAND]) == []
    assert hand.previewed[-1] == (None, "")


def test_two_fingers_enlarge_around_their_middle_and_move_the_picture(hand):
    pinch = {"from": [0.5, 0.5], "factor": 2.0}
    send(hand.canvas, "pinch", 200, 100, **pinch)
    assert hand.stage.viewport.box == (25, 12.5, 75, 37.5)
    # 40 canvas pixels to the left are 5 of the picture now.
    send(hand.canvas, "pinch", 160, 100, **pinch | {"factor": 1.0})
    assert hand.stage.viewport.box == (30, 12.5, 80, 37.5)
    assert hand.told == []


def test_moves_without_a_press_draw_and_report_nothing_but_ask_for_previews(hand, screen):
    before = screen.batches
    for x in range(300):
        send(hand.canvas, "mouse_move", x, 50)
    assert screen.batches == before
    assert hand.told == []
    prompts, when = hand.previewed[-1]
    assert prompts.points.tolist() == [[74.75, 12.5]]
    assert when == "if you click here"
    send(hand.canvas, "mouse_out", 401, 50)
    assert hand.previewed[-1] == (None, "")


@pytest.mark.parametrize(
    ("between_s", "moves", "least", "most"),
    [(0.016, 60, 15, 20), (0.002, 300, 2, 4)],
    ids=["by hand for a second", "queued, in 0.6 s"],
)
def test_the_dragged_box_is_drawn_fluently_by_hand_and_seldom_in_a_flood(
    hand, screen, monkeypatch, between_s, moves, least, most
):
    clock = itertools.count(100.0, between_s)
    monkeypatch.setattr(pointer_module, "time", SimpleNamespace(monotonic=lambda: next(clock)))
    send(hand.canvas, "mouse_down", 0, 0)
    before = screen.batches
    for x in range(moves):
        send(hand.canvas, "mouse_move", 20 + x, 50)
    assert least <= screen.batches - before <= most
    drawn = [name for name, _ in screen.drawn(hand.canvas[BAND])]
    assert drawn.count("strokeRect") == 2
    send(hand.canvas, "mouse_up", 300, 60)
    assert screen.drawn(hand.canvas[BAND]) == []
    assert hand.told == [("box", 0, 0, 75, 15)]


def test_a_drag_from_a_mark_moves_it_and_a_click_on_it_does_not(hand):
    hand.session.prompts = Prompts([(25, 10)], box=(50, 20, 90, 40))
    drag(hand.canvas, (104, 44), (200, 100))  # 1 px from the point, within 12 CSS pixels
    drag(hand.canvas, (200, 80), (180, 60))
    click(hand.canvas, 100, 40)
    assert hand.told == [
        (Mark("point", 0), 50, 25),
        (Mark("corner", 0), 45, 15),
        (Mode.FOREGROUND, 25, 10),
    ]


def test_in_the_mode_for_boxes_points_are_in_nobodys_way(hand):
    hand.mode = Mode.BOX
    hand.session.prompts = Prompts([(25, 10)], box=(50, 20, 90, 40))
    drag(hand.canvas, (100, 40), (200, 100))
    drag(hand.canvas, (200, 80), (180, 60))
    assert hand.told == [("box", 25, 10, 50, 25), (Mark("corner", 0), 45, 15)]


def test_a_mark_that_changed_meanwhile_is_not_moved(view):
    view.session.prompts = Prompts([(25, 10)])
    send(view.stage, "mouse_down", 200, 80)
    view.session.prompts = Prompts()
    send(view.stage, "mouse_up", 400, 200)
    assert view.session.prompts.box.tolist() == [25, 10, 50, 25]
    assert not len(view.session.prompts.points)


def test_what_a_drag_would_give_is_previewed(hand):
    hand.session.prompts = Prompts([(25, 10)])
    send(hand.canvas, "mouse_down", 100, 40)
    send(hand.canvas, "mouse_move", 200, 100)
    prompts, when = hand.previewed[-1]
    assert prompts.points.tolist() == [[50, 25]]
    assert when == "if you let go here"
    send(hand.canvas, "mouse_up", 200, 100)
    assert hand.previewed[-1] == (None, "")


def test_the_right_button_adds_background_points(hand):
    for button in (2, 0):
        send(hand.canvas, "press", 100, 40, button=button)
        send(hand.canvas, "release", 100, 40, button=button)
    assert [mode for mode, *_ in hand.told] == [Mode.BACKGROUND, Mode.FOREGROUND]


def test_a_brush_paints_along_its_way(hand, screen):
    hand.mode = Mode.PAINT
    hand.pointer.brush_css = 20
    send(hand.canvas, "mouse_down", 100, 40)
    send(hand.canvas, "mouse_move", 200, 40)
    assert screen.drawn(hand.canvas[BAND])
    send(hand.canvas, "mouse_up", 200, 80)
    assert hand.told == [(Mode.PAINT, [(25, 10), (50, 10), (50, 20)], 10)]  # 40 / 4
    assert screen.drawn(hand.canvas[BAND]) == []


def test_the_brush_is_a_ring_at_the_pointer(hand, screen):
    hand.mode = Mode.PAINT
    send(hand.canvas, "mouse_move", 200, 40)
    rings = [args for name, args in screen.drawn(hand.canvas[BAND]) if name == "strokeCircle"]
    assert {tuple(args) for args in rings} == {(200, 40, 24)}
    send(hand.canvas, "mouse_out", 401, 40)
    assert screen.drawn(hand.canvas[BAND]) == []


def test_zooming_enlarges_around_the_click_and_a_drag_moves_the_picture(hand):
    hand.mode = Mode.ZOOM
    click(hand.canvas, 400, 200)
    assert hand.stage.viewport.box == (50, 25, 100, 50)
    drag(hand.canvas, (100, 100), (180, 100))  # 80 canvas pixels are now 10 of the picture
    assert hand.stage.viewport.box == (40, 25, 90, 50)
    hand.mode = Mode.FOREGROUND
    click(hand.canvas, 0, 0)
    assert hand.told == [(Mode.FOREGROUND, 40, 25)]


def test_the_wheel_enlarges_around_the_pointer(hand):
    send(hand.canvas, "wheel", 0, 0, turned=-300)
    assert hand.stage.viewport.zoom == pytest.approx(1.0015**300)
    assert hand.stage.viewport.box[:2] == (0, 0)
    send(hand.canvas, "wheel", 0, 0, turned=1e9)
    assert hand.stage.viewport.zoom == 1


def test_a_drag_removes_nothing(hand):
    hand.mode = Mode.REMOVE
    hand.session.prompts = Prompts([(25, 10)])
    drag(hand.canvas, (100, 40), (200, 100))
    click(hand.canvas, 100, 40)
    assert hand.told == [(Mode.REMOVE, 25, 10)]
