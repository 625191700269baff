"""What the training minimises: focal and dice loss of masks, and the error of the predicted IoU."""

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float
from torch import Tensor


def focal_loss(
    logits: Float[Tensor, "*masks row column"], target: Float[Tensor, "*masks row column"]
) -> Float[Tensor, "*masks"]:
    """Cross entropy that counts pixels which are already right for little (gamma 2, alpha 0.25).

    Source: "Focal Loss for Dense Object Detection" (arXiv 1708.02002).
    """
    entropy = F.binary_cross_entropy_with_logits(logits, target, reduction="none")
    inside = logits.sigmoid()
    wrong = inside + target - 2 * inside * target
    alpha = 0.25 * target + 0.75 * (1 - target)
    return (alpha * wrong**2 * entropy).mean(dim=(-2, -1))


def dice_loss(
    logits: Float[Tensor, "*masks row column"], target: Float[Tensor, "*masks row column"]
) -> Float[Tensor, "*masks"]:
    """1 minus the overlap, twice the intersection over the sum of both areas; 0 to 1."""
    inside = logits.sigmoid()
    overlap = (inside * target).sum(dim=(-2, -1))
    areas = inside.sum(dim=(-2, -1)) + target.sum(dim=(-2, -1))
    return 1 - (2 * overlap + 1) / (areas + 1)


def mask_loss(
    logits: Float[Tensor, "*masks row column"], target: Float[Tensor, "*masks row column"]
) -> Float[Tensor, "*masks"]:
    """Focal and dice loss in the paper's proportion of 20 to 1 (arXiv 2304.02643, appendix A)."""
    return 20 * focal_loss(logits, target) + dice_loss(logits, target)


def mask_iou(
    masks: Bool[Tensor, "*masks row column"], target: Bool[Tensor, "*masks row column"]
) -> Float[Tensor, "*masks"]:
    """Intersection over union; 0 where both are empty."""
    intersection = (masks & target).sum(dim=(-2, -1))
    union = (masks | target).sum(dim=(-2, -1))
    return intersection / torch.clamp(union, min=1)
