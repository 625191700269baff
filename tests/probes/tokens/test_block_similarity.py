"""How alike tokens are that were put behind the blocks."""

import numpy as np
import pytest

from sam_explore.probes import BlockSimilarity
from sam_explore.probes.tokens.block_similarity import cka, gram

from ...small import putting, small_trace

BLOCKS = "image_encoder.vit.blocks"
RNG = np.random.default_rng(1)


def test_four_tokens_by_hand():
    # Products without the diagonal: tokens 0 and 1 are opposite, 2 and 3 too, in another channel.
    one = gram(np.array([[1.0, 0], [-1, 0], [0, 1], [0, -1]]))
    np.testing.assert_array_equal(one[:2], [[0, -1, 0, 0], [-1, 0, 0, 0]])
    # Sums: both 4, apart 16 / 6, mixed 2 * 4 / 2; the same for both, so they divide out.
    assert cka(one, one) == pytest.approx(1)
    other = gram(np.array([[1.0, 0], [0, 1], [-1, 0], [0, -1]]))
    # 0 and 2 are opposite there, so no product is shared: (0 + 16/6 - 4) / (4 + 16/6 - 4).
    assert cka(one, other) == pytest.approx((16 / 6 - 4) / (16 / 6))


def test_it_is_1_for_turned_and_scaled_tokens_and_about_0_for_tokens_of_their_own():
    tokens = RNG.standard_normal((60, 10))
    turn, _ = np.linalg.qr(RNG.standard_normal((10, 10)))
    assert cka(gram(tokens), gram(3 * tokens @ turn + 1)) == pytest.approx(1)
    # As published, the estimate would be about 0.4 for as many channels of so few tokens.
    others = [cka(gram(tokens), gram(RNG.standard_normal((60, 40)))) for _ in range(20)]
    assert abs(np.mean(others)) < 0.05


def test_depths_with_the_same_tokens_are_alike_and_the_greatest_step_is_said():
    first, last = RNG.standard_normal((2, 5, 5, 24))
    trace = putting(small_trace(), f"{BLOCKS}.0.hook_residual_pre", first)
    trace = putting(trace, f"{BLOCKS}.*.hook_residual_post", 2 * first)
    trace = putting(trace, f"{BLOCKS}.3.hook_residual_post", last)
    table, chart = BlockSimilarity()(trace).readings
    np.testing.assert_allclose(table.values[:4, :4], 1)
    assert abs(table.values[0, 4]) < 0.6
    np.testing.assert_array_equal(chart.curves[0].y[1:], np.diagonal(table.values, 1))
    assert "over 15 tokens" in table.words
    assert (
        "The greatest change is between those after block 2 and those after block 3" in table.words
    )


def test_too_few_tokens_are_told_in_words():
    trace = small_trace().with_preprocessing("stretch", (8, 24))
    assert "Nothing can be said of 3 tokens" in BlockSimilarity()(trace).words
