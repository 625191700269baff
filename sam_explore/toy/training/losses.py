"""The mask losses: cross entropy and dice loss.

Targets are the share of each logit's cell that a mask covers. Rounding them to 0 and 1 on a coarse
grid would lose the edges.
"""

import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor


def cross_entropy(
    logits: Float[Tensor, "*masks row column"], covered: Float[Tensor, "*masks row column"]
) -> Float[Tensor, "*masks"]:
    """Mean binary cross entropy of each mask."""
    entropy = F.binary_cross_entropy_with_logits(logits, covered, reduction="none")
    return entropy.mean(dim=(-2, -1))


def dice_loss(
    logits: Float[Tensor, "*masks row column"], covered: Float[Tensor, "*masks row column"]
) -> Float[Tensor, "*masks"]:
    """1 minus the overlap, twice the intersection over the sum of both areas; 0 to 1.

    The intersection is computed as half of (sum of the areas - sum of the absolute differences).
    For targets of 0 and 1 that is the usual dice loss. For fractional targets, unlike the usual
    one, it is smallest where the prediction equals the target.
    Source: "Dice Semimetric Losses" (arXiv 2303.16296).
    """
    inside = logits.sigmoid()
    areas = (inside + covered).sum(dim=(-2, -1))
    difference = (inside - covered).abs().sum(dim=(-2, -1))
    return 1 - (areas - difference + 1) / (areas + 1)


def mask_loss(
    logits: Float[Tensor, "*masks row column"],
    covered: Float[Tensor, "*masks row column"],
    entropy_weight: float,
) -> Float[Tensor, "*masks"]:
    """Dice loss plus weighted cross entropy."""
    return dice_loss(logits, covered) + entropy_weight * cross_entropy(logits, covered)
