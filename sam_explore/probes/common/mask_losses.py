"""The losses of a mask that SAM's paper names, for masks of 0 and 1."""

import numpy as np
from jaxtyping import Bool, Float

FOCAL_WEIGHT = 20.0  # of the focal loss, next to the dice loss
_GAMMA, _ALPHA = 2.0, 0.25


def focal_loss(
    logits: Float[np.ndarray, "mask row column"], inside: Bool[np.ndarray, "row column"]
) -> Float[np.ndarray, "mask"]:
    """The focal loss of each mask: cross entropy, in the mean over pixels, with sure ones left out.

    A pixel that the model gets right with probability p counts (1 - p)² times; one inside counts
    0.25 and one outside 0.75 times.
    Source: arXiv 1708.02002, with the values of MaskFormer (arXiv 2107.06278), to which SAM's paper
    refers.
    """
    towards = np.where(inside, logits, -logits)
    entropy = np.logaddexp(0.0, -towards)
    weight = np.where(inside, _ALPHA, 1 - _ALPHA) * (1 - np.exp(-entropy)) ** _GAMMA
    return np.asarray((weight * entropy).mean(axis=(-2, -1)))


def dice_loss(
    logits: Float[np.ndarray, "mask row column"], inside: Bool[np.ndarray, "row column"]
) -> Float[np.ndarray, "mask"]:
    """1 minus twice the intersection over the sum of both areas, each pixel counted by its
    probability; 1 is added above and below the line. 0 to 1. Source: arXiv 1606.04797.
    """
    share = np.exp(-np.logaddexp(0.0, -logits))
    both = (share * inside).sum(axis=(-2, -1))
    areas = share.sum(axis=(-2, -1)) + inside.sum()
    return np.asarray(1 - (2 * both + 1) / (areas + 1))


def mask_loss(
    logits: Float[np.ndarray, "mask row column"], inside: Bool[np.ndarray, "row column"]
) -> Float[np.ndarray, "mask"]:
    """20 times the focal loss plus the dice loss. Source: arXiv 2304.02643, appendix A."""
    return FOCAL_WEIGHT * focal_loss(logits, inside) + dice_loss(logits, inside)
