"""Flood fill and region growing on pictures of a few pixels."""

import numpy as np

from sam_explore.magic_wand import flood_fill, grow_region


def grey(*rows: tuple[int, ...]) -> np.ndarray:
    return np.repeat(np.array(rows, np.uint8)[..., None], 3, axis=2)


def test_flood_fill_compares_with_the_click_and_region_growing_with_the_neighbour():
    ramp = grey((10, 12, 14, 30, 12))
    assert flood_fill(ramp, (0, 0), 3).tolist() == [[True, True, False, False, False]]
    assert grow_region(ramp, (0, 0), 3).tolist() == [[True, True, True, False, False]]
    assert grow_region(ramp, (4, 0), 3).tolist() == [[False, False, False, False, True]]


def test_the_channel_that_differs_most_decides():
    picture = grey((10, 10))
    picture[0, 1, 2] = 20
    for fill in (flood_fill, grow_region):
        assert fill(picture, (0, 0), 9).sum() == 1
        assert fill(picture, (0, 0), 10).sum() == 2


def test_both_go_round_corners_but_not_across_them():
    maze = grey((0, 0, 0, 9), (9, 9, 0, 9), (0, 0, 0, 9), (0, 9, 9, 0))
    reached = maze[..., 0] == 0
    reached[3, 3] = False  # it touches the others at a corner only
    for fill in (flood_fill, grow_region):
        assert (fill(maze, (0, 0), 4) == reached).all()
        assert (fill(maze, (0, 3), 4) == reached).all()
