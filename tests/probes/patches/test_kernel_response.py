"""Kernels whose response is a pixel of the picture."""

import numpy as np

from sam_explore.probes import KernelResponse
from sam_explore.probes.patches.kernel_response import centred, dense_response

from .by_hand import coloured, normalised, sam_with


def one_pixel() -> np.ndarray:
    """A kernel that is the red of its patch's first pixel, and one that is half of it."""
    kernels = np.zeros((2, 3, 8, 8))
    kernels[:, 0, 0, 0] = 1.0, 0.5
    return kernels


def test_a_kernel_of_one_pixel_gives_the_picture_and_keeps_one_pixel_a_patch():
    levels = np.random.default_rng(4).integers(0, 256, (40, 40, 3))
    trace = coloured(sam_with(one_pixel(), bias=0.5), levels)

    strided, dense, kernel = KernelResponse(kernel=0)(trace).readings

    red = normalised(levels[..., 0], 0) + 0.5
    np.testing.assert_allclose(strided.values, red[::8, ::8], atol=1e-5)
    # The kernel fits at corners 0 to 32, whose patches have their middle 4 pixels further on.
    np.testing.assert_allclose(dense.values[4:37, 4:37], red[:33, :33], atol=1e-5)
    assert np.isnan(dense.values).sum() == 40 * 40 - 33 * 33
    assert strided.scale == dense.scale
    assert (strided.frame, dense.frame) == ("tokens", "picture")
    assert kernel.colours[0, 0].tolist() == [255, 128, 128]


def test_by_default_it_is_the_kernel_that_varies_most():
    levels = np.random.default_rng(4).integers(0, 256, (40, 40, 3))
    trace = coloured(sam_with(one_pixel()[::-1].copy()), levels)
    assert KernelResponse()(trace).words.startswith(
        "Kernel 1 is asked at 25 of 1089 places, one in a patch of 8 × 8."  # 33 x 33
    )


def test_what_lies_half_a_patch_further_on_is_compared():
    across = np.arange(40)
    levels = np.zeros((40, 40, 3))
    levels[..., 0] = 2 * across + 40 * (across // 8 % 2)  # a step every patch, and a slope
    words = KernelResponse(kernel=0)(coloured(sam_with(one_pixel()), levels)).words
    # Half a patch further on is the same step, 8 grey levels higher.
    assert words.endswith("responses have a correlation of 1 with the kept ones.")
    levels[..., 0] = 200 * (across % 8 < 4)
    words = KernelResponse(kernel=0)(coloured(sam_with(one_pixel()), levels)).words
    assert "correlation" not in words  # the kept ones are all alike


def test_the_padding_around_a_small_input_has_no_value():
    dense = dense_response(np.ones((3, 8, 16)), np.ones((3, 8, 8)))
    assert dense.tolist() == [[192.0] * 9]
    whole = centred(dense, (8, 16), 8)
    assert np.argwhere(np.isfinite(whole)).tolist() == [[4, column] for column in range(4, 13)]
