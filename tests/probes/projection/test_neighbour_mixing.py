"""A 3 x 3 convolution of one or two weights, whose shares are worked out by hand."""

import numpy as np
import torch

from sam_explore.probes import NeighbourMixing
from sam_explore.probes.projection.neighbour_mixing import (
    AROUND,
    CENTRE,
    SUMMED,
    changed,
    shares_of_nine,
)

from ...small import small_sam, small_trace

HERE, RIGHT = (1, 1), (1, 2)


def one_channel(**weights: float) -> torch.Tensor:
    weight = torch.zeros(1, 1, 3, 3)
    for name, value in weights.items():
        weight[0, 0, *{"here": HERE, "right": RIGHT}[name]] = value
    return weight


ROW = torch.tensor([[[[0.0, 2.0, 2.0, 0.0]]]])


def test_a_single_weight_has_all_of_the_variance():
    shares = shares_of_nine(ROW, one_channel(right=3.0), (1, 4))
    assert shares[RIGHT] == 1
    assert shares.sum() == 1


def test_two_weights_share_it_by_their_covariance_with_the_sum():
    # Here 0 2 2 0, from the right 2 2 0 0, together 2 4 2 0: around its mean 0 2 0 −2, 8.
    # Here around its mean −1 1 1 −1: 2 + 2 = 4. From the right 1 1 −1 −1: 2 + 2 = 4.
    shares = shares_of_nine(ROW, one_channel(here=1.0, right=1.0), (1, 4))
    np.testing.assert_allclose([shares[HERE], shares[RIGHT]], [0.5, 0.5])


def test_tokens_of_padding_are_neighbours_and_do_not_count():
    # Of the first three places: here 0 2 2, from the right 2 2 0; together 2 4 2.
    shares = shares_of_nine(ROW, one_channel(here=1.0, right=1.0), (1, 3))
    np.testing.assert_allclose(shares.sum(), 1)
    assert np.isnan(shares_of_nine(ROW, one_channel(), (1, 4))).all()


def test_what_is_left_of_the_weights():
    weight = torch.arange(9.0).reshape(1, 1, 3, 3)
    alone = torch.zeros(1, 1, 3, 3)
    alone[..., 1, 1] = 4
    torch.testing.assert_close(changed(weight, CENTRE), alone)
    torch.testing.assert_close(changed(weight, AROUND), weight - alone)
    torch.testing.assert_close(changed(weight, SUMMED), 9 * alone)  # 0 + 1 + ... + 8 = 36


def test_a_convolution_of_its_middle_alone_is_not_changed():
    sam = small_sam()
    weight = sam.image_encoder.channel_projection.conv2.weight
    middle = weight[..., 1, 1].clone()
    weight.zero_()
    weight[..., 1, 1] = middle
    truth = np.zeros((20, 40), bool)
    truth[:, 20:] = True
    for left in (SUMMED, CENTRE):
        reading = NeighbourMixing(left, truth=truth)(small_trace(sam))
        shares, alike, before, after = reading.readings
        assert shares.values[HERE] == 1
        np.testing.assert_allclose(alike.values, 1, rtol=1e-5)
        np.testing.assert_allclose(after.values, before.values, atol=1e-3)
        assert "1 comes from the token itself and 0 from its eight neighbours" in reading.words
        assert "its overlap with the mask before is 1.00." in reading.words
        assert "true IoU with" in reading.words


def test_without_the_middle_of_such_a_convolution_every_token_is_the_same():
    sam = small_sam()
    weight = sam.image_encoder.channel_projection.conv2.weight
    middle = weight[..., 1, 1].clone()
    weight.zero_()
    weight[..., 1, 1] = middle
    _, alike, *_ = NeighbourMixing(AROUND)(small_trace(sam)).readings
    assert (alike.values == 0).all()
