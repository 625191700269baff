"""Likeness to tokens that were put behind a block."""

import numpy as np
import pytest

from sam_explore.probes import TokenSimilarity

from ...small import answering, putting, small_trace

AFTER = "image_encoder.vit.blocks.1.hook_residual_post"
TOKEN = {"of": "the picked token"}


def two_kinds():
    """Of 3 rows that the picture has, the two columns on the right go one way, the others not."""
    tokens = np.full((5, 5, 24), 3.0)  # what all have in common
    tokens[:, :3, 4], tokens[:, 3:, 4] = -2.0, 3.0  # around the mean, which is 0
    return putting(small_trace(), AFTER, tokens)


def test_around_the_mean_tokens_are_alike_or_opposite():
    found = TokenSimilarity(token=(1, 4), **TOKEN)(two_kinds())
    np.testing.assert_allclose(found.values[:3], [[-1, -1, -1, 1, 1]] * 3, atol=1e-6)
    assert np.isnan(found.values[3:]).all()
    assert found.marks == ((1, 4),)
    assert "40 % of them are above 0" in found.words


def test_the_masks_mean_counts_tokens_by_how_much_of_them_is_inside():
    logits = np.full((4, 10, 20), -1.0)
    logits[1, :4, 12:20] = 1.0  # the first row's two tokens on the right
    logits[1, :4, 8:10] = 1.0  # and half of the one before: 2 * 3 - 0.5 * 2 > 0
    trace = answering(two_kinds(), logits, [0.1, 0.9, 0.1, 0.1])
    found = TokenSimilarity(mask=1)(trace)
    np.testing.assert_allclose(found.values[:3], [[-1, -1, -1, 1, 1]] * 3, atol=1e-6)
    assert "the mean token of mask 1, of 3 tokens" in found.words
    empty = TokenSimilarity(token=(1, 4), mask=0)(trace)
    assert "the token at row 1, column 4, since mask 0 is empty" in empty.words


def test_likeness_is_held_against_the_truth_and_against_nearness():
    truth = np.zeros((20, 40), bool)
    truth[:, 24:] = True  # the two columns on the right
    words = TokenSimilarity(token=(1, 4), truth=truth, **TOKEN)(two_kinds()).words
    # All 6 tokens inside are more alike than the 9 outside. As for nearness to (1, 4), those of the
    # column before lie 1, 1.4 and 1.4 away, as far as none outside: 2, 2.2 and more.
    assert "more alike in a share of 1.00, and nearer in one of 1.00" in words
    words = TokenSimilarity(token=(1, 2), truth=truth, **TOKEN)(two_kinds()).words
    assert "more alike in a share of 0.00" in words


@pytest.mark.parametrize("block", [-1, 3])
def test_the_embedding_is_a_depth_too(block):
    found = TokenSimilarity(block=block, token=(0, 0), **TOKEN)(small_trace())
    assert found.values[0, 0] == pytest.approx(1)
