"""Windows of tokens: the grid is padded to whole windows, cut into them, and joined again."""

import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from .config import attended


def split_windows(
    tokens: Float[Tensor, "batch row column channel"], window: int
) -> Float[Tensor, "window row_in_window column_in_window channel"]:
    """Cut the grid into square windows, with zeros as padding at the bottom and the right edge."""
    batch, rows, columns, channels = tokens.shape
    tokens = F.pad(tokens, (0, 0, 0, -columns % window, 0, -rows % window))
    down, across = tokens.shape[1] // window, tokens.shape[2] // window
    tokens = tokens.view(batch, down, window, across, window, channels)
    return tokens.transpose(2, 3).reshape(batch * down * across, window, window, channels)


def join_windows(
    windows: Float[Tensor, "window row_in_window column_in_window channel"],
    rows: int,
    columns: int,
) -> Float[Tensor, "batch row column channel"]:
    """Undo `split_windows`: join the windows to a grid and cut off the padding."""
    count, window, _, channels = windows.shape
    down, across = -(-rows // window), -(-columns // window)
    batch = count // (down * across)
    tokens = windows.view(batch, down, across, window, window, channels).transpose(2, 3)
    tokens = tokens.reshape(batch, down * window, across * window, channels)
    return tokens[:, :rows, :columns]


def padded_grid(window: int, grid: tuple[int, int]) -> tuple[int, int]:
    """Rows and columns of the grid after it is filled up to whole windows."""
    lengths = zip(grid, attended(window, grid), strict=True)
    rows, columns = (-(-length // side) * side for length, side in lengths)
    return rows, columns
