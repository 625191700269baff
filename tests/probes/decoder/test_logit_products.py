"""A logit as products that were worked out by hand."""

import numpy as np
import pytest

from sam_explore.probes import LogitProducts
from sam_explore.probes.common.logit_products import MEAN_CELL, at_place, cell_weights

from ...small import small_trace
from .by_hand import generator_by_hand


def test_products_are_ranked_by_size_and_add_up_to_the_logit():
    trace, logits = generator_by_hand()

    products, features, vector = LogitProducts(token=(0, 0), cell=1)(trace).readings

    # Cell 1 is row 0, column 1: −1, 2 · 3, 1 · 0.5 and 0.
    assert products.x_labels == ("1", "0", "2", "3")
    assert products.curves[0].y.tolist() == [6, -1, 0.5, 0]
    assert products.curves[1].y.tolist() == [6, 5, 5.5, 5.5]
    assert logits[0, 1] == 5.5
    assert features.curves[0].y.tolist() == [2, 1, 1, 7]
    assert vector.curves[0].y.tolist() == [3, -1, 0.5, 0]


def test_the_words_name_the_largest_and_what_speaks_against():
    trace, _ = generator_by_hand()
    # Of 7.5 in sizes, the first of 6 holds more than half.
    assert LogitProducts(token=(0, 0), cell=1)(trace).words == (
        "Mask 2's logit 1 at row 0, column 0 is 5.5, the sum of 4 products: 6.5 for and −1 against "
        "the mask. Channel 1 has the largest, 6. Half of all that the products amount to, whatever "
        "their sign, is held by the largest."
    )


def test_the_mean_of_a_tokens_logits_has_no_checkerboard():
    trace, _ = generator_by_hand()
    products, *_ = LogitProducts(token=(0, 0))(trace).readings
    assert products.curves[1].y[-1] == 5
    assert products.x_labels[:2] == ("1", "0")


@pytest.mark.parametrize("cell", [MEAN_CELL, 0, 7, 15])
@pytest.mark.parametrize("mask", [0, 3])
def test_the_sum_is_the_runs_own_logit(cell, mask):
    trace = small_trace()
    products, *_ = LogitProducts(token=(1, 3), mask=mask, cell=cell)(trace).readings

    here = trace.prediction.logits[mask, 4:8, 12:16]
    expected = (here * cell_weights(cell)).sum()
    size = np.abs(products.curves[0].y).sum()
    assert products.curves[1].y[-1] == pytest.approx(expected, abs=1e-6 * size)


def test_a_cell_is_counted_row_by_row():
    values = np.arange(64.0).reshape(8, 8)
    assert at_place(values, (1, 0), 6) == values[5, 2]
    assert at_place(values, (0, 1), MEAN_CELL) == values[:4, 4:].mean()
