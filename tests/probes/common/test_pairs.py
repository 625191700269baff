"""The share of pairs in order, by hand."""

import numpy as np
import pytest

from sam_explore.probes.common.pairs import order_of_pairs


@pytest.mark.parametrize(
    ("scores", "inside", "share"),
    [
        ([1, 2, 3, 4], [0, 0, 1, 1], 1.0),
        ([4, 3, 2, 1], [0, 0, 1, 1], 0.0),
        ([1, 3, 2, 4], [0, 0, 1, 1], 0.75),
        ([1, 1, 1, 1], [0, 0, 1, 1], 0.5),
        ([1, 2, 3, 4], [0, 0, 0, 0], np.nan),
    ],
)
def test_the_order_of_pairs_by_hand(scores, inside, share):
    found = order_of_pairs(np.array([scores], float), np.array([inside], bool))
    np.testing.assert_equal(found, share)
