"""Kernels that are known waves in known colours."""

from dataclasses import replace

import numpy as np
import pytest

from sam_explore.probes import KernelAtlas
from sam_explore.probes.patches.kernel_atlas import kernel_features, pixels_shuffled

from ...small import SMALL
from .by_hand import coloured, sam_with

ROW, COLUMN = np.mgrid[:16, :16]
TURN = 2 * np.pi / 16


def in_colour(pattern: np.ndarray, red: float, green: float, blue: float) -> np.ndarray:
    return np.stack([red * pattern, green * pattern, blue * pattern])


KERNELS = np.array([
    in_colour(np.cos(3 * TURN * COLUMN), 1, 1, 1),  # grey, along x
    in_colour(np.cos(5 * TURN * ROW), 2, 0, 0),  # red, along y
    in_colour(np.cos(4 * TURN * (ROW - COLUMN)), 1, -1, 0),  # red against green, along a diagonal
    in_colour(np.ones((16, 16)), 1, 1, 1),  # flat
    np.zeros((3, 16, 16)),
])  # fmt: skip


def test_waves_of_whole_cycles_are_found_with_their_direction():
    found = kernel_features(KERNELS)
    np.testing.assert_allclose(found.frequency[:3], [3, 5, np.hypot(4, 4)], atol=0.5)
    # Down to the left: along x it changes as along y, to the other side.
    np.testing.assert_allclose(found.orientation[:3], [0, 90, -45], atol=4)
    assert np.isnan(found.frequency[3:]).all()


def test_shares_of_colour_and_of_the_mean():
    found = kernel_features(KERNELS)
    # Red alone: its grey part is a third in each colour, 3 x (1/3)² = 1/3 of the power.
    np.testing.assert_allclose(found.colour[:4], [0, 2 / 3, 1, 0], atol=1e-12)
    np.testing.assert_allclose(found.flat[:4], [0, 0, 0, 1], atol=1e-12)
    assert np.isnan([found.colour[4], found.flat[4]]).all()
    assert found.size[3] == pytest.approx(np.sqrt(3 * 256))


def test_shuffling_keeps_every_pixels_colour():
    shuffled = pixels_shuffled(KERNELS)
    assert not np.array_equal(shuffled[:3], KERNELS[:3])
    for one, other in zip(shuffled, KERNELS, strict=True):
        assert sorted(map(tuple, one.reshape(3, -1).T)) == sorted(
            map(tuple, other.reshape(3, -1).T)
        )


def test_tiles_are_in_the_chosen_order_and_counts_are_of_all_kernels():
    # A network with patches of 16 pixels, as the waves are; all other kernels are 0.
    config = replace(SMALL, image_size=48, patch_size=16)
    trace = coloured(sam_with(KERNELS[:4], config=config), np.zeros((48, 48, 3)))

    gallery, frequency, orientation, colour = KernelAtlas(order="colour", first=20)(trace).readings

    assert [one.title for one in gallery.maps] == ["0: 0", "3: 0", "1: 0.667", "2: 1"]
    at = {float(x): count for x, count in zip(frequency.x, frequency.curves[0].y, strict=True)}
    assert (at[3.25], at[5.25]) == (1, 1)  # from 3 to 3.5, and from 5 on
    assert frequency.curves[0].y.sum() == orientation.curves[0].y.sum() == 3
    assert colour.curves[0].y.tolist() == [2, 0, 0, 0, 0, 0, 1, 0, 0, 1]
    assert (
        "Of all kernels, 2 have more than half of their power in differences between colours, and "
        "1 in their mean colour."
    ) in gallery.words
