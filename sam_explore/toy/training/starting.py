"""Initial weights of the small model: sinusoidal positions and a whitening patch embedding."""

from dataclasses import replace

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from sam_explore.model import Sam

_POWER = 0.5  # exponent of a component's standard deviation, by which the initial weights divide
_FLOOR = 0.01  # added to each component's variance, so that the weakest stay weak


def initialise(sam: Sam) -> Sam:
    """Set sinusoidal position encodings and small linear layers, as for a ViT pretrained by MAE."""
    table = sam.image_encoder.position_encoder.table
    frequencies = sam.coordinate_encoder.frequencies
    with torch.no_grad():
        frequencies.copy_(frequencies.half())  # they are never trained, and stored as fp16
        table.copy_(sinusoidal_grid(sam.config.grid, sam.config.encoder_dim))
        for module in sam.image_encoder.modules():
            if isinstance(module, nn.Linear):
                nn.init.xavier_uniform_(module.weight)
                nn.init.zeros_(module.bias)
    return sam


def randomise_positions(sam: Sam) -> Sam:
    """Set random position encodings with the mean square of sines and cosines, 1/2."""
    nn.init.normal_(sam.image_encoder.position_encoder.table, std=0.5**0.5)
    return sam


@torch.no_grad()
def grown(sam: Sam, side: int) -> Sam:
    """The same network for pictures of another side, with as many tokens more as patches fit.

    Position encodings are interpolated. In tables of relative positions each distance keeps its
    vector, and those that are longer than any before get the vector of the longest.

    Args:
        sam: the network.
        side: of the pictures in pixels, a multiple of the patch size and no less than before.

    Raises:
        ValueError: a side that is smaller or no multiple.
    """
    if side < sam.config.image_size:
        raise ValueError(
            f"a grid can only grow: expected a side of {sam.config.image_size} pixels or more, but "
            f"got {side}."
        )
    other = Sam(replace(sam.config, image_size=side))
    learned = sam.state_dict()
    for name, weight in other.state_dict().items():
        before = learned[name]
        if before.shape == weight.shape:
            weight.copy_(before)
        elif before.ndim == 4:
            table = F.interpolate(before.movedim(-1, 1), size=weight.shape[1:3], mode="bicubic")
            weight.copy_(table.movedim(1, -1))
        else:
            further = (len(weight) - len(before)) // 2
            weight.copy_(F.pad(before.T[None], (further, further), mode="replicate")[0].T)
    return other


def sinusoidal_grid(grid: int, dim: int) -> Float[Tensor, "1 row column channel"]:
    """Fixed sines and cosines of the column, then of the row, from high to low frequency.

    Source: the 2D encoding of MAE (arXiv 2111.06377), after "Attention Is All You Need".
    """
    frequencies = 10000 ** (-torch.arange(dim // 4) / (dim // 4))
    angles = torch.arange(grid)[:, None] * frequencies
    line = torch.cat([angles.sin(), angles.cos()], dim=1)
    columns = line[None, :, :].expand(grid, grid, -1)
    rows = line[:, None, :].expand(grid, grid, -1)
    return torch.cat([columns, rows], dim=-1)[None]


@torch.no_grad()
def even_out_patches(sam: Sam, pixels: Float[Tensor, "scene 3 side side"]) -> None:
    """Set the patch embedding to the principal components of the patches of these pictures.

    Each is divided by the square root of its standard deviation, then all are mixed by a random
    rotation. Random weights would mostly respond to a patch's mean colour, compared to which an
    edge is weak. The embedding's outputs start with a mean of 0 and a mean square of 1.
    """
    projection = sam.image_encoder.patch_embedding.projection
    patch, dim = sam.config.patch_size, sam.config.encoder_dim
    patches = F.unfold(pixels, patch, stride=patch).transpose(1, 2).flatten(0, 1).double()
    mean = patches.mean(dim=0)
    covariance = (patches - mean).T @ (patches - mean) / len(patches)
    variances, components = torch.linalg.eigh(covariance)
    variances, components = variances.flip(0).clamp(min=0), components.flip(1)
    kept = min(dim, len(variances))
    weights = torch.zeros(dim, len(variances), dtype=torch.double)
    scales = (variances[:kept] + _FLOOR).sqrt() ** _POWER
    weights[:kept] = (components[:, :kept] / scales).T
    mix, _ = torch.linalg.qr(torch.randn(dim, dim, dtype=torch.double))
    weights = mix @ weights
    weights /= (weights @ components * variances.sqrt()).square().sum(dim=1).mean().sqrt()
    projection.weight.copy_(weights.view_as(projection.weight))
    if projection.bias is not None:
        projection.bias.copy_(-(weights @ mean))
