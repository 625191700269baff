"""Prototypes and likeness, of tokens along a few directions."""

import numpy as np
import pytest

from sam_explore.probes.common.likeness import distances, likeness, prototypes_of

A, B = np.eye(4)[0], np.eye(4)[1]


def three_kinds() -> np.ndarray:
    """2 x 4 tokens whose mean is nothing: along A, along B, and two against both."""
    return 5.0 * np.array([[2 * A, 2 * B, -A - B, -A - B]] * 2)


def test_one_prototype_is_the_weighted_mean_beyond_the_pictures():
    tokens = three_kinds() + 7.0  # which all have in common
    weights = np.array([[1.0, 0.5, 0, 0], [0, 0, 0, 0]])
    # Of 10 along A and half of 10 along B: (10, 5) / 1.5.
    found = prototypes_of(tokens, weights)
    np.testing.assert_allclose(found, [[10 / 1.5, 5 / 1.5, 0, 0]], atol=1e-12)


def test_two_prototypes_are_the_two_kinds_that_a_mask_holds():
    weights = np.array([[1.0, 1, 0, 0], [1, 1, 0, 0]])
    (mean,) = prototypes_of(three_kinds(), weights)
    np.testing.assert_allclose(mean, [5, 5, 0, 0])  # like neither
    found = prototypes_of(three_kinds(), weights, 2)
    assert sorted(found.tolist()) == [[0, 10, 0, 0], [10, 0, 0, 0]]
    half = np.sqrt(0.5)
    np.testing.assert_allclose(
        likeness(three_kinds(), mean[None]), [[half, half, -1, -1]] * 2, atol=1e-12
    )
    np.testing.assert_allclose(
        likeness(three_kinds(), found), [[1, 1, -half, -half]] * 2, atol=1e-12
    )


def test_there_are_no_more_prototypes_than_tokens_or_kinds():
    weights = np.zeros((2, 4))
    weights[0, 0] = 0.2
    assert prototypes_of(three_kinds(), weights, 5).tolist() == [[10, 0, 0, 0]]
    weights[:, :2] = 1
    assert len(prototypes_of(three_kinds(), weights, 5)) == 2  # two tokens each are the same


def test_a_picture_of_one_colour_is_like_nothing():
    flat = np.full((2, 3, 4), 6.1)
    assert not likeness(flat, prototypes_of(flat, np.ones((2, 3)))).any()
    assert not likeness(flat, A[None]).any()


def test_distances_are_from_the_mean_place():
    weights = np.zeros((1, 4))
    weights[0, [0, 2]] = 1
    assert distances(weights)[0] == pytest.approx([1, 0, 1, 2])
