"""Likeness to tokens that were put behind a block."""

from dataclasses import replace

import numpy as np
import pytest

from sam_explore.probes import TokenSimilarity
from sam_explore.probes.common.likeness import check_comparable
from sam_explore.tracing import Trace

from ...small import SMALL, answering, putting, small_sam, small_trace

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


def with_parts():
    """Of 3 rows that the picture has: columns 0 and 1 along one channel, 2 and 3 along another.

    The last column is what makes the mean nothing.
    """
    tokens = np.zeros((5, 5, 24))
    tokens[:, :2, 4], tokens[:, 2:4, 9] = 2.0, 2.0
    tokens[:, 4, [4, 9]] = -4.0
    return putting(small_trace(), AFTER, tokens)


def left_four_columns():
    logits = np.full((4, 10, 20), -1.0)
    logits[1, :, :16] = 1.0
    return answering(with_parts(), logits, [0.1, 0.9, 0.1, 0.1])


def test_a_mask_of_two_parts_is_found_by_two_prototypes():
    half = np.sqrt(0.5)
    one = TokenSimilarity(mask=1)(left_four_columns())
    np.testing.assert_allclose(one.values[:3], [[half] * 4 + [-1]] * 3, atol=1e-6)
    two = TokenSimilarity(mask=1, prototypes=2)(left_four_columns())
    np.testing.assert_allclose(two.values[:3], [[1] * 4 + [-half]] * 3, atol=1e-6)
    assert "with the nearest of 2 groups of mask 1's 12 tokens; 80 % of them" in two.words


def test_the_mask_of_another_run_is_looked_for_in_this_picture():
    found = TokenSimilarity(other=left_four_columns(), mask=1)(two_kinds())
    # Of the other's mean along channels 4 and 9, this picture has channel 4 alone.
    half = np.sqrt(0.5)
    np.testing.assert_allclose(found.values[:3], [[-half] * 3 + [half] * 2] * 3, atol=1e-6)
    assert "the mean token of mask 1, of 12 tokens of the other run" in found.words
    assert found.marks == ()
    truth = np.zeros((20, 40), bool)
    truth[:, 24:] = True
    judged = TokenSimilarity(other=left_four_columns(), mask=1, truth=truth)(two_kinds())
    assert "is more alike in a share of 1.00; 0.50 is chance." in judged.words
    assert "nearer" not in judged.words


def test_the_mirror_image_is_another_run_of_the_model():
    trace = small_trace()
    plain = TokenSimilarity(block=3, token=(0, 0), **TOKEN)(trace)
    both = TokenSimilarity(block=3, token=(0, 0), mirrored=True, **TOKEN)(trace)
    mirrored = trace.image[:, ::-1].copy()
    mirror = Trace(trace.sam, mirrored)
    # The same token of the mirrored picture lies in the last column.
    other = TokenSimilarity(block=3, token=(0, 4), other=mirror, **TOKEN)(trace)
    np.testing.assert_allclose(both.values, np.maximum(plain.values, other.values), atol=1e-6)
    assert "or with the same in its mirror image" in both.words


def test_another_run_must_be_of_a_model_of_this_size():
    other = small_trace(small_sam(replace(SMALL, encoder_depth=3, global_blocks=(1,))))
    with pytest.raises(ValueError, match="other must be a run of a model of this size, small"):
        TokenSimilarity(other=other)(small_trace())
    with pytest.raises(TypeError, match=r"such as a second session's trace, not a str\."):
        check_comparable(small_trace(), "turtle")
