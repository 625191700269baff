"""How the toy's image encoder starts: sinusoidal positions, and a task that needs no prompts."""

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from sam_explore.model import Sam, SamConfig
from sam_explore.model.layers import TokenHead

_QUERIES = 24  # places a scene that the grouping task asks about


class GroupingHead(nn.Module):
    """A pretext that teaches the image encoder fast: which places belong with this place?

    For each asked place it makes three vectors, one a level (whole, part, sub-part), whose products
    with the upscaled image features say which places share the region. It is thrown away after
    training.
    """

    def __init__(self, config: SamConfig):
        super().__init__()
        features = config.token_dim // 8
        self.head = TokenHead(config.token_dim, config.token_dim, 3 * features)
        self.bias = nn.Parameter(torch.full((3, 1), -2.0))

    def loss(
        self, sam: Sam, tokens: Tensor, labels: Tensor, generator: torch.Generator
    ) -> Float[Tensor, ""]:
        """Cross entropy and dice over random places of each scene, where the level has a region."""
        scenes, _, side, _ = labels.shape
        places = torch.randint(side * side, (scenes, _QUERIES), generator=generator)
        places = places.to(labels.device)
        rows, columns = places // side, places % side
        cell = side // tokens.shape[-1]
        each = torch.arange(scenes, device=labels.device)[:, None]
        points = torch.stack([columns + 0.5, rows + 0.5], dim=-1) / side
        asked = tokens.permute(0, 2, 3, 1)[each, rows // cell, columns // cell]
        asked = asked + sam.coordinate_encoder(points)
        vectors = self.head(asked.flatten(0, 1)).view(scenes, _QUERIES, 3, -1)
        features = sam.mask_decoder.mask_generator.upscale(tokens).flatten(2)
        logits = torch.einsum("sqlf,sfp->sqlp", vectors, features) + self.bias
        here = labels.permute(0, 2, 3, 1)[each, rows, columns]
        same = (labels.flatten(2)[:, None] == here[..., None]) & (here > 0)[..., None]
        logits, same = logits[here > 0].float(), same[here > 0].float()
        entropy = F.binary_cross_entropy_with_logits(logits, same)
        overlap = (logits.sigmoid() * same).sum(-1)
        areas = logits.sigmoid().sum(-1) + same.sum(-1)
        return entropy + (1 - (2 * overlap + 1) / (areas + 1)).mean()


def initialise(sam: Sam) -> Sam:
    """Sinusoidal position encodings and small linear layers, as a ViT pretrained by MAE starts."""
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
