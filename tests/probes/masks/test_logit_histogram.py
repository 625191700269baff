"""The histogram of logits that are given."""

import numpy as np
import pytest

from sam_explore.probes import LogitHistogram

from ...small import answering, small_trace


@pytest.fixture(scope="module")
def trace():
    logits = np.zeros((4, 10, 20))
    logits[2, :, :5], logits[2, :, 5:15], logits[2, :, 15:] = -3, -1, 1
    return answering(small_trace(), logits, [0.9, 0.2, 0.8, 0.3])


def test_bins_hold_shares_of_the_logits_over_the_picture(trace):
    reading = LogitHistogram(bins=4)(trace)  # -3 to -2, to -1, to 0, to 1

    assert reading.x.tolist() == [-2.5, -1.5, -0.5, 0.5]
    assert reading.curves[0].y.tolist() == [0.25, 0, 0.5, 0.25]
    assert reading.curves[0].style == "steps"


def test_range_and_threshold_are_marked(trace):
    reading = LogitHistogram(threshold=-2.0)(trace)

    assert reading.x_marks == ((-3, "least"), (1, "greatest"), (-2, "threshold"))
    assert reading.words == "The logits of mask 2 go from −3 to 1; 75 % lie above −2."


def test_a_span_draws_the_logits_around_the_threshold_and_tells_of_the_others(trace):
    reading = LogitHistogram(bins=4, span=2)(trace)  # -2 to 2

    assert reading.x.tolist() == [-1.5, -0.5, 0.5, 1.5]
    assert reading.curves[0].y.tolist() == [0, 0.5, 0, 0.25]
    assert reading.x_marks == ((1, "greatest"), (0, "threshold"))
    assert reading.words.endswith("25 % of the logits lie beyond what is drawn.")


def test_the_models_choice_or_a_mask_by_number(trace):
    assert LogitHistogram()(trace).title == "Raw logits of mask 2"
    assert LogitHistogram(mask=0)(trace).title == "Raw logits of mask 0"
    best = int(np.argmax(trace.prediction.iou))
    assert LogitHistogram(mask=-2)(trace).title == f"Raw logits of mask {best}"
    with pytest.raises(ValueError, match=r"mask must lie from -2 to 3"):
        LogitHistogram(mask=4)(trace)


def test_logits_that_are_all_the_same_fill_one_bin(trace):
    reading = LogitHistogram(mask=0, bins=8)(trace)

    assert sorted(reading.curves[0].y) == [0] * 7 + [1]
