"""One number of a prediction."""

import numpy as np
import pytest

from sam_explore.tracing.attribution.scalars import MeanLogit, PredictedIoU, value_of

from ...small import answering, small_trace


@pytest.fixture(scope="module")
def trace():
    logits = np.zeros((4, 20, 20))
    logits[2] = np.arange(400).reshape(20, 20)
    return answering(small_trace(), logits, [0.1, 0.2, 0.3, 0.4])


def test_the_mean_of_some_raw_logits(trace):
    region = np.zeros((20, 20), dtype=bool)
    region[0, [1, 5]] = region[1, 0] = True

    assert value_of(trace, MeanLogit(2, region, "logits")) == pytest.approx((1 + 5 + 20) / 3)
    assert value_of(trace, MeanLogit(1, region, "logits")) == 0


def test_the_mean_in_a_part_of_the_picture_is_that_of_the_upscaled_logits(trace):
    region = trace.prediction.masks(threshold=50)[2]
    assert 0 < region.mean() < 1

    found = value_of(trace, MeanLogit(2, region))

    assert found == pytest.approx(trace.prediction.upscaled[2][region].mean(), rel=1e-5)


def test_the_predicted_iou(trace):
    assert value_of(trace, PredictedIoU(3)) == pytest.approx(0.4)


def test_the_region_is_a_copy_that_cannot_be_changed():
    region = np.ones((2, 2), dtype=bool)
    of = MeanLogit(0, region)
    region[:] = False

    assert of.region.all()
    assert not of.region.flags.writeable


def test_a_region_that_is_none_is_refused_in_words():
    with pytest.raises(ValueError, match="False everywhere"):
        MeanLogit(0, np.zeros((2, 2), dtype=bool))
    with pytest.raises(TypeError, match=r"True and False .* float64 of shape \(2, 2\)"):
        MeanLogit(0, np.ones((2, 2)))
    with pytest.raises(TypeError, match=r"bool of shape \(2,\)"):
        MeanLogit(0, np.ones(2, dtype=bool))
    with pytest.raises(ValueError, match="one of picture, logits, not 'tokens'"):
        MeanLogit(0, np.ones((2, 2), dtype=bool), "tokens")
