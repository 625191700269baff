"""Attention on drawn objects, with weights that were put there."""

import numpy as np
import pytest

from sam_explore.geometry import Frame
from sam_explore.probes import AttentionByPromptQuality
from sam_explore.probes.common.decoder_attention import mask_by_cell, share_by_token
from sam_explore.probes.decoder.attention_by_prompt_quality import Target, deepest, way_out

from ...small import putting, small_trace

FINAL = "mask_decoder.transformer.final_token_to_image.hook_pattern"


def square(side: int = 9) -> np.ndarray:
    """A square of 5 x 5 pixels, from 2 to 6 on both axes."""
    mask = np.zeros((side, side), bool)
    mask[2:7, 2:7] = True
    return mask


def test_the_middle_is_what_is_left_longest_and_the_way_out_ends_inside():
    mask = square()
    assert deepest(mask) == (4, 4)
    assert way_out(mask, (4, 4), 0.0) == [(4, 4), (5, 4), (6, 4)]
    assert way_out(mask, (4, 4), np.pi / 2) == [(4, 4), (4, 5), (4, 6)]
    assert way_out(np.ones((3, 3), bool), (1, 1), np.pi) == [(1, 1), (0, 1)]


def test_a_token_is_inside_by_the_share_of_it_that_the_mask_covers():
    # Tokens of 8 input pixels, which are 4 pixels of this picture; the lower half is padding.
    frame = Frame(image_size=(8, 16), input_size=(16, 32), side=32, patch_size=8)
    mask = np.zeros((8, 16), bool)
    mask[:4, 2:8] = True  # half of token (0, 0), the whole of (0, 1)
    mask[4, 12:] = True  # a quarter of token (1, 3)
    expected = np.zeros((4, 4))
    expected[0, :2] = 0.5, 1
    expected[1, 3] = 0.25
    np.testing.assert_array_equal(share_by_token(mask_by_cell(mask, frame), frame.grid), expected)


def test_prompts_get_worse_from_the_middle_to_the_edge_and_with_the_jitter():
    image, mask = np.zeros((40, 40, 3), np.uint8), np.zeros((40, 40), bool)
    mask[10:31, 10:31] = True
    target = Target(image, mask, deepest(mask), 3)

    clicks = np.array([each.points[0] for each in target.prompts("click")])
    assert clicks[0].tolist() == [20, 20]
    away = np.linalg.norm(clicks - 20, axis=1)
    assert (np.diff(away) > 0).all()
    assert all(mask[int(y), int(x)] for x, y in clicks)
    edges = np.abs(clicks[-1] - 20).max()
    assert edges == 10

    boxes = np.array([each.box for each in target.prompts("box")])
    assert boxes[0].tolist() == [10, 10, 31, 31]
    moved = np.abs(boxes - boxes[0])
    np.testing.assert_allclose(moved[2], 2 * moved[1])
    assert (moved[1] <= 0.1 * 21).all()


@pytest.mark.parametrize("looking", ["mask token", "prompt token"])
def test_attention_that_is_spread_evenly_has_the_share_of_the_objects_area(looking):
    trace = putting(small_trace(), FINAL, np.full((1, 1, 1, 25), 1 / 25))

    shares, moved, ious = AttentionByPromptQuality(scenes=3, place=2, looking=looking)(
        trace
    ).readings

    attention, even = shares.curves
    np.testing.assert_allclose(attention.y, even.y, atol=1e-6)
    np.testing.assert_allclose(moved.curves[0].y, 0, atol=1e-9)
    assert shares.x.tolist() == [0, 0.25, 0.5, 0.75, 1]
    assert ((ious.curves[0].y >= 0) & (ious.curves[0].y <= 1)).all()
    assert attention.low is not None
    assert (attention.low <= attention.y).all()


def test_the_mean_of_all_places_is_the_mean_of_each():
    trace = small_trace()
    by_place = [
        AttentionByPromptQuality(scenes=2, prompt="box", place=place)(trace).readings[0].curves[0].y
        for place in (-1, 0, 1, 2)
    ]
    np.testing.assert_allclose(by_place[0], np.mean(by_place[1:], axis=0), atol=1e-6)


def test_the_words_say_whether_the_interval_holds_zero():
    trace = putting(small_trace(), FINAL, np.full((1, 1, 1, 25), 1 / 25))
    words = AttentionByPromptQuality(scenes=2, place=2)(trace).words
    assert words.startswith("Over 2 scenes the mask token gives ")
    assert "which holds 0." in words
