"""Rows of attention whose softmax can be written down, and those of a random network."""

from math import log

import numpy as np
import pytest

from sam_explore.probes import AttentionRow
from sam_explore.readings import Gallery, Scale

from ...small import small_trace
from ...tracing.attention_by_hand import trace_by_hand


def test_the_weights_of_a_query_and_what_is_said_of_them():
    reading = AttentionRow(token=(0, 0), block=1)(trace_by_hand())

    np.testing.assert_allclose(reading.values, np.array([[4, 10], [6, 15]]) / 35, atol=1e-5)
    assert (reading.frame, reading.marks, reading.scale.centre) == ("tokens", ((0, 0),), None)
    # 15 / 35 is 1.71 quarters.
    assert reading.words == (
        "For the query at row 0, column 0 in block 1, the mean of 1 head gives the greatest weight "
        "to row 1, column 1: 0.429, which is 1.71 times an even share. The token gives itself "
        "0.114."
    )


def test_the_words_tell_the_weight_on_padding():
    words = AttentionRow(token=(0, 0), block=0, head=0)(trace_by_hand()).words

    # 7.5 of 28.5, where an even share is a ninth; 11 of 28.5 is on padding.
    assert "head 0 gives the greatest weight to row 1, column 1: 0.263, which is 2.37" in words
    assert words.endswith("39 % falls on padding.")


@pytest.mark.parametrize(
    ("term", "expected"),
    [
        ("content", [[1 + log(2), 1], [1, 1 - log(2)]]),
        ("vertical position", [[0, 0], [log(3), log(3)]]),
        ("horizontal position", [[0, log(5)], [0, log(5)]]),
        ("scores", [[1 + log(2), 1 + log(5)], [1 + log(3), 1 - log(2) + log(3) + log(5)]]),
    ],
)
def test_scores_and_their_terms_diverge_around_zero(term, expected):
    reading = AttentionRow(token=(0, 0), block=1, term=term)(trace_by_hand())

    np.testing.assert_allclose(reading.values, expected, atol=1e-5)
    assert (reading.scale.unit, reading.scale.centre) == ("score", 0)


def test_the_words_of_a_term_give_its_range_and_its_greatest():
    words = AttentionRow(token=(0, 0), block=1, term="content")(trace_by_hand()).words

    assert words == (
        "For the query at row 0, column 0 in block 1, the content terms of the mean of 1 head go "
        "from 0.307 to 1.69, the greatest at row 0, column 0."
    )


def test_other_windows_are_empty_and_outlined():
    reading = AttentionRow(token=(1, 4), block=0)(small_trace())  # 5 tokens in windows of 3

    assert np.isfinite(reading.values[:3, 3:]).all()
    assert np.isfinite(reading.values).sum() == 6
    assert reading.grid_lines == ((2,), (2,))


def test_one_head_the_mean_of_all_and_all_side_by_side():
    trace = small_trace()
    pattern = trace["image_encoder.vit.blocks.1.attention.hook_pattern"][0, :, 7].view(2, 5, 5)

    one, mean, both = (AttentionRow((1, 2), 1, head)(trace) for head in (1, -1, -2))

    np.testing.assert_allclose(one.values, pattern[1], atol=1e-5)
    np.testing.assert_allclose(mean.values, pattern.mean(dim=0), atol=1e-5)
    assert isinstance(both, Gallery)
    assert [each.title for each in both.maps] == ["head 0", "head 1"]
    assert both.shared == Scale("weight", low=0.0)
    assert AttentionRow((1, 2), 1, -2, shared=False)(trace).shared is None
    for head, each in enumerate(both.maps):
        np.testing.assert_allclose(each.values, pattern[head], atol=1e-5)
    head, place = divmod(int(pattern.argmax()), 25)
    end = f"of head {head} at row {place // 5}, column {place % 5}."
    assert both.words.endswith(end)
