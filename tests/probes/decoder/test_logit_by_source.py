"""Shares of what is read, and what happens without it, as the interventions say."""

import numpy as np
import pytest

from sam_explore.geometry import Prompts
from sam_explore.probes import LogitByHead, LogitBySource
from sam_explore.probes.common.logit_sources import regions_of, token_groups
from sam_explore.tracing.interventions import KnockOutDecoderAttention

from ...small import small_trace

AT = {"token": (1, 3), "mask": 2}


@pytest.fixture(scope="module")
def trace():
    return small_trace()


def test_sources_and_heads_are_two_orders_of_one_sum(trace):
    for factor in ("mask vector", "image features"):
        by_head = LogitByHead(**AT, factor=factor, removal=False)(trace).readings[1].values
        reading = LogitBySource(**AT, factor=factor, removal=False)(trace)
        tables = [part for part in reading.readings if hasattr(part, "columns")]
        together = sum(table.values.sum() for table in tables)
        assert together == pytest.approx(by_head.sum(), abs=1e-4)


def test_the_maps_hold_the_share_of_each_image_token(trace):
    reading = LogitBySource(**AT, removal=False)(trace)

    tokens, picture, *maps = reading.readings
    assert tokens.columns == trace.decoder_tokens.names
    assert [one.title for one in maps] == [
        "Shares: token to image, layer 0",
        "Shares: token to image, layer 1",
        "Shares: token to image, last",
    ]
    np.testing.assert_allclose(
        [one.values.sum() for one in maps], picture.values.sum(axis=1), atol=1e-9
    )


def test_without_a_token_is_the_run_that_cannot_read_it(trace):
    _, falls = LogitBySource(**AT, factor="image features")(trace).readings

    for row, column in ((0, 5), (1, 0)):
        cut = KnockOutDecoderAttention(f"layers.{row}.image_to_token", [(1, 3)], [column])
        after = trace.with_interventions(cut).prediction.logits[2, 4:8, 12:16].mean()
        expected = trace.prediction.logits[2, 4:8, 12:16].mean() - after
        assert falls.values[row, column] == pytest.approx(expected, abs=1e-5)


def test_without_a_region_is_the_run_that_cannot_see_it(trace):
    _, _, picture, falls, *_ = LogitBySource(**AT)(trace).readings

    assert picture.columns[-1] == "padding"
    padding = [(row, column) for row in (3, 4) for column in range(5)]
    cut = KnockOutDecoderAttention("final_token_to_image", [3], padding)
    after = trace.with_interventions(cut).prediction.logits[2, 4:8, 12:16].mean()
    expected = trace.prediction.logits[2, 4:8, 12:16].mean() - after
    assert falls.values[2, -1] == pytest.approx(expected, abs=1e-5)


def test_regions_and_groups_hold_each_token_once():
    inside = np.array([[True, False], [True, True]])
    padding = np.array([[False, False], [True, True]])
    found = {name: numbers.tolist() for name, numbers in regions_of(inside, padding).items()}
    assert found == {"inside the mask": [0], "outside": [1], "padding": [2, 3]}
    names = tuple(map(str, range(30)))
    groups = token_groups(names, [np.arange(30.0)])
    assert list(groups)[:2] == ["6", "7"]
    assert groups["6 others"].tolist() == [0, 1, 2, 3, 4, 5]


def test_many_points_are_asked_in_groups(trace):
    run = trace.with_prompts(Prompts(points=[(x, 3) for x in range(30)]))
    reading = LogitBySource(**AT, removal=False)(run)
    assert len(reading.readings[0].columns) == 25
    assert reading.readings[0].columns[-1] == "12 others"
