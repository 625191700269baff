"""Single rows and columns of attention: by hand, and equal to those of the whole matrix."""

from math import log

import numpy as np
import pytest
import torch
from torch import Tensor

from sam_explore.model import HookPoint
from sam_explore.tracing import (
    Trace,
    attention_column,
    attention_position_terms,
    attention_row,
    between_steps,
    zero,
)
from sam_explore.tracing.attention_block import BlockAttention

from ..small import small_sam, small_trace
from .attention_by_hand import trace_by_hand
from .whole_attention import BLOCK, on_grid, turned, whole

CORNERS = [(0, 0), (2, 4), (4, 1), (4, 4)]  # of the grid of five tokens: in each window of three


@pytest.fixture(scope="module")
def sam():
    return small_sam()


@pytest.fixture(scope="module")
def trace(sam) -> Trace:
    return small_trace(sam)


def assert_rows_and_columns_are_those_of_the_matrix(trace: Trace, block: int) -> None:
    pattern = whole(trace, block, "hook_pattern")
    for row, column in CORNERS:
        found = attention_row(trace, block, (row, column))
        everything = pattern[:, row, column].nansum((-2, -1))
        expected = on_grid(pattern)[:, row, column]
        assert_close(found.weights, expected)
        assert_close(found.padding, everything - expected.nansum((-2, -1)))
        assert_close(
            attention_column(trace, block, (row, column)), on_grid(pattern)[..., row, column]
        )


def assert_close(found: Tensor, expected: Tensor) -> None:
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-5, equal_nan=True)


def test_a_row_by_hand_its_terms_and_its_weights():
    row = attention_row(trace_by_hand(), 1, (0, 0))

    content = [[1 + log(2), 1], [1, 1 - log(2)]]
    np.testing.assert_allclose(row.content[0], content, atol=1e-5)
    np.testing.assert_allclose(row.row_terms[0], [0, log(3)], atol=1e-5)
    np.testing.assert_allclose(row.column_terms[0], [0, log(5)], atol=1e-5)
    # 2, 1 * 5, 1 * 3 and 3 * 5 / 2 make 35 / 2.
    np.testing.assert_allclose(row.weights[0], np.array([[4, 10], [6, 15]]) / 35, atol=1e-5)
    assert row.padding.tolist() == [0]


def test_padding_in_the_window_takes_its_share_of_a_row_by_hand():
    row = attention_row(trace_by_hand(), 0, (0, 0))

    # Next to the 35 / 2 of the grid, padding counts 1 and 3 on the right and 1, 5 and 1 below.
    total = 35 / 2 + 11
    np.testing.assert_allclose(row.weights[0], np.array([[2, 5], [3, 7.5]]) / total, atol=1e-5)
    np.testing.assert_allclose(row.padding, [11 / total], atol=1e-5)


def test_a_column_by_hand():
    column = attention_column(trace_by_hand(), 1, (1, 1))

    # b and c count −a once and themselves twice; −a counts a half, b and c once, itself twice.
    np.testing.assert_allclose(column[0], [[15 / 35, 1 / 5], [1 / 5, 4 / 9]], atol=1e-5)


def test_position_terms_by_hand():
    row_terms, column_terms = attention_position_terms(trace_by_hand(), 1)

    of_query_a = (0, 0, 0)
    np.testing.assert_allclose(row_terms[of_query_a], [0, log(3)], atol=1e-5)
    np.testing.assert_allclose(column_terms[of_query_a], [0, log(5)], atol=1e-5)
    row_terms[of_query_a] = column_terms[of_query_a] = 0
    np.testing.assert_allclose(row_terms, np.zeros((1, 2, 2, 2)), atol=1e-5)
    np.testing.assert_allclose(column_terms, np.zeros((1, 2, 2, 2)), atol=1e-5)


@pytest.mark.parametrize("block", range(4))
@pytest.mark.parametrize(
    ("windows", "tables"),
    [
        (None, "interpolate"),
        ((2, 3, 4, 0), "interpolate"),  # also where the block was global in training
        ((2, 3, 1, 4), "crop"),
        ((7, 0, 0, 5), "interpolate"),  # a window larger than the grid
    ],
)
def test_they_are_those_of_the_matrix_in_any_windows(trace, windows, tables, block):
    run = trace.with_windows(windows, tables)
    assert_rows_and_columns_are_those_of_the_matrix(run, block)


@pytest.mark.parametrize("block", [0, 1])
def test_the_three_terms_add_up_to_the_scores(trace, block):
    scores = on_grid(whole(trace, block, "hook_scores"))
    for row, column in CORNERS:
        assert_close(attention_row(trace, block, (row, column)).scores, scores[:, row, column])


@pytest.mark.parametrize(
    "name",
    [
        "image_encoder.position_encoder.hook_encoding",
        BLOCK.format(0) + "attention.hook_pattern",  # in the block before
        BLOCK.format(1) + "hook_residual_pre",
        BLOCK.format(1) + "hook_norm1",
        BLOCK.format(1) + "attention.hook_q",
        BLOCK.format(1) + "attention.hook_k",
        BLOCK.format(1) + "attention.hook_v",
        BLOCK.format(1) + "attention.hook_relative_rows",
        BLOCK.format(1) + "attention.hook_relative_columns",
        BLOCK.format(1) + "attention.hook_scores",
        BLOCK.format(1) + "attention.hook_pattern",
        BLOCK.format(1) + "attention.hook_out",
    ],
)
@pytest.mark.parametrize("window", [0, 3])
def test_an_edit_is_respected_wherever_it_is(trace, name, window):
    run = trace.with_windows((3, window, 3, 0)).with_edit(name, turned)
    assert_rows_and_columns_are_those_of_the_matrix(run, 1)


def test_terms_under_an_edit_are_the_edited_ones(trace):
    run = trace.with_edit(BLOCK.format(0) + "attention.hook_relative_rows", zero)
    run = run.with_edit(BLOCK.format(0) + "attention.hook_k", turned)

    row = attention_row(run, 0, (4, 1))

    assert row.row_terms[:, 3:].tolist() == [[0, 0], [0, 0]]
    assert_close(row.scores, on_grid(whole(run, 0, "hook_scores"))[:, 4, 1])


@pytest.mark.parametrize("block", [0, 1])
@pytest.mark.parametrize("edited", ["", "hook_q", "hook_relative_columns"])
def test_position_terms_are_those_of_the_hook_points_by_grid(trace, block, edited):
    run = trace
    if edited:
        run = trace.with_edit(BLOCK.format(block) + f"attention.{edited}", turned)
    side = 3 if block == 0 else 5

    for found, part in zip(
        attention_position_terms(run, block),
        ("hook_relative_rows", "hook_relative_columns"),
        strict=True,
    ):
        terms = run[BLOCK.format(block) + f"attention.{part}"]
        assert found.shape == (2, 5, 5, side)
        for row, column in CORNERS:
            window = row // side * 2 + column // side
            query = row % side * side + column % side
            assert_close(found[:, row, column], terms[window, :, query])


def test_no_block_runs_for_a_row_or_a_column(sam):
    run = small_trace(sam).with_edit(BLOCK.format(1) + "attention.hook_out", turned)
    assert run.encoded.tokens.isfinite().all()
    steps: list[str] = []

    with between_steps(steps.append):
        for block in range(4):
            attention_row(run, block, (1, 2))
            attention_column(run, block, (1, 2))
            attention_column(run, block, (4, 0))

    # The sums of the rows are worked out once.
    assert steps == [f"Sums of attention rows: block {block} of 4" for block in (1, 2, 3, 4)]


def test_a_row_holds_where_all_channels_of_a_token_are_great(trace):
    def raised(tensor: Tensor, _hook: HookPoint) -> Tensor:
        return tensor + 20 * torch.linspace(-1, 1, 5).view(1, 5, 1, 1)

    run = trace.with_edit(BLOCK.format(1) + "hook_residual_pre", raised)
    assert_rows_and_columns_are_those_of_the_matrix(run, 1)


def test_products_are_those_of_the_normed_tokens_and_none_with_padding(trace):
    attention = BlockAttention(trace, 0)
    vectors = torch.randn(3, 24, generator=torch.Generator().manual_seed(0))

    for region in attention.regions():
        expected = torch.einsum("vc,rsc->vrs", vectors, attention.normed(region))
        assert_close(attention.products(region, vectors), expected)


@pytest.mark.parametrize("block", [0, 1])
def test_rows_keep_one_number_a_token_and_no_more(sam, block):
    run = small_trace(sam)
    tokens = run[BLOCK.format(block) + "hook_residual_pre"]
    before = run.engine.store.bytes

    for token in CORNERS * 2:
        attention_row(run, block, token)

    assert run.engine.store.bytes - before == tokens[..., 0].numel() * 4


def test_a_row_of_changed_weights_is_refused():
    run = small_trace()
    attention_row(run, 1, (0, 0))
    run.sam.image_encoder.vit.blocks[1].norm1.weight.mul_(2)

    with pytest.raises(RuntimeError, match="weights changed"):
        attention_row(run, 1, (0, 0))


def test_what_the_model_does_not_have_is_refused_in_words(trace):
    for ask in (attention_row, attention_column):
        with pytest.raises(ValueError, match=r"block must lie from 0 to 3 in this model, not −?4"):
            ask(trace, 4, (0, 0))
        with pytest.raises(ValueError, match=r"\(4, 4\) in this run, not \(0, 5\)"):
            ask(trace, 0, (0, 5))
        with pytest.raises(ValueError, match=r"\(4, 4\) in this run, not \(-1, 0\)"):
            ask(trace, 0, (-1, 0))
