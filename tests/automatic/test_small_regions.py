"""Regions of small masks, drawn by hand."""

import numpy as np
import pytest

from sam_explore.automatic.small_regions import connected_regions, remove_small_regions


def drawn(*rows: str) -> np.ndarray:
    return np.array([[letter == "x" for letter in row] for row in rows])


def test_pixels_that_touch_at_a_corner_belong_together():
    mask = drawn(
        "xx..x",
        "..x..",
        "x...x",
        "x.xxx",
    )
    labels, areas = connected_regions(mask)
    assert labels.tolist() == [
        [1, 1, 0, 0, 2],
        [0, 0, 1, 0, 0],
        [3, 0, 0, 0, 4],
        [3, 0, 4, 4, 4],
    ]
    assert areas.tolist() == [3, 1, 2, 4]


def test_arms_that_meet_far_below_are_one_region():
    mask = drawn(
        "x.x.x",
        "x.x.x",
        "xxx.x",
        "....x",
        "xxxxx",
    )
    assert connected_regions(mask)[1].tolist() == [7, 9]


@pytest.mark.parametrize("mask", [np.zeros((3, 4), bool), np.ones((3, 4), bool)])
def test_nothing_and_everything(mask):
    labels, areas = connected_regions(mask)
    assert (labels == mask).all()
    assert areas.tolist() == ([12] if mask.any() else [])


def test_small_holes_are_filled_and_small_islands_dropped():
    mask = drawn(
        "xxxxx.x",
        "x.xxx..",
        "xxxxx..",
    )
    filled, changed = remove_small_regions(mask, smallest=2, holes=True)
    assert changed
    assert filled[1, 1]
    assert filled.sum() == mask.sum() + 1
    left, changed = remove_small_regions(mask, smallest=2, holes=False)
    assert changed
    assert not left[0, 6]
    assert left.sum() == mask.sum() - 1


def test_where_all_islands_are_small_the_largest_stays():
    mask = drawn("x.xx", "x...", "x...")
    left, changed = remove_small_regions(mask, smallest=100, holes=False)
    assert changed
    assert (left == drawn("x...", "x...", "x...")).all()


def test_without_small_regions_nothing_changes():
    mask = drawn("xx..", "xx..")
    left, changed = remove_small_regions(mask, 4, holes=False)
    assert left is mask
    assert not changed
