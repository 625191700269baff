import itertools
from types import SimpleNamespace

import numpy as np
import pytest

from sam_explore.geometry import Prompts
from sam_explore.plots import style
from sam_explore.widgets import stage as stage_module
from sam_explore.widgets.drawing import Channel
from sam_explore.widgets.stage import BAND, MASK, PHOTO, PROMPTS, Stage

from .screen import Screen, click, drag, rgba, send


class Heard(list):
    """What the stage reports, in order."""

    def stage(self, width: int, image: np.ndarray) -> Stage:
        stage = Stage(
            Channel(),
            width,
            lambda at: self.append(("click", *at)),
            lambda box: self.append(("box", *box)),
            guard=lambda callback: callback,
        )
        stage.show_photo(image)
        return stage


@pytest.fixture
def heard() -> Heard:
    return Heard()


@pytest.fixture
def stage(screen: Screen, heard: Heard):
    """200 CSS pixels, so 400 canvas pixels, for a picture 100 wide and 50 high."""
    stage = heard.stage(200, np.full((50, 100, 3), (200, 60, 20), np.uint8))
    yield stage
    stage.close()


def test_the_picture_fits_into_a_square_of_css_pixels_and_has_twice_as_many_of_its_own(stage):
    assert (stage.canvas.width, stage.canvas.height) == (400, 200)
    assert (stage.canvas.layout.width, stage.canvas.layout.height) == ("200px", "100px")
    assert all((layer.width, layer.height) == (400, 200) for layer in stage.canvas._canvases)


def test_a_tall_picture_is_as_high_as_a_wide_one_is_wide(screen, heard):
    stage = heard.stage(200, np.zeros((90, 30, 3), np.uint8))
    assert (stage.canvas.layout.width, stage.canvas.layout.height) == ("67px", "200px")
    stage.close()


def test_a_click_is_told_in_pixels_of_the_picture(stage, heard):
    click(stage.canvas, 0, 0)
    click(stage.canvas, 100, 40)  # 4 canvas pixels are one of the picture
    click(stage.canvas, 400, 200)
    assert heard == [("click", 0, 0), ("click", 25, 10), ("click", 100, 50)]


def test_a_drag_is_told_as_a_box_whatever_its_direction(stage, heard):
    drag(stage.canvas, (40, 20), (200, 100))
    drag(stage.canvas, (200, 20), (40, 100))
    assert heard == [("box", 10, 5, 50, 25)] * 2


@pytest.mark.parametrize(("slip", "kind"), [(8, "click"), (9, "box")])
def test_four_css_pixels_are_a_slip_of_the_hand_and_more_is_a_drag(stage, heard, slip, kind):
    drag(stage.canvas, (40, 20), (40 + slip, 20))
    assert [what for what, *_ in heard] == [kind]


def test_a_drag_out_of_the_picture_ends_at_its_border(stage, heard):
    send(stage.canvas, "mouse_down", 40, 20)
    send(stage.canvas, "mouse_move", 300, 100)
    send(stage.canvas, "mouse_out", 430, 210)
    send(stage.canvas, "mouse_move", 390, 190)
    send(stage.canvas, "mouse_up", 390, 190)
    assert heard == [("box", 10, 5, 100, 50)]
    assert stage.canvas[BAND] is not None


def test_a_press_that_leaves_without_moving_far_is_a_click(stage, heard):
    send(stage.canvas, "mouse_down", 398, 20)
    send(stage.canvas, "mouse_out", 401, 20)
    assert heard == [("click", 99.5, 5)]


def test_touches_click_and_drag_as_a_mouse_does(stage, heard):
    send(stage.canvas, "touch_start", 100, 40)
    send(stage.canvas, "touch_end")
    send(stage.canvas, "touch_start", 40, 20)
    send(stage.canvas, "touch_move", 200, 100)
    send(stage.canvas, "touch_end")
    send(stage.canvas, "touch_start", 40, 20)
    send(stage.canvas, "touch_move", 200, 100)
    send(stage.canvas, "touch_cancel")
    assert heard == [("click", 25, 10), ("box", 10, 5, 50, 25)]


def test_moves_without_a_press_draw_and_report_nothing(stage, heard, screen):
    before = screen.batches
    for x in range(300):
        send(stage.canvas, "mouse_move", x, 50)
    assert screen.batches == before
    assert heard == []


@pytest.mark.parametrize(
    ("between_s", "moves", "least", "most"),
    [(0.016, 60, 15, 20), (0.002, 300, 2, 4)],
    ids=["by hand for a second", "queued, in 0.6 s"],
)
def test_the_dragged_box_is_drawn_fluently_by_hand_and_seldom_in_a_flood(
    stage, heard, screen, monkeypatch, between_s, moves, least, most
):
    clock = itertools.count(100.0, between_s)
    monkeypatch.setattr(stage_module, "time", SimpleNamespace(monotonic=lambda: next(clock)))
    send(stage.canvas, "mouse_down", 0, 0)
    before = screen.batches
    for x in range(moves):
        send(stage.canvas, "mouse_move", 20 + x, 50)
    assert least <= screen.batches - before <= most
    assert [name for name, _ in screen.drawn(stage.canvas[BAND])] == ["strokeRect"] * 2
    send(stage.canvas, "mouse_up", 300, 60)
    assert screen.drawn(stage.canvas[BAND]) == []
    assert heard == [("box", 0, 0, 75, 15)]


def test_the_photo_is_drawn_over_its_whole_layer(stage, screen):
    assert screen.drawn(stage.canvas[PHOTO])[0][1][1:] == [0, 0, 400, 200]
    photo = screen.picture(stage.canvas[PHOTO])
    assert photo.shape == (200, 400, 4)
    assert np.abs(photo[..., :3].astype(int) - (200, 60, 20)).max() <= 3


def test_a_mask_colours_its_own_pixels_and_outlines_them(stage, screen):
    mask = np.zeros((50, 100), bool)
    mask[10:40, 20:60] = True
    stage.show_mask(mask)
    drawn = screen.picture(stage.canvas[MASK])
    assert screen.drawn(stage.canvas[MASK])[-1][1][1:] == [0, 0, 400, 200]
    assert drawn.shape == (50, 100, 4)  # no larger than the mask: the page enlarges it
    assert np.array_equal(drawn[..., 3] > 0, mask)
    assert tuple(drawn[25, 40]) == style.rgba(style.MASK, style.MASK_OPACITY)
    assert tuple(drawn[10, 20]) == style.rgba(style.SIGN)
    assert False in screen.settings(stage.canvas[MASK])  # image_smoothing_enabled


def test_a_mask_larger_than_the_stage_is_drawn_at_the_stages_size(screen, heard):
    stage = heard.stage(200, np.zeros((1000, 500, 3), np.uint8))
    mask = np.zeros((1000, 500), bool)
    mask[:500] = True
    stage.show_mask(mask)
    drawn = screen.picture(stage.canvas[MASK])
    assert drawn.shape == (400, 200, 4)
    assert (drawn[:200, :, 3] > 0).all()
    assert (drawn[200:, :, 3] == 0).all()
    # 1.5 CSS pixels are 3 canvas pixels; the border of the picture is no edge.
    assert (drawn[197:200] == style.rgba(style.SIGN)).all()
    assert (drawn[:197] == style.rgba(style.MASK, style.MASK_OPACITY)).all()
    stage.close()


def test_without_a_mask_the_layer_is_empty(stage, screen):
    stage.show_mask(np.ones((50, 100), bool))
    stage.show_mask(None)
    assert screen.drawn(stage.canvas[MASK]) == []


def test_points_are_discs_in_their_colour_with_a_plus_or_a_minus(stage, screen):
    stage.show_prompts(Prompts([(25, 10), (50, 20)], [1, 0]))
    commands = screen.drawn(stage.canvas[PROMPTS])
    centres = [tuple(args[:2]) for name, args in commands if name == "fillCircle"]
    assert centres == [(100, 40)] * 3 + [(200, 80)] * 3
    lines = [args for name, args in commands if name == "strokeLine"]
    (plus_across, plus_down, minus) = lines
    assert plus_across[1] == plus_across[3] == 40
    assert plus_down[0] == plus_down[2] == 100
    assert minus[1] == minus[3] == 80
    colours = screen.settings(stage.canvas[PROMPTS])
    assert style.FOREGROUND in colours
    assert style.BACKGROUND in colours


def test_a_box_is_drawn_with_a_dark_rim(stage, screen):
    stage.show_prompts(Prompts(box=(10, 5, 50, 25)))
    commands = screen.drawn(stage.canvas[PROMPTS])
    assert commands == [("strokeRect", [40, 20, 160, 80])] * 2
    assert screen.settings(stage.canvas[PROMPTS])[2] == style.BOX


def test_a_new_picture_takes_mask_prompts_and_size_of_the_old_one_away(stage, screen):
    stage.show_mask(np.ones((50, 100), bool))
    stage.show_prompts(Prompts([(25, 10)]))
    stage.show_photo(np.zeros((30, 30, 3), np.uint8))
    assert screen.drawn(stage.canvas[MASK]) == screen.drawn(stage.canvas[PROMPTS]) == []
    assert (stage.canvas.width, stage.canvas.height) == (400, 400)
    assert screen.picture(stage.canvas[PHOTO]).shape == (400, 400, 4)
    assert rgba(stage._photo)[..., :3].max() <= 3
