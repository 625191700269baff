"""A predicted IoU as a sum over neurons whose values are known."""

import numpy as np
import pytest

from sam_explore.probes import ScoreNeurons

from ...small import small_sam, small_trace


@pytest.fixture(scope="module")
def trace():
    """Neurons 0 and 2 are on in the second hidden layer, with 2 and 1; none is in the first."""
    sam = small_sam()
    first, second, last = sam.mask_decoder.iou_predictor.head.layers
    first.weight.zero_()
    first.bias.fill_(-1)
    second.bias.fill_(-1)
    second.bias[0], second.bias[2] = 2, 1
    last.weight.zero_()
    last.weight[1, 0], last.weight[1, 2], last.weight[1, 5] = 0.25, -0.5, 9
    last.weight[2, 0] = 0.1
    last.bias[1] = 0.3
    return small_trace(sam)


def test_shares_in_the_order_of_their_size_end_at_the_predicted_iou(trace):
    chart, table, _ = ScoreNeurons(mask=1)(trace).readings
    shares, total = chart.curves
    # 0.25 x 2, -0.5 x 1, and neuron 5 is off. Of equal sizes the first comes first.
    assert chart.x_labels == ("0", "2")
    np.testing.assert_allclose(shares.y, [0.5, -0.5], atol=1e-6)
    np.testing.assert_allclose(total.y, [0.8, 0.3], atol=1e-6)
    assert table.columns == ("bias", "for", "against", "predicted")
    np.testing.assert_allclose(table.values[1], [0.3, 0.5, -0.5, 0.3], atol=1e-6)
    np.testing.assert_allclose(table.values[:, 3], trace.prediction.iou, atol=1e-5)
    words = ScoreNeurons(mask=1)(trace).words
    assert words.startswith(
        "Mask 1's predicted IoU is 0.3: a bias of 0.3, 0.5 by neurons for and −0.5 by neurons "
        "against it. The largest share is 0.5, of neuron 0. Of the first hidden layer's neurons "
        "0 % are on, of the second 12 %. The mask, which none of them sees, covers "
    )


def test_masks_are_told_apart_by_the_weights_of_the_last_layer(trace):
    alike = ScoreNeurons()(trace).readings[2].values
    length = np.sqrt(0.25**2 + 0.5**2 + 9**2)
    assert alike[1, 2] == pytest.approx(0.25 / length, abs=1e-6)
    assert np.isnan(alike[0]).all()  # no weights, no direction
