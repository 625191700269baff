"""Points and crops, worked out by hand."""

import numpy as np

from sam_explore.automatic.grids import Crop, crops, point_grid, point_grids


def test_points_are_in_the_middle_of_equal_cells():
    np.testing.assert_allclose(
        point_grid(2), [[0.25, 0.25], [0.75, 0.25], [0.25, 0.75], [0.75, 0.75]]
    )


def test_each_layer_has_fewer_points():
    assert [len(grid) for grid in point_grids(8, layers=2, downscale=2)] == [64, 16, 4]


def test_crops_of_the_first_layer_overlap_by_a_fraction_of_the_shorter_side():
    """Of 40 x 60 pixels a fifth of 40 is 8: crops are (8 + 40) / 2 high and (8 + 60) / 2 wide."""
    assert crops((40, 60), layers=1, overlap_ratio=0.2) == [
        Crop((0, 0, 60, 40), 0),
        Crop((0, 0, 34, 24), 1),
        Crop((0, 16, 34, 40), 1),
        Crop((26, 0, 60, 24), 1),
        Crop((26, 16, 60, 40), 1),
    ]


def test_a_crop_is_a_view_of_its_pixels():
    image = np.arange(24).reshape(4, 6, 1)
    assert Crop((1, 2, 3, 4), 1).of(image)[..., 0].tolist() == [[13, 14], [19, 20]]
