"""Masks between two whose logits are given, and vectors blended in the model itself."""

import numpy as np
import pytest

from sam_explore.model.addresses import MASK_VECTORS
from sam_explore.probes import MaskBlend

from ...small import answering, putting, small_trace


@pytest.fixture(scope="module")
def trace():
    """Mask 1 is the left quarter, mask 3 the left half, mask 2 lies between, mask 0 is all."""
    logits = np.full((4, 10, 20), -2.0)
    logits[0] = 1
    logits[1, :, :5] = 6
    logits[2, :, :8] = 2
    logits[3, :, :10] = 2
    return answering(small_trace(), logits, [0.9, 0.2, 0.8, 0.3])


def test_a_share_of_both_logits_is_cut_at_the_threshold(trace):
    blend, chart = MaskBlend(share=0.5)(trace).readings
    assert blend.values[0].tolist() == [4] * 5 + [0] * 5 + [-2] * 10
    assert blend.words.startswith(
        "The logits of masks 1 and 3, blended go from −2 to 4; 25 % lie above 0. The second has "
        "50 % of the vector."
    )
    blend, _ = MaskBlend(share=0.75)(trace).readings
    assert blend.values[0].tolist() == [3] * 5 + [1] * 5 + [-2] * 10
    first, second = chart.curves
    assert (first.name, second.name) == ("with mask 1", "with mask 3")
    assert first.y[0] == second.y[-1] == 1
    assert first.y[-1] == second.y[0] == pytest.approx(0.5, abs=0.1)


def test_any_two_masks_can_be_the_ends(trace):
    blend, _ = MaskBlend(share=1.0, start=3, end=0)(trace).readings
    assert blend.title == "Mask 3 to 0: 100 % of the way"
    assert (blend.values == 1).all()


def test_a_truth_is_compared_with_on_the_way(trace):
    truth = np.zeros((20, 40), bool)
    truth[:, :10] = True  # mask 1 is this quarter, but for what lies between two cells
    reading = MaskBlend(truth=truth)(trace)
    *_, true = reading.readings[1].curves
    assert true.name == "true, the truth given"
    assert true.y[0] > 0.85
    assert true.y[-1] == pytest.approx(0.5, abs=0.1)
    words = f"The true IoU with the truth given goes from {true.y[0]:.2f} to {true.y[-1]:.2f}"
    assert words in reading.words
    assert reading.words.endswith("Predicted for the ends: 0.20 and 0.30.")


def test_it_is_the_mask_that_the_model_makes_of_the_blended_vector():
    trace = small_trace()
    vectors = trace[MASK_VECTORS][0].numpy().copy()
    vectors[2] = 0.3 * vectors[1] + 0.7 * vectors[3]
    made = putting(trace, MASK_VECTORS, vectors).prediction.visible[2]
    blend, _ = MaskBlend(share=0.7, start=1, end=3)(trace).readings
    np.testing.assert_allclose(blend.values, made, atol=1e-4)
