"""A pretext task that trains the image encoder fast: which positions share a region?"""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from sam_explore.model import Sam, SamConfig
from sam_explore.model.layers import TokenHead

from .losses import mask_loss


class GroupingHead(nn.Module):
    """Computes three vectors for each queried position, one per level: whole, part and sub-part.

    Their products with the upscaled image features predict which positions share the region. The
    head is discarded after training.
    """

    def __init__(self, config: SamConfig):
        super().__init__()
        features = config.token_dim // 8
        self.head = TokenHead(config.token_dim, config.token_dim, 3 * features)
        self.bias = nn.Parameter(torch.full((3, 1), -2.0))

    def loss(
        self,
        sam: Sam,
        tokens: Float[Tensor, "scene channel row column"],
        points_unit: Float[Tensor, "target 2"],
        covered: Float[Tensor, "target 3 height width"],
        entropy_weight: float,
    ) -> Float[Tensor, ""]:
        """The mean loss over the levels and the targets; all scenes have as many targets."""
        scenes, _, grid, _ = tokens.shape
        points = points_unit.unflatten(0, (scenes, -1))
        columns, rows = (points * grid).long().clamp(0, grid - 1).unbind(-1)
        scene = torch.arange(scenes, device=tokens.device)[:, None]
        asked = tokens.permute(0, 2, 3, 1)[scene, rows, columns] + sam.coordinate_encoder(points)
        vectors = self.head(asked.flatten(0, 1)).view(scenes, 3 * points.shape[1], -1)
        features = sam.mask_decoder.mask_generator.upscale(tokens).flatten(2)
        logits = (vectors @ features).view(len(points_unit), 3, -1) + self.bias
        return mask_loss(logits.float().view_as(covered), covered, entropy_weight).mean()
