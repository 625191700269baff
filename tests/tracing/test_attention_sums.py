"""Statistics of whole rows: by hand, equal to those of the matrix, streamed, and kept once."""

from math import log2, sqrt

import numpy as np
import pytest
import torch

from sam_explore.tracing import (
    Trace,
    attention_column,
    attention_statistics,
    between_steps,
    even_statistics,
    even_weight_on,
    weight_on,
    zero,
)
from sam_explore.tracing import attention_sums as module

from ..small import small_trace
from .attention_by_hand import trace_by_hand
from .whole_attention import BLOCK, on_grid, turned, whole

STATISTICS = ("distance", "distance_px", "entropy", "padding")


@pytest.fixture
def trace() -> Trace:
    return small_trace()


def test_statistics_of_a_global_block_by_hand():
    found = attention_statistics(trace_by_hand(), 1)

    # a gives (4, 10, 6, 15) / 35; b and c count themselves twice in 5; −a gives (1, 2, 2, 4) / 9.
    far = sqrt(2)
    b_or_c = (1 + 1 + far) / 5
    distance = [[(16 + 15 * far) / 35, b_or_c], [b_or_c, (4 + far) / 9]]
    np.testing.assert_allclose(found.distance[0], distance, atol=1e-5)
    entropy = [
        [log2(35) - (4 * 2 + 10 * log2(10) + 6 * log2(6) + 15 * log2(15)) / 35, log2(5) - 2 / 5],
        [log2(5) - 2 / 5, log2(9) - (2 * 1 + 2 * 1 + 4 * 2) / 9],
    ]
    np.testing.assert_allclose(found.entropy[0], entropy, atol=1e-5)
    assert not found.padding.any()


def test_padding_counts_in_the_entropy_and_not_in_the_distance():
    found = attention_statistics(trace_by_hand(), 0)

    # b counts itself twice, the other three tokens and the five of padding once.
    np.testing.assert_allclose(found.padding[0, 0, 1], 5 / 10, atol=1e-5)
    np.testing.assert_allclose(found.distance[0, 0, 1], (2 + sqrt(2)) / 5, atol=1e-5)
    np.testing.assert_allclose(found.entropy[0, 0, 1], log2(10) - 2 / 10, atol=1e-5)


def test_even_attention_by_hand():
    whole, window = (even_statistics(trace_by_hand(), block) for block in (1, 0))

    np.testing.assert_allclose(whole.distance, np.full((1, 2, 2), (2 + sqrt(2)) / 4), rtol=1e-6)
    np.testing.assert_allclose(whole.entropy, np.full((1, 2, 2), 2), rtol=1e-6)
    # Four of nine keys lie on the grid.
    np.testing.assert_allclose(window.distance, whole.distance, rtol=1e-6)
    np.testing.assert_allclose(window.entropy, np.full((1, 2, 2), log2(9)), rtol=1e-6)
    np.testing.assert_allclose(window.padding, np.full((1, 2, 2), 5 / 9), rtol=1e-6)


def test_pixels_are_those_of_the_picture_in_each_direction():
    # 32 pixels high and wide on an input of 16: a token of 8 input pixels is 16 of the picture.
    found = attention_statistics(trace_by_hand((32, 32)), 1)
    np.testing.assert_allclose(found.distance_px, 16 * found.distance, atol=1e-4)


def test_tokens_are_no_squares_where_the_scaled_sides_are_rounded():
    # 10 x 15 pixels become 11 x 16 of the input, so that a token is 80 / 11 high and 7.5 wide.
    found = attention_statistics(trace_by_hand((10, 15)), 1)

    height, width = 80 / 11, 7.5
    b_s = (height + width + sqrt(height**2 + width**2)) / 5
    np.testing.assert_allclose(found.distance_px[0, 0, 1], b_s, rtol=1e-5)


@pytest.mark.parametrize("block", range(4))
@pytest.mark.parametrize("windows", [None, (2, 3, 4, 0)])
@pytest.mark.parametrize("edited", ["", "hook_k", "hook_pattern"])
def test_they_are_those_of_the_matrix(trace, block, windows, edited):
    run = trace.with_windows(windows)
    if edited:
        run = run.with_edit(BLOCK.format(block) + f"attention.{edited}", turned)

    found = attention_statistics(run, block)

    pattern = whole(run, block, "hook_pattern").nan_to_num()
    entropy = -torch.xlogy(pattern, pattern).sum((-2, -1))[:, :5, :5] / np.log(2)
    seen = on_grid(pattern)
    padding = (pattern.sum((-2, -1))[:, :5, :5] - seen.sum((-2, -1))).clamp(min=0)
    places = torch.cartesian_prod(torch.arange(5.0), torch.arange(5.0))
    distances = torch.cdist(places, places).view(5, 5, 5, 5)
    distance = (seen * distances).sum((-2, -1)) / seen.sum((-2, -1))
    # A picture 40 wide on an input of 40: a token is 8 pixels.
    for name, expected in zip(STATISTICS, (distance, 8 * distance, entropy, padding), strict=True):
        torch.testing.assert_close(getattr(found, name), expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("block", [0, 1])
def test_the_size_of_the_chunks_changes_nothing(trace, block, monkeypatch):
    at_once = attention_statistics(trace, block), attention_column(trace, block, (4, 1))
    monkeypatch.setattr(module, "_CHUNK", 1)  # a row of queries at a time
    again = small_trace()

    by_row = attention_statistics(again, block), attention_column(again, block, (4, 1))

    for name in STATISTICS:
        one, other = (getattr(each[0], name) for each in (at_once, by_row))
        torch.testing.assert_close(one, other, rtol=1e-6, atol=1e-6)
    torch.testing.assert_close(*(each[1] for each in (at_once, by_row)), equal_nan=True)


def test_they_are_computed_once_and_cached_for_every_run_that_they_hold_for(trace):
    assert trace.encoded.tokens.isfinite().all()
    steps: list[str] = []

    with between_steps(steps.append):
        attention_statistics(trace, 1)
        attention_statistics(trace, 1)
        attention_statistics(trace.with_edit(BLOCK.format(2) + "hook_norm1", zero), 1)
        assert steps == ["Attention statistics: block 2 of 4"]
        attention_statistics(trace.with_edit(BLOCK.format(1) + "hook_norm1", zero), 1)
    assert len(steps) > 1


def test_the_sums_of_the_rows_take_one_number_a_query_and_head(trace):
    attention_column(trace, 1, (0, 0))
    before = trace.engine.store.bytes

    attention_column(trace, 2, (0, 0))

    (tokens,) = trace["image_encoder.vit.blocks.2.hook_residual_pre"]
    assert trace.engine.store.bytes - before == tokens.nbytes + 2 * 5 * 5 * 4


def test_a_query_that_gives_nothing_to_the_grid_has_no_distance(trace):
    run = trace.with_edit(BLOCK.format(0) + "attention.hook_pattern", zero)

    found = attention_statistics(run, 0)

    assert found.distance.isnan().all()
    assert not found.entropy.any()
    assert not found.padding.any()


def test_what_is_kept_is_refused_when_the_weights_have_changed(trace):
    attention_statistics(trace, 1)
    trace.sam.image_encoder.vit.blocks[1].attention.qkv.weight.mul_(2)

    with pytest.raises(RuntimeError, match="weights changed"):
        attention_statistics(trace, 1)


MARKED = np.array([[0, 1], [0, 1]], bool)


def test_weight_on_some_tokens_by_hand():
    # a gives (4, 10, 6, 15) / 35, b and c count themselves twice in 5, −a gives (1, 2, 2, 4) / 9.
    found = weight_on(trace_by_hand(), 1, MARKED)
    np.testing.assert_allclose(found[0], [[25 / 35, 3 / 5], [2 / 5, 6 / 9]], atol=1e-5)
    np.testing.assert_allclose(even_weight_on(trace_by_hand(), 1, MARKED), np.full((2, 2), 0.5))


def test_padding_takes_its_part_of_an_even_share():
    # b counts itself twice, the other three tokens and the five of padding once: 3 of 10.
    found = weight_on(trace_by_hand(), 0, MARKED)
    assert float(found[0, 0, 1]) == pytest.approx(3 / 10, abs=1e-5)
    np.testing.assert_allclose(even_weight_on(trace_by_hand(), 0, MARKED), np.full((2, 2), 2 / 9))


@pytest.mark.parametrize("block", [0, 1])
@pytest.mark.parametrize("edited", [False, True])
def test_weight_on_some_tokens_is_that_of_the_matrix(trace, block, edited):
    if edited:
        trace = trace.with_edit(BLOCK.format(block) + "attention.hook_k", turned)
    marked = np.arange(25).reshape(5, 5) % 3 == 1
    pattern = on_grid(whole(trace, block, "hook_pattern"))
    expected = (pattern.nan_to_num() * torch.tensor(marked)).sum((-2, -1))
    torch.testing.assert_close(weight_on(trace, block, marked), expected, rtol=0, atol=1e-5)


def test_marks_of_another_grid_are_refused(trace):
    with pytest.raises(ValueError, match=r"the run's grid of \(5, 5\) tokens, but has the shape"):
        weight_on(trace, 1, MARKED)
