"""Factors of tokens, on a scene that was painted by hand."""

import numpy as np

from sam_explore.probes.common.token_factors import FACTORS, factors_of, mean_colours
from sam_explore.probes.common.token_truth import TokenTruth, token_truth
from sam_explore.scenes.ground_truth import Region, Scene
from sam_explore.scenes.textures import KINDS


def painted() -> TokenTruth:
    """Four tokens a side of 10 pixels. A turtle with a shell, and a car in front of it.

    The turtle covers the left half, its shell the lower left quarter. The car covers the two tokens
    in the middle of the uppermost row. The picture gets lighter from token to token, row by row,
    and all red is in the last row.
    """
    labels = np.zeros((3, 40, 40), np.int16)
    labels[0, :, :20], labels[1, 20:, :20] = 1, 2
    labels[0, :10, 8:30] = 3
    regions = Region("turtle", 0, None), Region("turtle/shell", 1, 0), Region("car", 0, None)
    textures = np.zeros((40, 40), np.uint8)
    textures[30:, 30:] = list(KINDS).index("dots") + 1
    light = np.arange(16, dtype=np.uint8).reshape(4, 4).repeat(10, 0).repeat(10, 1)
    image = np.stack([light * 3] * 3, axis=-1)
    image[30:, :, 0] += 100
    return token_truth(Scene(image, labels, regions), textures, (4, 4))


def holds(name: str) -> list[int]:
    """The tokens of which a factor holds."""
    return np.flatnonzero(factors_of(painted())[:, FACTORS.index(name)]).tolist()


def test_each_factor_holds_where_it_was_painted():
    assert holds("object") == [0, 1, 2, 4, 5, 8, 9, 12, 13]
    assert holds("animal") == [0, 4, 5, 8, 9, 12, 13]
    assert holds("vehicle") == holds("in front") == [1, 2]
    assert holds("behind") == holds("animal")
    assert holds("part") == [8, 9, 12, 13]
    assert holds("boundary") == [0]  # of which the car has two pixels of ten in each row
    assert holds("texture") == holds("dots") == [15]
    assert holds("fruit") == holds("stripes") == []


def test_quarters_are_of_the_scenes_own_tokens():
    assert holds("lightest quarter") == holds("reddest quarter") == [12, 13, 14, 15]
    assert holds("darkest quarter") == [0, 1, 2, 3]
    assert holds("upper quarter") == [0, 1, 2, 3]
    assert holds("lower quarter") == [12, 13, 14, 15]
    assert holds("left quarter") == [0, 4, 8, 12]
    assert holds("right quarter") == [3, 7, 11, 15]


def test_a_flat_picture_has_no_lightest_quarter():
    flat = Scene(np.full((40, 40, 3), 9, np.uint8), np.zeros((3, 40, 40), np.int16), ())
    truth = token_truth(flat, np.zeros((40, 40), np.uint8), (4, 4))
    held = factors_of(truth)
    assert not held[:, FACTORS.index("lightest quarter")].any()
    assert not held[:, FACTORS.index("bluest quarter")].any()
    assert held.sum() == 16  # the four sides


def test_colours_are_means_over_a_tokens_pixels():
    image = np.zeros((4, 6, 3), np.uint8)
    image[:2, :3], image[0, 5] = (10, 20, 30), (60, 0, 6)
    found = mean_colours(image, (2, 2))
    np.testing.assert_allclose(found, [(10, 20, 30), (10, 0, 1), (0, 0, 0), (0, 0, 0)])
