"""The transpose of preprocessing: from the model's input to the picture's pixels."""

import numpy as np
import pytest
import torch
from PIL import Image

from sam_explore.geometry import Frame
from sam_explore.tracing.attribution.picture import picture_gradient, scaling_weights

from ...small import SMALL


def test_half_the_size_weighs_four_pixels_with_a_triangle():
    # Output 1 of 4 has its centre at 3, between the centres 2.5 and 3.5; a triangle of 2 pixels to
    # each side weighs those 0.75 and the next two 0.25, divided by their sum of 2.
    weights = scaling_weights(8, 4)

    np.testing.assert_allclose(weights[1], [0, 0.125, 0.375, 0.375, 0.125, 0, 0, 0])
    # At the edge one of the four is missing: 0.75, 0.75, 0.25 divided by 1.75.
    np.testing.assert_allclose(weights[0, :4], np.array([3, 3, 1, 0]) / 7, rtol=1e-6)


def test_the_same_size_changes_nothing():
    np.testing.assert_array_equal(scaling_weights(5, 5), np.eye(5))


@pytest.mark.parametrize(("before", "after"), [((30, 50), (24, 40)), ((7, 13), (21, 39))])
def test_the_weights_are_pillows(before, after):
    image = np.random.default_rng(0).random(before).astype(np.float32)
    scaled = Image.fromarray(image).resize(after[::-1], Image.Resampling.BILINEAR)

    rows, columns = (scaling_weights(*each) for each in zip(before, after, strict=True))
    np.testing.assert_allclose(rows @ image @ columns.T, np.asarray(scaled), rtol=1e-5)


def test_one_place_of_the_input_by_the_pixels_of_a_picture_twice_as_large():
    frame = Frame((16, 80), (8, 40), 40, 8)
    gradient = torch.zeros(3, 40, 40)
    gradient[2, 1, 2] = 1.0
    gradient[:, 8:] = 7.0  # padding

    found = picture_gradient(gradient, frame, SMALL, "original")

    assert found.shape == (16, 80, 3)
    triangle = np.array([0.125, 0.375, 0.375, 0.125])
    expected = np.outer(triangle, triangle) / SMALL.pixel_std[2]
    np.testing.assert_allclose(found[1:5, 3:7, 2], expected, rtol=1e-6)
    assert np.count_nonzero(found) == 16


def test_another_preprocessing_is_refused_in_words():
    frame = Frame((40, 40), (40, 40), 40, 8)
    with pytest.raises(ValueError, match=r'known for .* "original" or "stretch", not \'medsam\''):
        picture_gradient(torch.zeros(3, 40, 40), frame, SMALL, "medsam")
