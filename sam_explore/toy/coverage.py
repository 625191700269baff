"""The share of each cell of a coarser grid that a mask covers, and clicks where masks are wrong."""

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Int
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


def correction_clicks(
    masks: Bool[Tensor, "mask row column"],
    targets: Bool[Tensor, "mask row column"],
    generator: torch.Generator,
) -> tuple[Float[Tensor, "mask 2"], Int[Tensor, "mask"]]:
    """A random click in each mask's error region, and its label: 1 where the target was missed.

    Points are x, y in the unit square. A mask without errors is clicked anywhere inside its target,
    or anywhere if the target is empty.
    """
    side = masks.shape[-1]
    wrong = (masks ^ targets).flatten(1)
    wrong = torch.where(wrong.any(dim=1, keepdim=True), wrong, targets.flatten(1))
    chances = torch.rand(wrong.shape, generator=generator, device=generator.device)
    places = (chances.to(wrong.device) + wrong).argmax(dim=1)
    labels = targets.flatten(1).gather(1, places[:, None])[:, 0].long()
    points = torch.stack([places % side, places // side], dim=1)
    return (points + 0.5) / side, labels
