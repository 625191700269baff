"""Patches of which a token holds some numbers, or all."""

import numpy as np
import pytest

from sam_explore.model import VIT_B, VIT_H, VIT_L
from sam_explore.preprocessing import Preprocessing
from sam_explore.probes import PatchRebuilt
from sam_explore.probes.patches.patch_rebuilt import rebuilt, typical_patches

from ...small import SMALL
from .by_hand import AS_MANY, coloured, sam_with

FIRST_OF_TWO = np.array([[1.0, 0.0]])  # a kernel that is the first of two numbers


def test_a_number_that_no_kernel_meets_is_0_or_what_it_is_in_typical_patches():
    products = np.array([[3.0]])
    np.testing.assert_allclose(rebuilt(products, FIRST_OF_TWO), [[3, 0]])
    alike = np.zeros(2), np.ones((2, 2))  # both numbers are always the same
    np.testing.assert_allclose(rebuilt(products, FIRST_OF_TWO, alike), [[3, 3]])
    around = np.array([1.0, 2.0]), np.ones((2, 2))  # the second is 1 more
    np.testing.assert_allclose(rebuilt(products, FIRST_OF_TWO, around), [[3, 4]])


def unit_kernels(count: int) -> np.ndarray:
    """Each is one number of the patch: first all of red's rows, then green's."""
    return np.eye(192)[:count].reshape(count, 3, 8, 8)


@pytest.fixture(scope="module")
def levels() -> np.ndarray:
    return np.random.default_rng(6).integers(0, 256, (40, 40, 3))


def test_as_many_kernels_as_numbers_lose_nothing(levels):
    reading = PatchRebuilt(token=(2, 1))(
        coloured(sam_with(unit_kernels(192), 0.5, AS_MANY), levels)
    )
    patch, again, error, spectrum = reading.readings
    np.testing.assert_array_equal(again.colours, levels[16:24, 8:16].astype(np.uint8))
    np.testing.assert_array_equal(patch.colours, again.colours)
    np.testing.assert_allclose(error.values, 0, atol=1e-3)
    np.testing.assert_allclose(spectrum.curves[0].y, 1)
    assert reading.words.startswith(
        "192 kernels for 192 numbers a patch; they tell 192 directions apart, the weakest of them "
        "1 times as weak as the strongest."
    )
    assert "Over the picture less than 1 % of the variance is lost" in reading.words


def test_what_no_kernel_meets_becomes_the_mean_colour(levels):
    reading = PatchRebuilt(token=(0, 0))(coloured(sam_with(unit_kernels(24)), levels))
    _, again, error, _ = reading.readings
    # 24 kernels hold the first three rows of red; the rest is guessed as the training's mean.
    np.testing.assert_array_equal(again.colours[:3, :, 0], levels[:3, :8, 0])
    assert (again.colours[3:] == (124, 116, 104)).all()
    off = levels[:8, :8] - np.array(SMALL.pixel_mean)
    off[:3, :, 0] = 0
    assert error.values[0, 0] == pytest.approx(np.sqrt((off**2).mean()), rel=1e-4)


def test_only_the_larger_models_have_more_kernels_than_a_patch_has_numbers():
    numbers = 3 * VIT_B.patch_size**2
    assert VIT_B.encoder_dim == numbers == 768
    assert [config.encoder_dim > numbers for config in (VIT_L, VIT_H)] == [True, True]


def test_typical_patches_are_those_of_drawn_scenes_as_the_model_gets_them():
    mean, covariance = typical_patches(Preprocessing(), SMALL)
    assert (mean.shape, covariance.shape) == ((192,), (192, 192))
    assert (np.diag(covariance) > 0).all()
    # In drawn scenes pixels that touch are much alike: the first two of red.
    deviations = np.sqrt(np.diag(covariance))
    assert covariance[0, 1] / (deviations[0] * deviations[1]) > 0.5
