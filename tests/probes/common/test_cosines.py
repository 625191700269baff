"""Cosines of pairs of tokens, by hand."""

import numpy as np

from sam_explore.probes.common.cosines import cosines_of_pairs


def test_pairs_are_compared_less_their_mean():
    one = np.array([[[1.0, 3.0]], [[0.0, 0.0]]])  # less the mean (2, 0): −1 and 1 along a channel
    other = np.array([[[5.0, 9.0]], [[0.0, 4.0]]])  # less (7, 2): (−2, −2) and (2, 2)
    np.testing.assert_allclose(cosines_of_pairs(one, other), [[np.sqrt(0.5)] * 2])
    np.testing.assert_allclose(cosines_of_pairs(one, -other), [[-np.sqrt(0.5)] * 2])


def test_a_token_that_is_the_mean_up_to_rounding_has_no_direction():
    one = np.array([[[1.0, 2.0 + 1e-9, 3.0]], [[0.0, 1e-9, 0.0]]])
    np.testing.assert_allclose(cosines_of_pairs(one, one), [[1, 0, 1]])
