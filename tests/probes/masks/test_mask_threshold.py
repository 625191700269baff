"""One mask, raw and binary, from logits that are given."""

import numpy as np
import pytest

from sam_explore import probes
from sam_explore.probes import MaskThreshold

from ...small import answering, small_trace

# Left half -4, right half 4. At twice the size the step between them has -2 and 2 in the middle:
# pixels lie at -0.25, 0.25, 0.75 ... of the cells, and pixels 19 and 20 at 9.25 and 9.75.
ROW = [-4.0] * 19 + [-2.0, 2.0] + [4.0] * 19


@pytest.fixture(scope="module")
def trace():
    logits = np.zeros((4, 20, 20))  # the padding too, which is upscaled before it is cut off
    logits[1, :, :10], logits[1, :, 10:] = -4, 4
    return answering(small_trace(), logits, [0.9, 0.8, 0.2, 0.3])


def test_both_have_the_size_of_the_picture(trace):
    raw, binary = MaskThreshold()(trace).readings

    assert raw.values.shape == binary.values.shape == (20, 40)
    assert raw.frame == binary.frame == "picture"


def test_the_mask_is_where_the_upscaled_logits_exceed_the_threshold(trace):
    raw, binary = MaskThreshold(threshold=2.0)(trace).readings

    np.testing.assert_allclose(raw.values[3], ROW, atol=1e-6)
    assert raw.scale.centre == 2
    assert binary.values[3].tolist() == [0] * 21 + [1] * 19  # 2 does not exceed 2
    assert (binary.scale.low, binary.scale.high) == (0, 1)


def test_the_words_give_range_share_and_stability(trace):
    reading = MaskThreshold(threshold=2.5)(trace)

    # 19 of 40 columns exceed 2.5 and also 3.5; 20 exceed 1.5: 19 / 20.
    assert "go from −4 to 4; 48 % lie above 2.5." in reading.words
    assert "stability score is 0.95" in reading.words
    assert reading.title == "Mask 1, raw and binary, stability 0.95"


def test_cells_with_its_earlier_name_still_run():
    assert probes.BinaryBesideRaw is MaskThreshold
    assert "BinaryBesideRaw" not in probes.__all__
