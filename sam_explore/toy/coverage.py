"""The share of each cell of a coarser grid that a mask covers."""

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float
from torch import Tensor


def coverage(
    masks: Bool[Tensor, "*masks height width"] | Float[Tensor, "*masks height width"],
    rows: int,
    columns: int | None = None,
) -> Float[Tensor, "*masks row column"]:
    """The share of each cell's area that the mask covers, 0 to 1, on a grid of any size.

    A pixel on a boundary counts in each cell by the part that is inside it. `columns` defaults to
    `rows`.
    """
    columns = rows if columns is None else columns
    height, width = masks.shape[-2:]
    if height % rows == 0 and width % columns == 0:
        flat = F.avg_pool2d(
            masks.reshape(-1, 1, height, width).float(), (height // rows, width // columns)
        )
        return flat.view(*masks.shape[:-2], rows, columns)
    down, across = _overlaps(height, rows, masks.device), _overlaps(width, columns, masks.device)
    return down @ masks.float() @ across.T


def _overlaps(pixels: int, cells: int, device: torch.device) -> Float[Tensor, "cell pixel"]:
    """The share of each cell that each pixel fills, along one axis; rows sum to 1."""
    # In units of 1 / (pixels * cells) of the axis all edges are integers, so this is exact.
    cell = torch.arange(cells, device=device)[:, None] * pixels
    pixel = torch.arange(pixels, device=device)[None, :] * cells
    shared = torch.minimum(cell + pixels, pixel + cells) - torch.maximum(cell, pixel)
    return shared.clamp(min=0) / pixels
