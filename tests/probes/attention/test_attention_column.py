"""Columns of attention whose softmax can be written down, and those of a random network."""

import numpy as np

from sam_explore.probes import AttentionColumn

from ...small import small_trace
from ...tracing.attention_by_hand import trace_by_hand


def test_what_each_query_gives_and_how_that_compares_with_an_even_share():
    reading = AttentionColumn(token=(1, 1), block=1)(trace_by_hand())

    np.testing.assert_allclose(reading.values, [[15 / 35, 1 / 5], [1 / 5, 4 / 9]], atol=1e-5)
    assert (reading.frame, reading.marks) == ("tokens", ((1, 1),))
    # The sum is 1.273; four queries with four keys each give a quarter four times.
    assert reading.words == (
        "From all queries together, the key at row 1, column 1 in block 1 gets 1.27 in the mean of "
        "1 head; evenly spread attention would give it 1. The most, 0.444, comes from row 1, "
        "column 1."
    )


def test_padding_takes_its_share_of_evenly_spread_attention():
    words = AttentionColumn(token=(1, 1), block=0)(trace_by_hand()).words
    assert "evenly spread attention would give it 0.444." in words  # four queries of nine keys


def test_queries_of_other_windows_are_empty():
    reading = AttentionColumn(token=(4, 0), block=0)(small_trace())  # 5 tokens in windows of 3

    assert np.isfinite(reading.values[3:, :3]).all()
    assert np.isfinite(reading.values).sum() == 6
    assert reading.grid_lines == ((2,), (2,))


def test_the_words_of_all_heads_name_those_that_give_least_and_most():
    trace = small_trace()
    pattern = trace["image_encoder.vit.blocks.1.attention.hook_pattern"][0, :, :, 7]

    reading = AttentionColumn((1, 2), 1, head=-2)(trace)

    sums = [float(each.values.sum()) for each in reading.maps]
    np.testing.assert_allclose(sums, pattern.sum(dim=-1), atol=1e-5)
    least, most = int(np.argmin(sums)), int(np.argmax(sums))
    assert (
        f"gets between {sums[least]:.3g}, in head {least}, and {sums[most]:.3g}, in head {most} "
        "of 2; evenly spread attention would give it 1."
    ) in reading.words
