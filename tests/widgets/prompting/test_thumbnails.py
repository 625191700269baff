import re

import numpy as np
import pytest

from sam_explore.geometry import Frame, Prompts
from sam_explore.plots import style
from sam_explore.prediction import Prediction
from sam_explore.widgets.canvas.connection import CanvasConnection
from sam_explore.widgets.prompting.thumbnails import FRAMES, MASKS, PHOTOS, Thumbnails

from ..screen import click, send

LEFT_OUT = style.rgba(style.HALO, style.DIMMED_OPACITY)


@pytest.fixture
def picked() -> list[int]:
    return []


@pytest.fixture
def thumbnails(screen, picked):
    """148 CSS pixels: four pictures of 28 and three gaps of 12; twice that in canvas pixels."""
    thumbnails = Thumbnails(CanvasConnection(), 148, 4, picked.append)
    thumbnails.show_photo(np.zeros((64, 64, 3), np.uint8))
    yield thumbnails
    thumbnails.close()


@pytest.fixture
def prediction() -> Prediction:
    """Mask 0 is the left half of the picture, 1 its upper half, 2 all of it and 3 nothing."""
    logits = np.full((4, 64, 64), -4, np.float32)
    logits[0, :, :32] = logits[1, :32] = logits[2] = 4
    iou = np.array([0.5, 0.626, 1.01, 0.0], np.float32)
    return Prediction(logits, iou, Prompts([(1, 1)]), Frame((64, 64), (64, 64), 64, 16))


def test_the_photo_is_drawn_once_for_each_mask(thumbnails, screen):
    places = [args[1:] for _, args in screen.drawn(thumbnails.canvas[PHOTOS])]
    assert places == [[80 * number, 0, 56, 56] for number in range(4)]
    assert thumbnails.canvas.height == 56


def test_each_mask_is_left_clear_where_the_picture_is_dimmed(thumbnails, screen, prediction):
    thumbnails.show(prediction, 0.0, 2)
    drawn = screen.picture(thumbnails.canvas[MASKS])
    assert drawn.shape == (56, 296, 4)
    left, upper, whole, nothing = (drawn[:, 80 * n : 80 * n + 56] for n in range(4))
    assert (left[:, 28:] == LEFT_OUT).all()
    assert (left[:, :26, 3] == 0).all()
    assert (left[:, 26:28] == style.rgba(style.SIGN)).all()  # the outline
    assert (upper[28:] == LEFT_OUT).all()
    assert (upper[:26, :, 3] == 0).all()
    assert (whole[..., 3] == 0).all()
    assert (nothing == LEFT_OUT).all()
    assert (drawn[:, 56:80, 3] == 0).all()  # the gap


def test_the_masks_follow_the_threshold(thumbnails, screen, prediction):
    thumbnails.show(prediction, 5.0, 2)
    drawn = screen.picture(thumbnails.canvas[MASKS])
    assert (drawn[:, 160:216] == LEFT_OUT).all()
    thumbnails.show(prediction, 3.5, 2)  # above 4.5 there is nothing, above 2.5 all of mask 2
    assert (screen.picture(thumbnails.canvas[MASKS])[:, 160:216, 3] == 0).all()
    assert "stability 1.00" not in thumbnails._captions.value


def test_the_chosen_mask_has_a_frame_and_its_caption_says_so(thumbnails, screen, prediction):
    thumbnails.show(prediction, 0.0, 1)
    frames = [args for name, args in screen.drawn(thumbnails.canvas[FRAMES])]
    assert all(x >= 80 and x + width <= 136 for x, _, width, _ in frames)
    assert style.CHOSEN in screen.settings(thumbnails.canvas[FRAMES])
    assert re.findall(r"<b>(.*?)</b>", thumbnails._captions.value) == ["▸ Mask 1"]


def test_captions_tell_predicted_iou_and_stability(thumbnails, prediction):
    thumbnails.show(prediction, 0.0, 1)
    text = thumbnails._captions.value
    assert re.findall(r"IoU ([\d.]+)<br>", text) == ["0.50", "0.63", "1.01", "0.00"]
    assert re.findall(r"stab\. ([\d.]+)", text) == ["1.00", "1.00", "1.00", "0.00"]
    assert 'title="predicted IoU 0.63, stability 1.00"' in text


@pytest.mark.parametrize(
    ("width", "lines"),
    [
        (512, "<b>▸ Mask 1, shown</b>|predicted IoU 0.63<br>stability 1.00"),
        (400, "<b>▸ Mask 1</b>|pred. IoU 0.63<br>stability 1.00"),
        (256, "<b>▸ Mask 1</b>|predicted\nIoU 0.63<br>stab. 1.00"),
    ],
)
def test_captions_are_short_enough_for_a_line(width, lines, screen, prediction):
    thumbnails = Thumbnails(CanvasConnection(), width, 4, lambda mask: None)
    thumbnails.show_photo(np.zeros((64, 64, 3), np.uint8))
    thumbnails.show(prediction, 0.0, 1)
    text = thumbnails._captions.value
    assert all(part in text for part in lines.split("|"))
    assert "white-space:pre" in text  # no line is broken but at a newline
    thumbnails.close()


def test_a_click_picks_the_mask_under_it(thumbnails, picked):
    for x in (0, 60, 80, 161, 250, 295):
        click(thumbnails.canvas, x, 20)
    assert picked == [0, 0, 1, 2, 3, 3]
    send(thumbnails.canvas, "press", 100, 10, pointer="touch")
    assert picked[-1] == 1


def test_nothing_to_show_leaves_the_dimmed_pictures(thumbnails, screen, prediction):
    thumbnails.show(prediction, 0.0, 1)
    thumbnails.show_nothing()
    drawn = screen.picture(thumbnails.canvas[MASKS])
    assert all((drawn[:, 80 * n : 80 * n + 56] == LEFT_OUT).all() for n in range(4))
    assert screen.drawn(thumbnails.canvas[FRAMES]) == []
    assert "predicted" not in thumbnails._captions.value
