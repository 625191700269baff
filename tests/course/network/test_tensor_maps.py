"""Tensors whose maps can be worked out by hand."""

import numpy as np
import pytest
import torch

from sam_explore.course.network.tensor_maps import Choice, map_of

CHOICE = Choice(grid=(2, 3), mask=1, decoder_token=2)


def test_tokens_become_their_root_mean_square_over_the_grid():
    tokens = torch.zeros(1, 2, 3, 2)
    tokens[0, 1, 2] = torch.tensor([3.0, 4.0])  # the root of (9 + 16) / 2
    tokens[0, 0, 0] = torch.tensor([-1.0, 1.0])
    found = map_of(tokens, ("batch", "row", "column", "channel"), CHOICE)
    np.testing.assert_allclose(found.values, [[1, 0, 0], [0, 0, 12.5**0.5]])
    assert (found.shape, found.is_map) == ((1, 2, 3, 2), True)
    assert found.how == "the root of the mean square over channel"
    assert found.heatmap("a", "b", "").scale.centre is None


def test_channels_before_places_and_places_in_one_axis_are_the_same_map():
    tokens = torch.arange(12.0).reshape(2, 3, 2)
    wanted = map_of(tokens[None], ("batch", "row", "column", "channel"), CHOICE).values
    channels_first = tokens.permute(2, 0, 1)
    found = map_of(channels_first, ("channel", "row", "column"), CHOICE)
    np.testing.assert_allclose(found.values, wanted)
    found = map_of(tokens.reshape(1, 6, 2), ("batch", "place", "channel"), CHOICE)
    np.testing.assert_allclose(found.values, wanted)


def test_windows_are_joined_and_their_padding_is_cut_off():
    """A grid of 2 x 3 in windows of 2: two windows, of which the last column is padding."""
    queries = torch.zeros(2, 1, 4, 1)  # window, head, token, channel
    queries[0, 0, :, 0] = torch.tensor([1.0, 2, 3, 4])
    queries[1, 0, :, 0] = torch.tensor([5.0, 99, 6, 99])
    choice = Choice((2, 3), 0, 0, side=(2, 2))
    found = map_of(queries, ("window", "head", "token", "channel"), choice)
    np.testing.assert_allclose(found.values, [[1, 2, 5], [3, 4, 6]])


def test_of_several_masks_the_one_that_is_shown_with_its_signs():
    logits = torch.zeros(1, 4, 2, 3)
    logits[0, 1] = torch.tensor([[-2.0, 1, 0], [0, 0, 0]])
    found = map_of(logits, ("batch", "mask", "row", "column"), CHOICE)
    np.testing.assert_allclose(found.values, [[-2, 1, 0], [0, 0, 0]])
    assert found.how == "mask 1"
    heatmap = found.heatmap("logits", "raw logits", "logit")
    assert (heatmap.scale.centre, heatmap.scale.unit) == (0, "logit")
    assert heatmap.words == "raw logits: mask 1."


@pytest.mark.parametrize("axis", [1, 2])
def test_attention_between_tokens_and_image_is_that_of_the_mask_token(axis):
    """Two heads, whose mean is shown; four tokens, of which number 2 is the mask's."""
    weights = torch.zeros(2, 4, 6)
    weights[0, 2, 5], weights[1, 2, 5], weights[1, 3, 0] = 1.0, 0.5, 9.0
    weights = weights if axis == 1 else weights.transpose(1, 2)
    found = map_of(weights[None], ("batch", "head", "query", "key"), CHOICE)
    np.testing.assert_allclose(found.values, [[0, 0, 0], [0, 0, 0.75]])


def test_attention_between_tokens_is_a_table():
    weights = torch.arange(8.0).reshape(1, 2, 2, 2)
    found = map_of(weights, ("batch", "head", "query", "key"), CHOICE)
    np.testing.assert_allclose(found.values, [[2, 3], [4, 5]])
    assert not found.is_map
    assert found.how == "the mean of the heads, a row for each query, in it each key"


def test_tokens_that_are_no_places_are_a_table_with_a_row_each():
    found = map_of(torch.tensor([[[1.0, -2], [3, 4]]]), ("batch", "token", "channel"), CHOICE)
    np.testing.assert_allclose(found.values, [[1, -2], [3, 4]])
    assert found.heatmap("", "", "").scale.centre == 0
    heads = torch.arange(12.0).reshape(1, 2, 3, 2)  # head, query, channel
    found = map_of(heads, ("batch", "head", "query", "channel"), CHOICE)
    np.testing.assert_allclose(found.values, [[0, 1, 6, 7], [2, 3, 8, 9], [4, 5, 10, 11]])
    found = map_of(torch.tensor([[0.5, 0.25]]), ("batch", "mask"), CHOICE)
    np.testing.assert_allclose(found.values, [[0.5, 0.25]])


def test_vectors_of_one_length_show_the_channel_that_varies_most():
    """Fourier features: each vector has the length 1, so lengths would be a blank map."""
    angle = torch.arange(6.0).reshape(2, 3)
    grid = torch.stack([angle.sin() * 0 + 1, angle.sin(), angle.cos()])
    grid[0] = 0
    found = map_of(grid, ("channel", "row", "column"), CHOICE)
    channel = 1 if angle.sin().var() > angle.cos().var() else 2
    np.testing.assert_allclose(found.values, grid[channel])
    assert f"channel {channel}" in found.how


def test_one_vector_for_all_places_is_a_row():
    found = map_of(
        torch.tensor([1.0, 2]).reshape(1, 2, 1, 1),
        ("batch_or_1", "channel", "row_or_1", "column_or_1"),
        CHOICE,
    )
    np.testing.assert_allclose(found.values, [[1, 2]])
