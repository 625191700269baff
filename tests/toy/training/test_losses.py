"""The training's losses, against values worked out by hand."""

import math

import pytest
import torch

from sam_explore.toy.training.losses import cross_entropy, dice_loss, mask_loss


def test_cross_entropy_of_undecided_logits():
    covered = torch.tensor([[[1.0, 0.25]]])
    assert cross_entropy(torch.zeros(1, 1, 2), covered).item() == pytest.approx(math.log(2))


def test_dice_loss_of_a_whole_cell_too_many():
    # Certain of both cells, one is right: areas 2 + 1, difference 1; (3 - 1 + 1) / (3 + 1).
    logits = torch.full((1, 1, 2), 50.0)
    covered = torch.tensor([[[1.0, 0.0]]])
    assert dice_loss(logits, covered).item() == pytest.approx(1 - 3 / 4)


def test_dice_loss_of_a_cell_that_is_covered_in_part():
    # Half covered, three quarters predicted: areas 1.25, difference 0.25.
    logits = torch.tensor([[[math.log(3)]]])
    assert dice_loss(logits, torch.tensor([[[0.5]]])).item() == pytest.approx(1 - 2 / 2.25)


def test_dice_loss_is_nothing_where_the_prediction_is_the_share():
    covered = torch.tensor([[[0.1, 0.5, 0.9, 0.3]]])
    assert dice_loss(covered.logit(), covered).item() == pytest.approx(0, abs=1e-6)
    for other in (0.9 * covered, 0.1 + 0.9 * covered):
        assert dice_loss(other.logit(), covered).item() > 0.01


def test_mask_loss_weighs_the_cross_entropy():
    logits, covered = torch.randn(3, 4, 4), torch.rand(3, 4, 4)
    expected = 0.2 * cross_entropy(logits, covered) + dice_loss(logits, covered)
    torch.testing.assert_close(mask_loss(logits, covered, 0.2), expected)
