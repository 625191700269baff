"""Norms that are known beforehand."""

import numpy as np

from sam_explore.probes import PositionEncodingNorm
from sam_explore.toy.training.starting import sinusoidal_grid

from ...small import putting, small_sam, small_trace

ENCODING = "image_encoder.position_encoder.hook_encoding"


def test_three_and_four_make_five():
    encodings = np.zeros((5, 5, 24))
    encodings[..., 2], encodings[..., 20] = 3, -4
    encodings[1, 3] *= 2

    reading = PositionEncodingNorm()(putting(small_trace(), ENCODING, encodings))

    expected = np.full((5, 5), 5.0)
    expected[1, 3] = 10
    np.testing.assert_allclose(reading.values, expected)
    assert reading.scale.centre is None
    assert reading.words == (
        "The norms of the position encodings go from 5 to 10, with a median of 5; the greatest is "
        "at row 1, column 3."
    )


def test_fixed_sines_and_cosines_have_the_root_of_half_the_channels_everywhere():
    sam = small_sam()
    sam.image_encoder.position_encoder.table.copy_(sinusoidal_grid(5, 24))

    reading = PositionEncodingNorm()(small_trace(sam))

    np.testing.assert_allclose(reading.values, np.sqrt(12), rtol=1e-6)
