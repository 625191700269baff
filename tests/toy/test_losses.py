"""The training's losses, against values worked out by hand."""

import math

import pytest
import torch

from sam_explore.toy.losses import dice_loss, focal_loss, mask_iou, mask_loss


def test_focal_loss_of_undecided_logits():
    # p = 1/2 everywhere: cross entropy ln 2, (1 - p_t)^2 = 1/4, alpha 0.25 inside, 0.75 outside.
    logits = torch.zeros(1, 1, 2)
    target = torch.tensor([[[1.0, 0.0]]])
    expected = math.log(2) / 4 * (0.25 + 0.75) / 2
    assert focal_loss(logits, target).item() == pytest.approx(expected)


def test_dice_loss_by_hand():
    # Certain of both pixels, one is right: overlap 1, areas 2 + 1; (2 * 1 + 1) / (3 + 1).
    logits = torch.full((1, 1, 2), 50.0)
    target = torch.tensor([[[1.0, 0.0]]])
    assert dice_loss(logits, target).item() == pytest.approx(1 - 3 / 4)


def test_mask_loss_weighs_focal_twenty_times():
    logits, target = torch.randn(3, 4, 4), (torch.rand(3, 4, 4) > 0.5).float()
    expected = 20 * focal_loss(logits, target) + dice_loss(logits, target)
    torch.testing.assert_close(mask_loss(logits, target), expected)


def test_iou_by_hand_and_of_two_empty_masks():
    masks = torch.tensor([[[True, True, False]], [[False, False, False]]])
    target = torch.tensor([[[False, True, True]], [[False, False, False]]])
    torch.testing.assert_close(mask_iou(masks, target), torch.tensor([1 / 3, 0.0]))
