"""Raw logits of four masks whose answer is given."""

import numpy as np
import pytest

from sam_explore.probes import RawLogits
from sam_explore.probes.common.logits import checkerboard, checkerboard_in_words

from ...small import answering, small_trace


@pytest.fixture(scope="module")
def trace():
    logits = np.zeros((4, 10, 20))
    logits[1] = -4
    logits[1, :, :5] = 6  # a quarter of the picture
    logits[2] = 2
    logits[3] = -2
    return answering(small_trace(), logits, [0.9, 0.2, 0.8, 0.3])


def test_each_mask_is_a_map_of_its_logits(trace):
    reading = RawLogits()(trace)

    assert [one.values.shape for one in reading.maps] == [(10, 20)] * 4
    assert {one.frame for one in reading.maps} == {"logits"}
    assert reading.maps[1].values[0].tolist() == [6] * 5 + [-4] * 15
    assert reading.maps[2].values.max() == reading.maps[2].values.min() == 2


def test_all_masks_share_one_scale_around_the_threshold(trace):
    reading = RawLogits(threshold=1.5)(trace)

    assert reading.shared.centre == 1.5
    assert reading.shared.unit == "logit"
    assert (reading.shared.low, reading.shared.high) == (None, None)  # as far as the logits go


def test_a_span_ends_the_colours_on_both_sides_of_the_threshold(trace):
    reading = RawLogits(threshold=1.5, span=2)(trace)

    assert (reading.shared.low, reading.shared.high) == (-0.5, 3.5)


def test_a_title_has_token_predicted_iou_and_stability():
    logits = np.zeros((4, 20, 20))
    logits[2], logits[3] = 2, -2  # everywhere above 1; everywhere below, and empty counts as 0

    trace = answering(small_trace(), logits, [0.9, 0.2, 0.8, 0.3])

    titles = [one.title for one in RawLogits()(trace).maps]
    assert titles[2] == "Mask 2: predicted IoU 0.80,\nstability 1.00"
    assert titles[3] == "Mask 3: predicted IoU 0.30,\nstability 0.00"


def test_the_words_give_range_share_and_the_models_choice(trace):
    reading = RawLogits(threshold=1)(trace)

    assert reading.maps[1].words == "The logits of mask 1 go from −4 to 6; 25 % lie above 1."
    assert reading.words == (
        "The model's choice is mask 2. The logits of mask 2 go from 2 to 2; 100 % lie above 1. "
        "The smallest mask is mask 0 (0 % of the picture), the largest mask 2 (100 %)."
    )


def test_the_checkerboard_is_what_all_tokens_have_in_common_and_is_named():
    # Two tokens side by side: +1 and −1 in turn in both, on top of −8 in one and 4 in the other.
    board = np.indices((4, 8)).sum(axis=0) % 2 * 2.0 - 1
    assert checkerboard(board + np.repeat([-8.0, 4.0], 4)) == 1
    assert checkerboard(np.repeat([[-8.0, 4.0]], 4, axis=0).repeat(4, axis=1)) == 0
    assert np.isnan(checkerboard(np.ones((3, 8))))
    assert "The fine checkerboard comes from the upscaling" in checkerboard_in_words(
        "mask 1", board
    )
    assert "mask 1 it departs by 1 from" in checkerboard_in_words("mask 1", board)
    assert checkerboard_in_words("mask 1", np.ones((8, 8))) == ""
