"""Facts about the mask decoder, with attention, vectors and features that are given."""

import re
from types import SimpleNamespace

import numpy as np
import pytest

from sam_explore.course import facts
from sam_explore.model.addresses import FINAL_ATTENTION, MASK_VECTORS, in_decoder_attention

from ...probes.decoder.by_hand import MASK, generator_by_hand
from ...small import putting, small_trace

PATTERN = in_decoder_attention(FINAL_ATTENTION, "hook_pattern")


def now(trace) -> SimpleNamespace:
    return SimpleNamespace(trace=trace, token=(0, 0), threshold=0.0, chosen=None, shown_truth=None)


def looking_at(trace, row: int, column: int):
    """The same run, where every token looks at one image token alone, in the end."""
    weights = np.zeros(25)
    weights[5 * row + column] = 1
    return putting(trace, PATTERN, weights)


def test_the_place_that_gets_all_weight_is_looked_at_and_lies_inside_or_not():
    trace, _ = generator_by_hand()  # mask 2 is the upper left token
    assert trace.prediction.chosen == MASK
    inside = now(looking_at(trace, 0, 0))
    assert facts.looked_at(inside).values[0, 0] == pytest.approx(1)
    assert facts.looks_inside(inside).value == pytest.approx(100)
    assert "covers 4 % of the image tokens" in facts.looks_inside(inside).words
    outside = now(looking_at(trace, 2, 3))
    assert "row 2, column 3: 25 times an even share" in facts.looked_at(outside).words
    assert facts.looks_inside(outside).value == 0


def test_what_is_needed_most_is_the_token_without_which_least_is_left():
    fact = facts.needed_most(now(small_trace()))
    assert fact.value in ("own", "prompt", "others")
    left = {name: float(iou) for iou, name in re.findall(r"([\d.]+) without “(.+?)”", fact.words)}
    assert len(left) == 7  # the IoU token, four mask tokens, the click and the padding point
    needed = min(left, key=lambda name: left[name])
    chosen = small_trace().prediction.chosen
    kinds = {f"mask {chosen}": "own", "point 0": "prompt", "padding": "prompt"}
    assert fact.value == kinds.get(needed, "others")


def test_a_token_that_is_looked_at_first_may_be_one_that_the_mask_can_spare():
    trace = small_trace()
    mask = trace.prediction.chosen
    weights = np.zeros((1, 4, 7, 7))
    weights[..., 0] = 1  # all look at the IoU token
    run = putting(trace, in_decoder_attention("layers.0.self_attention", "hook_pattern"), weights)
    fact = facts.looked_at_first(now(run))
    assert fact.words.startswith(
        f"In layer 0 mask {mask}'s token looks most at “IoU”, with a weight of 1; without “IoU” "
    )
    (left,) = re.findall("([0-9.]+) without “IoU”", facts.needed_most(now(run)).words)
    assert fact.value == pytest.approx(100 * float(left), abs=0.6)


def test_vectors_that_are_given_are_as_alike_as_they_are():
    vectors = np.zeros((1, 4, 4))
    vectors[0] = [[1, 0, 0, 0], [2, 0, 0, 0], [1, 1, 0, 0], [-1, 0, 0, 0]]
    fact = facts.vectors_alike(now(putting(small_trace(), MASK_VECTORS, vectors)))
    assert fact.value == pytest.approx(-1)
    assert "masks 0 and 1 are most alike, with a cosine of 1," in fact.words
    assert "masks 0 and 3 least" in fact.words
    # The vectors are put in place of whatever the weights make: shuffled ones have the same.
    assert fact.words.endswith("the cosines of two masks' vectors are −1 to 1.")


def test_a_checkerboard_in_every_token_is_detail_and_one_bright_token_is_not():
    trace, _ = generator_by_hand()
    # Channel 1 is 2 in one of 25 tokens, and differs between tokens: 4 (1/25 - 1/625). Channel 2
    # is the checkerboard, within tokens: 1. The other two are constant.
    between = 4 * (1 / 25 - 1 / 625)
    assert facts.detail_of_upscaling(now(trace)).value == pytest.approx(100 / (1 + between))


def test_channels_that_change_no_sign_can_be_spared():
    trace, _ = generator_by_hand()
    # See `test_channel_off`: without channels 2 and 3 the mask is the same.
    fact = facts.spared_channels(now(trace))
    assert fact.value == 50
    assert fact.words.startswith("Of 4 channels the mask can spare each of 2:")
    assert fact.words.endswith(
        "It changes most without channel 1, where it keeps 0: it shrinks from 8 % to 0 % of the "
        "picture."
    )


def test_a_mask_that_is_better_without_a_channel_is_said_to_be_better():
    trace, _ = generator_by_hand()
    run = now(trace)
    run.shown_truth = np.zeros(trace.image.shape[:2], bool)
    run.shown_truth[:, 30:] = True  # the mask lies elsewhere
    words = facts.spared_channels(run).words
    assert words.endswith("from 0.00 to 0.00.")
    run.shown_truth = trace.prediction.upscaled[MASK] > 0
    words = facts.spared_channels(run).words
    assert "goes from 1.00 to 0.00: as a mask of that it is worse." in words
