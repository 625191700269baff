"""The coordinate encoder at points that can be computed by hand."""

import math

import numpy as np
import pytest
import torch

from sam_explore.geometry import Frame
from sam_explore.model.coordinate_encoder import CoordinateEncoder


@pytest.fixture
def encoder(config) -> CoordinateEncoder:
    """Two frequencies: (1/4, 1/8) and (1/2, 0) turns for x and y from the middle to the edge."""
    encoder = CoordinateEncoder(config)
    encoder.frequencies = torch.tensor([[0.25, 0.5], [0.125, 0.0]])
    return encoder


def test_the_centre_is_all_sines_zero_and_cosines_one(encoder):
    encoding = encoder(torch.tensor([[[0.5, 0.5]]]))

    assert encoding[0, 0].tolist() == [0, 0, 1, 1]


def test_x_comes_before_y_and_sines_before_cosines(encoder):
    right, bottom = encoder(torch.tensor([[[1.0, 0.5], [0.5, 1.0]]]))[0]

    half = math.sqrt(0.5)
    torch.testing.assert_close(right, torch.tensor([1.0, 0, 0, -1]), rtol=0, atol=1e-6)
    torch.testing.assert_close(bottom, torch.tensor([half, 0, half, 1]), rtol=0, atol=1e-6)


def test_opposite_corners_have_opposite_sines_and_equal_cosines(encoder):
    first, last = encoder(torch.tensor([[[0.0, 0.0], [1.0, 1.0]]]))[0]

    angle = 2 * math.pi * (0.25 + 0.125)
    expected = torch.tensor([math.sin(angle), 0, math.cos(angle), -1])
    torch.testing.assert_close(last, expected, rtol=0, atol=1e-6)
    torch.testing.assert_close(first[:2], -last[:2], rtol=0, atol=1e-6)
    torch.testing.assert_close(first[2:], last[2:], rtol=0, atol=1e-6)


def test_the_grid_holds_the_encodings_of_token_centres(encoder):
    grid = encoder.grid(rows=2, columns=4)

    assert grid.shape == (4, 2, 4)
    expected = encoder(torch.tensor([[[5 / 8, 1 / 4]]]))[0, 0]  # row 0, column 2
    torch.testing.assert_close(grid[:, 0, 2], expected)


def test_the_middle_between_the_middle_pixels_is_the_centre(encoder):
    frame = Frame(image_size=(40, 40), input_size=(40, 40), side=40, patch_size=8)
    point_unit = frame.unit_from_px(np.array([[19.5, 19.5]]))

    encoding = encoder(torch.tensor(point_unit[None], dtype=torch.float32))

    assert encoding[0, 0].tolist() == [0, 0, 1, 1]
