"""Directions and lengths that are known beforehand."""

import numpy as np
import pytest

from sam_explore.probes import LearnedKinds

from ...small import small_sam, small_trace


def test_lengths_and_cosines_by_hand():
    sam = small_sam()
    encoder, no_mask = sam.prompt_encoder, sam.mask_decoder.mask_hint_encoder.no_mask
    vectors = {"background": [-3, 0], "foreground": [2, 0], "box top left": [1, 1]}
    vectors |= {"box bottom right": [0, 1], "not a point": [0, 0]}
    for kind, (first, second) in vectors.items():
        encoder.learned_vector(kind).zero_()
        encoder.learned_vector(kind)[0, :2] = encoder.background.new_tensor([first, second])
    no_mask.zero_()
    no_mask[0, 1] = -5

    cosines, lengths = LearnedKinds()(small_trace(sam)).readings

    assert cosines.rows[4:] == ("not a point", "no mask")
    half, none = np.sqrt(0.5), np.nan
    expected = [
        [1, -1, -half, 0, none, 0],
        [-1, 1, half, 0, none, 0],
        [-half, half, 1, half, none, -half],
        [0, 0, half, 1, none, -1],
        [none] * 6,
        [0, 0, -half, -1, none, 1],
    ]
    np.testing.assert_allclose(cosines.values, expected, atol=1e-7)
    learned, place = (curve.y for curve in lengths.curves)
    assert learned == pytest.approx([3, 2, np.sqrt(2), 1, 0, 5])
    assert place == pytest.approx(np.full(6, 4))  # the root of 16 waves
