"""Patches of a picture of a few colours."""

import numpy as np
import pytest

from sam_explore.probes import PatchGrid
from sam_explore.probes.patches.patch_grid import share_within

from ...small import small_sam, small_trace
from .by_hand import coloured


def test_each_patch_is_drawn_in_its_mean_colour_and_lines_lie_between_patches():
    levels = np.zeros((40, 40, 3))
    levels[8:16, 24:32] = (200, 100, 50)  # the patch at row 1, column 3
    levels[8:12, 24:32, 0] = 100
    reading = PatchGrid(token=(1, 3))(coloured(small_sam(), levels))

    whole, means, own = reading.readings

    np.testing.assert_array_equal(whole.colours, levels.astype(np.uint8))
    assert whole.grid_lines == ((7, 15, 23, 31), (7, 15, 23, 31))
    assert means.colours[1, 3].tolist() == [150, 100, 50]
    assert means.values[1, 3] == pytest.approx(100, abs=1e-3)
    assert not means.colours[0].any()
    assert (means.frame, means.marks) == ("tokens", ((1, 3),))
    np.testing.assert_array_equal(own.colours, levels[8:16, 24:32].astype(np.uint8))
    # Red is 100 in half of the pixels and 200 in the others, a deviation of 50; the others have 0.
    assert "standard deviation of 16.7 grey levels" in reading.words


def test_patches_are_counted_and_those_of_padding_said():
    words = PatchGrid()(small_trace()).words  # 40 x 20 pixels in an input of 40 x 40
    assert words.startswith(
        "An input 40 pixels wide and 40 high is cut into 25 patches of 8 × 8 pixels, in 5 rows and "
        "5 columns. Each has 192 numbers, three colours a pixel, and becomes a token of 24. 10 of "
        "them show nothing but padding."  # rows 3 and 4: the third row ends within a patch
    )


def test_the_share_of_variance_within_patches():
    patches = np.array([[[[0.0, 2.0]]], [[[4.0, 4.0]]]])  # two patches of two pixels of one colour
    # Around 2.5: 6.25 + 0.25 + 2.25 + 2.25 = 11; around the patches' own means 1 and 4: 2.
    assert share_within(patches) == pytest.approx(2 / 11)
    assert np.isnan(share_within(np.ones((2, 3, 2, 2))))
