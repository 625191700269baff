"""The band and the stability of masks whose logits are given."""

import numpy as np
import pytest

from sam_explore.probes import StabilityCurve

from ...small import answering, small_trace


@pytest.fixture(scope="module")
def trace():
    """Mask 1 is 2 everywhere, mask 2 is 0.5, mask 3 is −5: empty. Mask 0 changes half way."""
    logits = np.zeros((4, 10, 20))
    logits[0, :, :10], logits[0, :, 10:] = 3, -0.5
    logits[1], logits[2], logits[3] = 2, 0.5, -5
    full = np.concatenate([logits, logits], axis=1)  # padding as above, so that no edge is blurred
    return answering(small_trace(), full, [0.9, 0.2, 0.8, 0.3])


def test_the_score_falls_where_the_offset_reaches_the_logits(trace):
    chart = StabilityCurve()(trace).readings[1]
    one, two, three = (chart.curves[mask].y for mask in (1, 2, 3))
    assert chart.x[:5].tolist() == [0, 0.25, 0.5, 0.75, 1]
    assert one[chart.x < 2].tolist() == [1] * 8
    assert one[chart.x >= 2].max() == 0
    assert two[chart.x < 0.5].tolist() == [1, 1]
    assert two[chart.x >= 0.5].max() == 0
    assert not three.any()  # an empty mask: 0 at every offset that leaves it so, and beyond


def test_the_band_holds_what_only_the_looser_cut_has(trace):
    band = StabilityCurve(mask=0)(trace).readings[0].values
    assert band[5, 4] == 2
    assert band[5, -4] == 1
    assert StabilityCurve(mask=3)(trace).readings[0].values.max() == 0
    assert StabilityCurve(mask=2, offset=0.25)(trace).readings[0].values.min() == 2


def test_the_words_give_score_band_and_the_empty_masks(trace):
    words = StabilityCurve(mask=2)(trace).words
    assert words == (
        "Mask 2's stability at an offset of 1 is 0.00: 0 % of the picture lie inside for both "
        "cuts, 100 % in the band. Empty at the threshold: mask 3; one that is empty at both cuts "
        "has a stability of 0."
    )


def test_the_scores_stand_next_to_one_another(trace):
    truth = np.ones((20, 40), bool)
    table = StabilityCurve(truth=truth)(trace).readings[2]
    assert table.columns == ("predicted IoU", "stability", "true IoU")
    np.testing.assert_allclose(table.values[1:], [[0.2, 1, 1], [0.8, 0, 1], [0.3, 0, 0]], rtol=1e-6)
