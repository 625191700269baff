"""Intersection over union, counted by hand."""

import numpy as np
import pytest
import torch

from sam_explore.mask_overlap import mask_iou, mask_ious


def test_iou_of_two_arrays_is_a_number():
    one, other = np.array([[True, True, False]]), np.array([[False, True, True]])
    assert mask_iou(one, other) == pytest.approx(1 / 3)
    assert type(mask_iou(one, other)) is float  # else what it is compared with is no plain bool
    assert mask_iou(one, one) == 1
    assert mask_iou(one, ~one) == 0


def test_two_empty_masks_agree_unless_the_caller_says_otherwise():
    none = np.zeros((2, 3), bool)
    assert mask_iou(none, none) == 1
    assert mask_iou(none, none, empty=0.0) == 0
    assert mask_iou(none, ~none) == 0


def test_iou_of_each_pair_of_tensors():
    masks = torch.tensor([[[True, True, False]], [[False, False, False]]])
    targets = torch.tensor([[[False, True, True]], [[False, False, False]]])
    torch.testing.assert_close(mask_iou(masks, targets), torch.tensor([1 / 3, 1.0]))
    torch.testing.assert_close(mask_iou(masks, targets, empty=0.0), torch.tensor([1 / 3, 0.0]))


def test_iou_of_each_mask_with_each_other():
    left, middle, none = np.array([[[1, 1, 0]], [[0, 1, 0]], [[0, 0, 0]]], bool)
    found = mask_ious(np.array([left, none]), np.array([left, middle, none]))
    np.testing.assert_array_equal(found, [[1, 0.5, 0], [0, 0, 1]])
    assert mask_ious(np.zeros((0, 1, 3), bool), found[:, None] > 0.4).shape == (0, 2)


def test_iou_of_many_masks_is_that_of_each_pair():
    masks = np.random.default_rng(0).random((70, 5, 7)) > 0.5
    found = mask_ious(masks, masks[:3])
    expected = [[mask_iou(one, other) for other in masks[:3]] for one in masks]
    np.testing.assert_allclose(found, expected)
