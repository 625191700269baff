"""Masks without a channel, worked out by hand."""

import numpy as np

from sam_explore.probes import ChannelOff

from ...small import small_trace
from .by_hand import generator_by_hand


def test_what_is_left_and_what_has_changed():
    trace, logits = generator_by_hand()

    chart, left, change = ChannelOff(channel=0)(trace).readings

    np.testing.assert_allclose(left.values, logits[:10] + 1)
    np.testing.assert_allclose(change.values, 1)
    # Without channel 1 nothing is left of the mask. Without channel 0 half of the checkerboard
    # comes in: of 16 + (200 - 16) / 2 logits 16 are shared. The others change no sign.
    np.testing.assert_allclose(chart.curves[0].y, [16 / 108, 0, 1, 1])


def test_the_one_that_is_needed_most_is_shown_where_none_is_chosen():
    trace, _ = generator_by_hand()
    reading = ChannelOff()(trace)
    assert reading.readings[1].title == "Mask 2 without channel 1"
    assert reading.words.startswith(
        "Of 4 channels, the mask changes most without channel 1: its IoU with the mask of all is "
        "0; for the median channel it is 0.574. Without channel 1 it shrinks from 8 % to 0 % of "
        "the picture. The logits of mask 2 go from −1.5 to −0.5; 0 % lie above 0."
    )


def test_given_a_truth_the_chart_says_whether_a_change_is_for_the_better():
    trace, _ = generator_by_hand()
    truth = trace.prediction.upscaled[2] > 0
    chart = ChannelOff(truth=truth)(trace).readings[0]
    without, of_all = (curve.y for curve in chart.curves[1:])
    np.testing.assert_array_equal(of_all, 1)
    np.testing.assert_allclose(without[1:], [0, 1, 1])
    assert 0 < without[0] < 1
    assert len(ChannelOff()(trace).readings[0].curves) == 1


def test_the_change_is_the_product_with_its_sign_turned():
    trace = small_trace()
    features = trace["mask_decoder.mask_generator.hook_features"][0, 1, :10].numpy()
    weight = float(trace["mask_decoder.mask_generator.hook_mask_vectors"][0, 3, 1])
    change = ChannelOff(channel=1, mask=3)(trace).readings[2].values
    np.testing.assert_allclose(change, -weight * features, atol=1e-4)
