"""A patch of known colours, and kernels with one or two weights."""

import numpy as np
import pytest

from sam_explore.probes import PatchProduct

from ...small import putting, small_trace
from .by_hand import coloured, normalised, sam_with

RED, BLUE = 0, 2


def two_kernels() -> np.ndarray:
    kernels = np.zeros((2, 3, 8, 8))
    kernels[0, RED, 0, 0], kernels[0, BLUE, 1, 1] = 2.0, -1.0
    kernels[1, RED, 0, 0] = 0.5
    return kernels


def run():
    levels = np.zeros((40, 40, 3))
    levels[8, 16, RED], levels[9, 17, BLUE] = 240, 200  # pixels (0, 0) and (1, 1) of patch (1, 2)
    return coloured(sam_with(two_kernels(), bias=0.25), levels)


def test_products_of_all_pixels_and_the_bias_are_the_tokens_channel():
    by_red, by_blue = 2 * normalised(240, RED), -normalised(200, BLUE)
    trace = run()

    reading = PatchProduct(token=(1, 2), kernel=0)(trace)

    patch, kernel, products, tiles, token = reading.readings
    assert patch.colours[0, 0].tolist() == [240, 0, 0]
    assert kernel.colours[0, 0].tolist() == [255, 128, 128]  # the greatest weight is full red
    assert kernel.colours[1, 1].tolist() == [128, 128, 64]  # half as far, to the other side
    assert products.values[0, 0] == pytest.approx(by_red, rel=1e-5)
    assert products.values[1, 1] == pytest.approx(by_blue, rel=1e-5)
    assert np.count_nonzero(products.values) == 2
    assert products.values.sum() + 0.25 == pytest.approx(token.curves[0].y[0], rel=1e-5)
    # 2 x (240 - 123.675) / 58.395 = 3.984; -(200 - 103.53) / 57.375 = -1.681; together 2.303.
    assert reading.words.startswith(
        "Kernel 0 and the patch at row 1, column 2: the pixels' products add up to 2.3, of which "
        "3.98 are above 0 and −1.68 below. With a bias of 0.25 that is 2.55, channel 0 of the "
        "token. Of all 24 kernels, 0 has the sum that is farthest from 0: 2.3."
    )
    assert [one.title for one in tiles.maps[:2]] == ["0: 2.3", "1: 0.996"]


def test_by_default_the_kernel_is_the_one_whose_sum_is_farthest_from_0():
    # In a black patch kernel 1 has 0.5 x -2.118 and kernel 0 has 2 x -2.118 + 1.804 = -2.431.
    assert PatchProduct(token=(0, 0))(run()).words.startswith("Kernel 0 ")
    kernels = two_kernels()
    kernels[0] = 0
    words = PatchProduct(token=(0, 0))(coloured(sam_with(kernels), np.zeros((40, 40, 3)))).words
    assert words.startswith("Kernel 1 ")


def test_an_edited_token_is_said_to_be_one():
    edited = putting(small_trace(), "image_encoder.patch_embedding.hook_out", np.full(24, 9.0))
    assert "In this run it was changed to 9." in PatchProduct(kernel=3)(edited).words
    assert "changed" not in PatchProduct(kernel=3)(small_trace()).words
