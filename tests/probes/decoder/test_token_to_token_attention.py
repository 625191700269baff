"""Attention among the decoder's tokens, with weights that were put there."""

import numpy as np

from sam_explore.probes import TokenToTokenAttention
from sam_explore.probes.common.attention import ALL

from ...small import putting, small_trace

NAME = "mask_decoder.transformer.layers.1.self_attention.hook_pattern"


def looking():
    """Each looks at itself, but in head 3 at the point, and mask 1 there at padding, too."""
    weights = np.tile(np.eye(7), (1, 4, 1, 1))
    weights[0, 3] = 0
    weights[0, 3, :, 5] = 1
    weights[0, 3, 2] = [0, 0, 0, 0, 0, 0.5, 0.5]
    return putting(small_trace(), NAME, weights)


def test_the_table_has_queries_as_rows_and_keys_as_columns():
    reading = TokenToTokenAttention(layer=1, head=3)(looking())

    assert reading.rows == reading.columns
    assert reading.rows == ("IoU", "mask 0", "mask 1", "mask 2", "mask 3", "point 0", "padding")
    assert reading.values[2].tolist() == [0, 0, 0, 0, 0, 0.5, 0.5]
    assert reading.words == (
        "In layer 1, head 3 has its greatest weight where “IoU” looks at “point 0”: 1. In the mean "
        "over all 7 tokens “point 0” is looked at most, with 0.929."
    )


def test_the_mean_of_all_heads_and_all_heads_side_by_side():
    trace = looking()
    mean = TokenToTokenAttention(layer=1)(trace)
    # Three heads look at themselves.
    assert mean.values[0].tolist() == [0.75, 0, 0, 0, 0, 0.25, 0]
    every = TokenToTokenAttention(layer=1, head=ALL)(trace)
    np.testing.assert_array_equal(np.mean([one.values for one in every.readings], 0), mean.values)
    assert [one.title for one in every.readings] == ["head 0", "head 1", "head 2", "head 3"]


def test_another_layer_has_weights_of_its_own():
    reading = TokenToTokenAttention(layer=0)(looking())
    np.testing.assert_allclose(reading.values.sum(axis=1), 1, atol=1e-6)
    assert reading.values[0, 1] > 0
