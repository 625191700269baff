"""Features of the upscaling's steps that were put there."""

import numpy as np
import pytest

from sam_explore.probes import UpscalingFeatures
from sam_explore.probes.decoder.upscaling_features import within_tokens

from ...small import putting, small_trace


def test_channels_are_ordered_by_their_variance_over_the_picture():
    features = np.zeros((4, 20, 20))
    features[1, :10:2] = 1  # a standard deviation of 0.5
    features[3, :5] = 3  # 1.5
    features[0, 10:] = 100  # over padding
    trace = putting(small_trace(), "mask_decoder.mask_generator.hook_features", features)

    reading = UpscalingFeatures()(trace)

    assert [one.title for one in reading.maps][:2] == ["Channel 3", "Channel 1"]
    np.testing.assert_array_equal(reading.maps[1].values, features[1, :10])
    assert "Channel 3 varies most, with a standard deviation of 1.5" in reading.words
    assert UpscalingFeatures(rank=1)(trace).title == "Channel 1"


def test_a_cell_of_the_first_step_covers_two_by_two_logits():
    features = np.zeros((8, 10, 10))
    features[5] = np.arange(100).reshape(10, 10)
    trace = putting(small_trace(), "mask_decoder.mask_generator.hook_double", features)

    reading = UpscalingFeatures(step="first step", rank=0)(trace)

    assert reading.values.shape == (10, 20)
    assert reading.values[:2, :4].tolist() == [[0, 0, 1, 1]] * 2
    assert reading.values[9, 19] == 49
    assert reading.frame == "logits"


def test_the_decoded_image_is_a_map_of_the_tokens():
    tokens = np.zeros((25, 32))
    tokens[:, 30] = np.arange(25)
    trace = putting(small_trace(), "mask_decoder.transformer.hook_image", tokens)

    reading = UpscalingFeatures(step="decoded image", rank=0)(trace)

    assert (reading.title, reading.frame) == ("Channel 30", "tokens")
    np.testing.assert_array_equal(reading.values, np.arange(25).reshape(5, 5))
    assert reading.words.startswith("Before the upscaling, in the decoded image there are 32")
    assert reading.words.endswith("0 % lies within tokens.")


def test_variance_within_tokens():
    # Two tokens of one row of two cells each way: 0 and 2 within, 0 and 4 between their means.
    maps = np.array([[[0.0, 2.0, 4.0, 6.0]] * 2])
    # Variance of the whole 5, of the means 1 and 5: 4.
    assert within_tokens(maps, 2) == pytest.approx(0.2)
    assert within_tokens(np.ones((1, 2, 2)), 2) == 0
