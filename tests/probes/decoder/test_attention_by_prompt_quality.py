"""Attention on drawn objects, with weights that were put there."""

from dataclasses import replace

import numpy as np
import pytest

from sam_explore.geometry import Frame, Prompts
from sam_explore.mask_overlap import mask_iou
from sam_explore.model import Sam
from sam_explore.probes import AttentionByPromptQuality
from sam_explore.probes.common.asked_objects import (
    JITTER,
    OFF,
    AskedObject,
    asked_objects,
    deepest,
    way_out,
)
from sam_explore.probes.common.decoder_attention import mask_by_cell, share_by_token
from sam_explore.tracing import Cancelled, between_steps

from ...small import small_sam, small_trace


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
    target = AskedObject(image, mask, deepest(mask), 3)

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


def looking_everywhere() -> Sam:
    """Without queries all scores of the last attention are 0, and all weights the same."""
    sam = small_sam()
    sam.mask_decoder.transformer.final_token_to_image.q.weight.zero_()
    sam.mask_decoder.transformer.final_token_to_image.q.bias.zero_()
    return sam


@pytest.mark.parametrize("looking", ["mask token", "prompt token"])
@pytest.mark.parametrize("prompt", ["click", "box"])
def test_attention_that_is_spread_evenly_has_the_share_of_the_objects_area(looking, prompt):
    probe = AttentionByPromptQuality(prompt=prompt, scenes=2, place=2, looking=looking)

    reading = probe(small_trace(looking_everywhere()))

    shares, moved, ious = reading.readings
    attention, even = shares.curves
    np.testing.assert_allclose(attention.y, even.y, atol=1e-6)
    np.testing.assert_allclose(moved.curves[0].y, 0, atol=1e-6)
    assert shares.x.tolist() == list({"click": OFF, "box": JITTER}[prompt])
    assert ((ious.curves[0].y >= 0) & (ious.curves[0].y <= 1)).all()
    assert reading.words.startswith(f"Over 2 scenes the {looking} gives ")


def test_each_prompt_is_measured_as_a_run_of_its_own():
    trace = small_trace()
    asked = next(asked_objects())
    run = replace(trace, image=asked.image, prompts=Prompts())
    inside = share_by_token(mask_by_cell(asked.mask, run.frame), run.frame.grid)

    shares, ious, area = AttentionByPromptQuality(place=1).measured(trace, asked)

    for step, prompts in enumerate(asked.prompts("click")):
        one = run.with_prompts(prompts)
        chosen = one.prediction.chosen
        weights = one["mask_decoder.transformer.layers.1.token_to_image.hook_pattern"]
        looks = weights[0, :, 1 + chosen].mean(dim=0).reshape(5, 5).numpy()
        assert shares[step] == pytest.approx((looks * inside).sum(), abs=1e-5)
        truth = mask_by_cell(asked.mask, run.frame)
        assert ious[step] == pytest.approx(mask_iou(one.prediction.logits[chosen] > 0, truth))
    assert area == pytest.approx(inside.mean())


def test_the_mean_of_all_places_is_the_mean_of_each():
    trace = small_trace()
    by_place = [
        AttentionByPromptQuality(scenes=2, prompt="box", place=place)(trace).readings[0].curves[0].y
        for place in (-1, 0, 1, 2)
    ]
    np.testing.assert_allclose(by_place[0], np.mean(by_place[1:], axis=0), atol=1e-6)


def test_scenes_are_announced_and_can_be_cancelled():
    def stop(what: str) -> None:
        if what == "Scene 2 of 3":
            raise Cancelled

    with between_steps(stop), pytest.raises(Cancelled):
        AttentionByPromptQuality(scenes=3)(small_trace())


def test_the_words_say_whether_the_interval_holds_zero():
    words = AttentionByPromptQuality(scenes=2)(small_trace()).words
    assert ("which holds 0." in words) != ("which does not hold 0." in words)
