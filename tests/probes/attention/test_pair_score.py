"""A pair whose score can be written down, and keys that have none."""

from math import log

import numpy as np
import pytest

from sam_explore.probes import PairScore

from ...small import small_trace
from ...tracing.attention_by_hand import trace_by_hand


def test_a_score_by_hand_as_products_and_terms():
    products, factors, scores, table = PairScore(key_row=1, key_column=1)(trace_by_hand()).readings

    share = (1 - log(2)) / 4
    np.testing.assert_allclose(products.curves[0].y, [share] * 4, atol=1e-5)
    np.testing.assert_allclose(products.curves[1].y, [share * n for n in (1, 2, 3, 4)], atol=1e-5)
    terms = [4 * share, log(3), log(5), 4 * share + log(3) + log(5)]
    np.testing.assert_allclose(table.values, [terms], atol=1e-5)
    np.testing.assert_allclose(scores.values[1, 1], terms[3], atol=1e-5)
    assert scores.marks == ((0, 0), (1, 1))
    query, key = (each.y for each in factors.curves)
    np.testing.assert_allclose(query * key / 2, [share] * 4, atol=1e-5)


def test_the_words_say_the_sum():
    words = PairScore(key_row=1, key_column=1)(trace_by_hand()).words

    # 0.307 + 1.099 + 1.609 is 3.015; the weight is 15 of 35, which is 1.71 quarters.
    assert words.startswith(
        "In head 0 of block 1 the query at row 0, column 0 scores 3.01 with the key at row 1, "
        "column 1: 0.307 from the products of 4 channels, 1.1 from the vertical and 1.61 from the "
        "horizontal distance. That becomes a weight of 0.429, 1.71 times an even share."
    )
    assert "2 of the channels hold half" in words


def test_without_a_key_the_one_with_most_weight_is_taken():
    assert (
        PairScore()(trace_by_hand()).words
        == PairScore(key_row=1, key_column=1)(trace_by_hand()).words
    )
    reading = PairScore(key_row=0)(trace_by_hand())  # the column of the one with most weight
    assert "with the key at row 0, column 1" in reading.words


@pytest.mark.parametrize("key", [(0, 3), (4, 0)])
def test_a_key_in_another_window_has_no_score(key):
    row, column = key
    probe = PairScore(token=(1, 1), block=0, key_row=row, key_column=column)
    reading = probe(small_trace())

    assert reading.words.startswith(
        f"The key at row {row}, column {column} lies in another window, so the one with most"
    )
    assert max(reading.readings[2].marks[1]) <= 2
