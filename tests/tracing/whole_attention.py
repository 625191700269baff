"""The whole attention matrix of a small block, to compare with results computed without it."""

import torch
from torch import Tensor

from sam_explore.model import HookPoint
from sam_explore.tracing import Trace

BLOCK = "image_encoder.vit.blocks.{}."


def turned(tensor: Tensor, hook: HookPoint) -> Tensor:
    """An edit after which no two heads, queries or keys are what they were."""
    ramp = torch.linspace(0.5, 1.5, tensor[0].numel()).view(tensor[0].shape)
    return tensor * ramp


def whole(trace: Trace, block: int, part: str) -> Tensor:
    """Scores or weights of all queries: (head, row, column, key row, key column), NaN if unseen."""
    grid, side = 5, trace.windows[block] or 5
    across = -(-grid // side)
    found = trace[BLOCK.format(block) + f"attention.{part}"]
    padded = torch.full((found.shape[1], *(across * side,) * 4), torch.nan)
    for index, window in enumerate(found):
        down, right = divmod(index, across)
        rows, columns = (slice(place * side, (place + 1) * side) for place in (down, right))
        by_place = window.view(-1, side, side, side, side)
        padded[:, rows, columns, rows, columns] = by_place
    return padded


def on_grid(matrix: Tensor) -> Tensor:
    return matrix[:, :5, :5, :5, :5]
