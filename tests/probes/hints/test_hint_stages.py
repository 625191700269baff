"""A mask hint whose features are given."""

import numpy as np
import pytest

from sam_explore.probes import HintStages

from ...small import putting, small_trace

ENCODER = "mask_decoder.mask_hint_encoder"
HINT = np.full((20, 20), -3.0, np.float32)
HINT[2, 4] = 7


def hinted():
    trace = small_trace()
    return trace.with_prompts(trace.prompts.with_mask_hint(HINT))


def test_each_stage_is_a_map_of_norms_or_of_one_channel():
    half = np.zeros((4, 10, 10))
    half[0, 1, 2], half[1, 1, 2] = 3, -4
    quarter = np.zeros((16, 5, 5))
    quarter[3, 0, 1], quarter[5, 0, 1] = -5, 12
    trace = putting(hinted(), f"{ENCODER}.hook_half", half)
    trace = putting(trace, f"{ENCODER}.hook_quarter", quarter)

    given, first, second, *_ = HintStages()(trace).readings
    assert given.values.shape == (10, 20)  # over the picture, whose lower half is padding
    assert (given.values[2, 4], given.values[0, 0]) == (7, -3)
    assert (first.values[1, 2], first.values.sum()) == (5, 5)
    assert (second.values[0, 1], second.values.sum()) == (13, 13)
    assert (given.frame, first.frame, second.frame) == ("logits", "", "tokens")

    _, first, second, *_ = HintStages(channel=1)(trace).readings
    assert (first.values[1, 2], first.values.sum(), first.scale.centre) == (-4, -4, 0)
    assert second.values.sum() == 0


def test_what_is_added_is_compared_with_the_image_tokens():
    added, tokens = np.zeros((32, 5, 5)), np.zeros((32, 5, 5))
    added[0, 4, 3], added[1, 4, 3] = 6, 8
    tokens[2] = 5
    tokens[3, 4, 3] = 12  # a norm of 13 there
    trace = putting(hinted(), f"{ENCODER}.hook_out", added)
    trace = putting(trace, "image_encoder.channel_projection.hook_out", tokens)

    *_, norms, shares = HintStages()(trace).readings
    assert (norms.values[4, 3], norms.values.sum()) == (10, 10)
    assert shares.values[4, 3] == pytest.approx(10 / 13)
    assert "norm of 0.4 in the mean, and most, 10, in row 4, column 3." in norms.words


def test_without_a_hint_one_vector_is_added_everywhere():
    vector = np.zeros((1, 32, 1, 1))
    vector[0, :2, 0, 0] = 3, 4
    trace = putting(small_trace(), f"{ENCODER}.hook_out", vector)
    reading = HintStages()(trace)
    norms, _ = reading.readings
    np.testing.assert_array_equal(norms.values, np.full((5, 5), 5.0))
    assert '"no mask" is added to every token; its norm is 5.' in reading.words
