"""Where a change of one token arrives, in windows whose edges are known."""

import numpy as np
import pytest

from sam_explore.probes import TokenReach
from sam_explore.probes.windows.token_reach import ROUNDING, changes_by_depth

from ...small import putting, small_trace


def in_windows_of_three():
    """No block attends globally; the windows of the five by five tokens end after the third."""
    trace = small_trace()
    return trace.with_windows([3] * trace.sam.config.encoder_depth)


def test_in_windows_a_change_stays_in_the_tokens_own_and_one_global_block_carries_it_everywhere():
    trace = in_windows_of_three()
    own = np.zeros((5, 5), bool)
    own[:3, 3:] = True
    changes = changes_by_depth(trace, (1, 4))
    np.testing.assert_array_equal(changes["embedding"] > ROUNDING, at((1, 4)))
    for block in range(trace.sam.config.encoder_depth):
        found = changes[str(block)] > ROUNDING
        np.testing.assert_array_equal(found, own)
    changed = changes_by_depth(trace.with_windows([3, 3, 0, 3]), (1, 4))
    assert [bool((each > ROUNDING).all()) for each in changed.values()] == [
        False, False, False, True, True,
    ]  # fmt: skip


def test_the_change_is_in_units_of_the_tokens_norm():
    tokens = np.zeros((5, 5, 24))
    tokens[..., 0] = 4.0
    tokens[1, 4, 0] = 29.0  # the mean of all 25 is 5
    trace = putting(in_windows_of_three(), "image_encoder.vit.blocks.0.hook_residual_pre", tokens)
    change = changes_by_depth(trace, (1, 4))["embedding"]
    assert change[1, 4] == pytest.approx(24 / 29)
    assert change.sum() == pytest.approx(24 / 29)


def test_the_chart_counts_tokens_and_the_words_say_where_it_arrives():
    map_, chart = TokenReach(token=(1, 4), block=2)(in_windows_of_three()).readings
    np.testing.assert_allclose(chart.curves[0].y, [1 / 25, *[6 / 25] * 4])
    assert "24 % of the tokens have changed after block 2" in map_.words
    assert map_.words.endswith("All tokens have changed after no block.")
    everywhere = TokenReach(token=(1, 4), block=2)(small_trace().with_windows([3, 0, 3, 3]))
    assert "All tokens have changed after block 1." in everywhere.words


def test_colours_show_the_other_tokens_and_not_the_replaced_one_alone():
    map_, _ = TokenReach(token=(1, 4), block=2)(in_windows_of_three()).readings
    others = np.delete(map_.values.ravel(), 9)
    assert map_.scale.high == others.max() < map_.values[1, 4]


def test_a_token_that_is_the_mean_already_changes_nothing():
    tokens = np.ones((5, 5, 24))
    trace = putting(small_trace(), "image_encoder.vit.blocks.0.hook_residual_pre", tokens)
    for change in changes_by_depth(trace, (0, 0)).values():
        assert change.max() < ROUNDING


def at(token: tuple[int, int]) -> np.ndarray:
    marked = np.zeros((5, 5), bool)
    marked[token] = True
    return marked
