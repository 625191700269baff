"""Losses of masks of two pixels, worked out by hand."""

import numpy as np
import pytest

from sam_explore.probes.common.mask_losses import dice_loss, focal_loss, mask_loss

INSIDE = np.array([[True, False]])


def test_a_model_that_knows_nothing():
    logits = np.zeros((1, 1, 2))  # a probability of a half everywhere
    # Each pixel: ln 2, times (1 - 1/2)², times 0.25 inside and 0.75 outside.
    assert focal_loss(logits, INSIDE) == pytest.approx(np.log(2) / 4 * (0.25 + 0.75) / 2)
    assert dice_loss(logits, INSIDE) == pytest.approx(1 - (2 * 0.5 + 1) / (1 + 1 + 1))


def test_one_that_is_right_and_one_that_is_wrong():
    logits = np.array([[[50.0, -50.0]], [[-50.0, 50.0]]])
    assert dice_loss(logits, INSIDE) == pytest.approx([0, 1 - 1 / 3])
    assert focal_loss(logits, INSIDE) == pytest.approx([0, 50 * (0.25 + 0.75) / 2])


def test_focal_loss_counts_twenty_times():
    logits = np.array([[[0.5, -1.5]]])
    assert mask_loss(logits, INSIDE) == pytest.approx(
        20 * focal_loss(logits, INSIDE) + dice_loss(logits, INSIDE)
    )


def test_large_logits_stay_finite():
    logits = np.array([[[-1e4, 1e4]]])
    assert np.isfinite(mask_loss(logits, INSIDE)).all()
