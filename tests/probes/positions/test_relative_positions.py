"""Relative positions of a block whose tables and queries are known."""

from math import log

import numpy as np

from sam_explore.probes import RelativePositions
from sam_explore.probes.positions.relative_positions import by_distance
from sam_explore.tracing import zero

from ...small import small_trace
from ...tracing.attention_by_hand import trace_by_hand


def test_only_keys_below_and_to_the_right_have_a_vector_and_only_one_query_meets_it():
    terms, norms = RelativePositions(block=1)(trace_by_hand()).readings

    assert terms.x.tolist() == [-1, 0, 1]
    vertical, horizontal = terms.curves
    # One row below: ln 3 for the query a and 0 for b.
    np.testing.assert_allclose(vertical.y, [0, 0, log(3) / 2], atol=1e-6)
    np.testing.assert_allclose(vertical.low, [0, 0, 0.05 * log(3)], atol=1e-6)
    np.testing.assert_allclose(vertical.high, [0, 0, 0.95 * log(3)], atol=1e-6)
    np.testing.assert_allclose(horizontal.y, [0, 0, log(5) / 2], atol=1e-6)
    # The vectors are a / 4, whose length is a half, times the logarithm.
    np.testing.assert_allclose(norms.curves[0].y, [0, 0, log(3) / 2], atol=1e-6)
    np.testing.assert_allclose(norms.curves[1].y, [0, 0, log(5) / 2], atol=1e-6)


def test_the_words_name_the_distance_that_gets_most():
    assert RelativePositions(block=1, head=0)(trace_by_hand()).words == (
        "In the median over queries and keys of block 1, and for head 0, vertical distances add "
        "from 0 to 0.549, the most at 1; horizontal distances add from 0 to 0.805, the most at 1 "
        "tokens from query to key."
    )


def test_in_a_window_larger_than_the_grid_a_key_can_lie_in_the_padding():
    terms, norms = RelativePositions(block=0)(trace_by_hand()).readings

    # From the first row down to the padding it is two rows, up again it is one at most.
    assert terms.x.tolist() == norms.x.tolist() == [-1, 0, 1, 2]
    np.testing.assert_allclose(norms.curves[0].y, [0, 0, log(3) / 2, 0], atol=1e-6)


def test_terms_are_gathered_by_distance_within_windows():
    # Three places in windows of two tokens: the third is alone with a padding token.
    terms = np.array([[[0.0, 1]], [[-10, 20]], [[300, 301]]])

    low, median, high = by_distance(terms)

    assert median.tolist() == [-10, 20, 151]  # −1: one; 0: 0, 20 and 300; 1: 1 and 301
    np.testing.assert_allclose(low, [-10, 2, 16])
    np.testing.assert_allclose(high, [-10, 272, 286])


def test_an_edit_of_the_terms_shows_in_the_terms_and_not_in_the_tables():
    trace = small_trace()
    edited = trace.with_edit("image_encoder.vit.blocks.2.attention.hook_relative_rows", zero)

    before, after = (RelativePositions(block=2)(each).readings for each in (trace, edited))

    assert not after[0].curves[0].y.any()
    np.testing.assert_allclose(after[0].curves[1].y, before[0].curves[1].y, atol=1e-5)
    np.testing.assert_array_equal(after[1].curves[0].y, before[1].curves[0].y)
    assert before[0].curves[0].y.any()


def test_other_windows_use_other_tables():
    trace = small_trace().with_windows((2, 0, 2, 0), "crop")

    terms, norms = RelativePositions(block=2)(trace).readings

    assert terms.x.tolist() == [-1, 0, 1]
    table = trace.sam.image_encoder.vit.blocks[2].attention.relative_rows.numpy()
    # Ascending distances from query to key are descending ones of the table.
    expected = np.linalg.norm(table[[3, 2, 1]], axis=1)
    np.testing.assert_allclose(norms.curves[0].y, expected, rtol=1e-6)
