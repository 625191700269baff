"""Tokens whose likeness, spread and lost share are known."""

import numpy as np
import pytest
import torch

from sam_explore.model import VIT_B, VIT_H, VIT_L
from sam_explore.probes import ProjectionStages
from sam_explore.probes.projection.projection_stages import (
    STAGES,
    likeness_of_neighbours,
    participation,
    share_unread,
)

from ...small import putting, small_sam, small_trace


def test_neighbours_that_are_equal_or_opposite():
    rows = np.array([[[1.0], [1.0]], [[-1.0], [-1.0]]])
    assert likeness_of_neighbours(rows) == pytest.approx(0)  # two pairs of 1, two of −1
    assert likeness_of_neighbours(rows[:, :1]) == pytest.approx(-1)
    assert likeness_of_neighbours(rows * 0 + 7) == 0  # no token is anything but the mean
    assert np.isnan(likeness_of_neighbours(rows[:1, :1]))


def test_tokens_on_a_line_spread_over_one_direction_and_on_a_square_over_two():
    line = np.array([[[1.0, 2.0], [2.0, 4.0], [5.0, 10.0]]])
    square = np.array([[[1.0, 1.0], [1.0, -1.0], [-1.0, 1.0], [-1.0, -1.0]]])
    assert participation(line) == pytest.approx(1)
    assert participation(square) == pytest.approx(2)
    # Variances 4 and 1: (4 + 1)² / (16 + 1).
    assert participation(square * (2, 1)) == pytest.approx(25 / 17)
    assert np.isnan(participation(line * 0))


def test_what_a_layer_does_not_read():
    square = np.array([[[1.0, 1.0], [1.0, -1.0], [-1.0, 1.0], [-1.0, -1.0]]])
    assert share_unread(square, np.array([[3.0, 0.0]])) == pytest.approx(0.5)
    assert share_unread(square, np.array([[3.0, 0.0], [1.0, 1.0]])) == pytest.approx(0)
    assert share_unread(square * (2, 1), np.array([[1.0, 0.0], [5.0, 0.0]])) == pytest.approx(0.2)


def test_maps_are_norms_or_a_channel_of_each_stage():
    tokens = np.zeros((1, 32, 5, 5))
    tokens[0, 3], tokens[0, 4] = -3, 4
    trace = putting(small_trace(), "image_encoder.channel_projection.hook_conv2", tokens)

    norms = ProjectionStages()(trace).readings[0].maps
    channel = ProjectionStages(channel=3)(trace).readings[0].maps

    assert [one.title for one in norms] == [name[0].upper() + name[1:] for name in STAGES]
    np.testing.assert_allclose(norms[3].values, 5)
    np.testing.assert_allclose(channel[3].values, -3)
    # The blocks' channels are others, so that their norm is drawn.
    np.testing.assert_array_equal(channel[0].values, norms[0].values)
    stream = trace["image_encoder.vit.blocks.3.hook_residual_post"][0].double().norm(dim=-1)
    np.testing.assert_allclose(norms[0].values, stream.numpy(), rtol=1e-6)


def test_nothing_bends_between_the_convolutions():
    """Without the norms' biases it is odd, which no projection with an activation function is."""
    projection = small_sam().image_encoder.channel_projection
    projection.norm1.bias.zero_()
    projection.norm2.bias.zero_()
    tokens = torch.randn(1, 5, 5, 24, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(projection(-tokens), -projection(tokens))
    torch.testing.assert_close(projection(2 * tokens), projection(tokens), atol=1e-4, rtol=1e-4)


def test_all_released_widths_become_the_same_channels_in_the_first_convolution():
    assert [config.encoder_dim for config in (VIT_B, VIT_L, VIT_H)] == [768, 1024, 1280]
    assert {config.token_dim for config in (VIT_B, VIT_L, VIT_H)} == {256}
    projection = small_sam().image_encoder.channel_projection
    assert tuple(projection.conv1.weight.shape) == (32, 24, 1, 1)
    assert tuple(projection.conv2.weight.shape) == (32, 32, 3, 3)
