"""Distance, entropy and weight on padding over the blocks: by hand, and told apart by kind."""

from math import log2, sqrt

import numpy as np
import pytest

from sam_explore.probes import AttentionDistance, AttentionEntropy, AttentionPadding
from sam_explore.readings import Panel, Profile

from ...small import small_trace
from ...tracing.attention_by_hand import trace_by_hand

FAR = sqrt(2)
# Of the queries a, b, c and −a in the global block, whose weights are a 35th of 4, 10, 6 and 15, a
# fifth of 2 and three times 1, and a ninth of 4, 2, 2 and 1.
DISTANCES = [(16 + 15 * FAR) / 35, (2 + FAR) / 5, (2 + FAR) / 5, (4 + FAR) / 9]
ENTROPIES = [
    log2(35) - (4 * 2 + 10 * log2(10) + 6 * log2(6) + 15 * log2(15)) / 35,
    log2(5) - 2 / 5,
    log2(5) - 2 / 5,
    log2(9) - (4 * 2 + 2 * 1 + 2 * 1) / 9,
]


def profiles(reading: Panel) -> dict[str, Profile]:
    return {each.title: each for each in reading.readings[:-1]}


def test_the_mean_distance_by_hand_in_tokens_and_in_pixels():
    trace = trace_by_hand()

    tokens, pixels = (
        profiles(AttentionDistance(unit)(trace))["Global blocks"]
        for unit in ("tokens", "pixels of the picture")
    )

    mean, even = tokens.curves
    np.testing.assert_allclose(mean.y, [np.mean(DISTANCES)], atol=1e-5)
    np.testing.assert_allclose(even.y, [(2 + FAR) / 4], atol=1e-5)
    np.testing.assert_allclose(pixels.curves[0].y, 8 * mean.y, rtol=1e-5)
    assert (tokens.y_name, pixels.y_name) == (
        "distance in tokens",
        "distance in pixels of the picture",
    )


def test_only_queries_that_show_the_picture_count_unless_all_are_asked_for():
    trace = trace_by_hand((8, 16))  # the lower two tokens are padding of the picture

    shown, everywhere = (
        profiles(AttentionDistance(queries=queries)(trace))["Global blocks"].curves[0].y
        for queries in ("picture", "grid")
    )

    np.testing.assert_allclose(shown, [np.mean(DISTANCES[:2])], atol=1e-5)
    np.testing.assert_allclose(everywhere, [np.mean(DISTANCES)], atol=1e-5)


def test_the_entropy_by_hand():
    found = profiles(AttentionEntropy()(trace_by_hand()))

    mean, even = found["Global blocks"].curves
    np.testing.assert_allclose(mean.y, [np.mean(ENTROPIES)], atol=1e-5)
    np.testing.assert_allclose(even.y, [2])
    np.testing.assert_allclose(found["Windowed blocks"].curves[1].y, [log2(9)], rtol=1e-6)


def test_the_weight_on_padding_by_hand():
    reading = AttentionPadding()(trace_by_hand())

    # a gives 11 of 57 / 2, b and c 5 of 10. −a counts keys below it a third and to its right a
    # fifth: 2 / 5 + 2 / 3 + 1 / 15 of padding next to 9 / 2 on the grid.
    shares = [22 / 57, 1 / 2, 1 / 2, (17 / 15) / (17 / 15 + 9 / 2)]
    mean, even = profiles(reading)["Windowed blocks"].curves
    np.testing.assert_allclose(mean.y, [np.mean(shares)], atol=1e-5)
    np.testing.assert_allclose(even.y, [5 / 9], rtol=1e-6)
    assert reading.words == (
        "In the mean over heads and queries, the share of the weight on padding is 0.397 in "
        "windowed blocks, where evenly spread attention has 0.556, and 0 in global blocks, where "
        "evenly spread attention has 0. The least is 0 in head 0 of block 1, the most 0.397 in "
        "head 0 of block 0."
    )


def test_windowed_and_global_blocks_are_told_apart_and_heads_stand_in_a_table():
    reading = AttentionEntropy()(small_trace())

    windowed, everywhere, table = reading.readings
    assert (windowed.x.tolist(), everywhere.x.tolist()) == ([0, 2], [1, 3])
    assert windowed.x_labels == ("0", "2")
    assert table.rows == ("0", "1, global", "2", "3, global")
    assert table.columns == ("0", "1")
    mean = everywhere.curves[0]
    np.testing.assert_allclose(mean.y, table.values[[1, 3]].mean(axis=1))
    np.testing.assert_allclose(mean.low, table.values[[1, 3]].min(axis=1))
    np.testing.assert_allclose(mean.high, table.values[[1, 3]].max(axis=1))


def test_both_charts_are_on_one_axis_that_starts_at_0():
    windowed, everywhere, table = AttentionPadding()(small_trace()).readings
    even = max(windowed.curves[1].y.max(), table.values.max())
    assert windowed.y_reach == everywhere.y_reach == (0.0, pytest.approx(even))


@pytest.mark.parametrize(
    ("windows", "title"), [((0,) * 4, "Global blocks"), ((2,) * 4, "Windowed blocks")]
)
def test_a_kind_that_is_not_there_is_left_out(windows, title):
    reading = AttentionDistance()(small_trace().with_windows(windows))

    assert list(profiles(reading)) == [title]
    assert reading.words.count("where evenly spread attention has") == 1
