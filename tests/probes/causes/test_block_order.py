"""Masks with blocks in other orders."""

import numpy as np
import pytest

from sam_explore.probes import BlockOrder
from sam_explore.probes.causes.block_order import orders
from sam_explore.tracing import answer_in_order
from sam_explore.tracing.interventions import AblateBlock

from ...small import small_trace


def test_the_orders_are_those_of_the_change():
    assert orders(4, 1) == {
        "left out": (0, 2, 3), "swapped with the next": (0, 2, 1, 3), "run twice": (0, 1, 1, 2, 3),
    }  # fmt: skip
    assert orders(4, 3) == {"left out": (0, 1, 2), "run twice": (0, 1, 2, 3, 3)}


def test_blocks_that_add_nothing_may_come_in_any_order():
    trace = small_trace().with_interventions(*(AblateBlock(block) for block in range(4)))
    chart, gallery = BlockOrder(block=1)(trace).readings
    for curve in chart.curves:
        np.testing.assert_array_equal(curve.y[:3], 1)
    assert np.isnan(chart.curves[1].y[3])  # the last block has no next one
    assert len(gallery.maps) == 4
    for each in gallery.maps[1:]:
        np.testing.assert_array_equal(each.values, gallery.maps[0].values)


def test_the_maps_are_those_of_the_chosen_block():
    trace = small_trace()
    reading = BlockOrder(block=2, mask=1)(trace)
    _, gallery = reading.readings
    assert [each.title for each in gallery.maps] == [
        "as it is", "block 2 left out", "block 2 swapped with the next", "block 2 run twice",
    ]  # fmt: skip
    swapped = answer_in_order(trace, (0, 1, 3, 2))
    np.testing.assert_allclose(gallery.maps[2].values, swapped.visible[1])
    chart = reading.readings[0]
    two = [f"{curve.y[2]:.2f} {curve.name}" for curve in chart.curves]
    assert f"For block 2 it is {', '.join(two)}." in reading.words
    for curve in chart.curves:
        least, median = np.nanmin(curve.y), np.nanmedian(curve.y)
        where = f"{curve.name}, the least is {least:.2f} (block {np.nanargmin(curve.y)})"
        assert f"{where} and the median {median:.2f}" in reading.words
    _, last = BlockOrder(block=3, mask=1)(trace).readings
    assert len(last.maps) == 3


def test_a_truth_is_compared_in_each_order():
    trace = small_trace()
    truth = np.ones(trace.image.shape[:2], bool)
    words = BlockOrder(block=2, truth=truth)(trace).words
    assert words.count("The true IoU with the truth given is ") == 1
    assert words.endswith("run twice.")
    assert "true IoU" not in BlockOrder(block=2)(trace).words


@pytest.mark.parametrize("block", [0, 3])
def test_without_a_click_one_is_taken_and_said(block):
    trace = small_trace()
    words = BlockOrder(block=block)(trace.with_prompts(type(trace.prompts)())).words
    assert words.startswith("There is no click; one in the middle of the picture is taken.")
