"""One score taken apart: by hand, and equal to the model's score."""

from math import log

import numpy as np
import pytest
import torch

from sam_explore.tracing import Trace, attention_pair, attention_row, between_steps

from ..small import small_trace
from .attention_by_hand import trace_by_hand
from .whole_attention import BLOCK, turned, whole

GLOBAL, WINDOWED = 1, 0
PAIRS = {
    GLOBAL: [((0, 0), (4, 4)), ((2, 3), (2, 3)), ((4, 1), (0, 2))],
    WINDOWED: [((0, 0), (2, 2)), ((1, 4), (0, 3)), ((4, 4), (3, 3))],
}


@pytest.fixture(scope="module")
def trace() -> Trace:
    return small_trace()


def assert_the_models_score(trace: Trace, block: int) -> None:
    scores = whole(trace, block, "hook_scores")
    for query, key in PAIRS[block]:
        found = attention_pair(trace, block, query, key)
        torch.testing.assert_close(found.score, scores[:, *query, *key], rtol=0, atol=1e-5)


def test_products_and_terms_by_hand():
    pair = attention_pair(trace_by_hand(), 1, (0, 0), (1, 1))

    # The query is a, the key −a times ln 2 / 2, plus a / 2; each channel of a is 1 or −1, and half
    # of query times key counts.
    np.testing.assert_allclose(pair.products[0], [(1 - log(2)) / 4] * 4, atol=1e-6)
    assert float(pair.row_term[0]) == pytest.approx(log(3), abs=1e-6)
    assert float(pair.column_term[0]) == pytest.approx(log(5), abs=1e-6)
    assert float(pair.score[0]) == pytest.approx(1 - log(2) + log(3) + log(5), abs=1e-6)


@pytest.mark.parametrize("block", PAIRS)
def test_the_sum_is_the_models_score(trace: Trace, block: int):
    assert_the_models_score(trace, block)


@pytest.mark.parametrize("block", PAIRS)
@pytest.mark.parametrize("part", ["hook_q", "hook_k", "hook_relative_rows"])
def test_the_sum_is_the_score_of_an_edited_attention(trace: Trace, block: int, part: str):
    edited = trace.with_edit(BLOCK.format(block) + f"attention.{part}", turned)
    assert_the_models_score(edited, block)


def test_it_is_the_rows_entry_and_runs_no_block(trace: Trace):
    trace[BLOCK.format(1) + "hook_residual_pre"]
    steps: list[str] = []
    with between_steps(steps.append):
        pair = attention_pair(trace, 1, (1, 2), (3, 0))
    assert steps == []
    row = attention_row(trace, 1, (1, 2))
    torch.testing.assert_close(pair.score, row.scores[:, 3, 0], rtol=0, atol=1e-5)


def test_a_key_of_another_window_is_refused(trace: Trace):
    with pytest.raises(ValueError, match="rows 0 to 2 and columns 3 to 4, but is \\(0, 2\\)"):
        attention_pair(trace, 0, (1, 4), (0, 2))
