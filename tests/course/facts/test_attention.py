"""Facts about attention, with weights and scores that are known beforehand."""

from types import SimpleNamespace

import numpy as np
import pytest

from sam_explore.course import facts
from sam_explore.course.facts.attention import spreads
from sam_explore.tracing import attention_row

from ...small import SMALL, putting, small_trace


def now(trace, token=(0, 0)) -> SimpleNamespace:
    return SimpleNamespace(trace=trace, token=token, threshold=0.0, chosen=None)


def with_tables(trace, rows: float, columns: float):
    """The same run, where a key n rows below adds n * rows to the score, and so for columns."""
    distance = np.arange(5)[None, :] - np.arange(5)[:, None]
    names = "image_encoder.vit.blocks.*.attention.hook_relative_"
    query_row, query_column = np.divmod(np.arange(25), 5)
    down = rows * distance[query_row]
    across = columns * distance[query_column]
    trace = putting(trace, f"{names}rows", down)
    return putting(trace, f"{names}columns", across)


def everywhere_global(trace):
    return trace.with_windows([0] * SMALL.encoder_depth)


def test_what_is_listened_to_leaves_the_token_itself_out_and_is_the_mean_of_the_heads():
    trace = everywhere_global(small_trace())
    found = facts.listened_to(now(trace, (2, 1)))
    assert np.isnan(found.values[2, 1])
    weights = attention_row(trace, 0, (2, 1)).weights.mean(dim=0).numpy()
    weights[2, 1] = np.nan
    np.testing.assert_allclose(found.values, weights)
    row, column = np.unravel_index(np.nanargmax(weights), weights.shape)
    assert f"row {row}, column {column}," in found.words


def test_content_decides_where_distance_says_nothing_and_the_other_way_round():
    trace = everywhere_global(small_trace())
    assert facts.what_decides(now(with_tables(trace, 0, 0))).value == "content"
    steep = with_tables(trace, 1000, 0)
    assert facts.what_decides(now(steep)).value == "distance"
    # From the first row, five equal groups of keys lie 0 to 4 rows below: 1000 times sqrt(2).
    assert spreads(steep, 0, (0, 0))[1] == pytest.approx(1000 * 2**0.5)


def test_weight_on_padding_is_that_of_the_last_tokens_window():
    pattern = "image_encoder.vit.blocks.0.attention.hook_pattern"
    trace = small_trace().with_windows([3] * SMALL.encoder_depth)
    even = putting(trace, pattern, np.full((9, 9), 1 / 9))
    fact = facts.weight_on_padding(now(even))
    # Windows of three end after row and column 2; the last holds two by two of the grid.
    assert fact.value == pytest.approx(100 * 5 / 9)
    assert "Of the 9 places in its window 5 are padding, which is 56 %." in fact.words
    fits = facts.weight_on_padding(now(everywhere_global(small_trace())))
    assert fits.value == 0
    assert "there is no padding" in fits.words


def test_heads_that_look_only_at_themselves_are_nearer_than_even_and_even_ones_are_not():
    pattern = "image_encoder.vit.blocks.*.attention.hook_pattern"
    trace = everywhere_global(small_trace())
    assert facts.nearer_than_even(now(putting(trace, pattern, np.eye(25)))).value == 100
    far = np.zeros((25, 25))
    far[:, 0] = far[:, 24] = 0.5  # two opposite corners
    assert facts.nearer_than_even(now(putting(trace, pattern, far))).value == 0
    windows = small_trace().with_windows([3] * SMALL.encoder_depth)
    assert "no global block" in facts.nearer_than_even(now(windows)).words
