"""Check the blocks, heads and token positions of interventions."""

from collections.abc import Iterable, Sequence
from math import isqrt

import numpy as np
import torch
from jaxtyping import Bool
from torch import Tensor

from sam_explore.model import SamConfig
from sam_explore.model.addresses import in_block
from sam_explore.model.windows import split_windows

# Rows and columns of image tokens: one pair, several, or an array (token, 2).
TokenPositions = Sequence | np.ndarray


def check_index(name: str, index: int, count: int) -> None:
    """Refuse an index that isn't one of `count`.

    Raises:
        ValueError: it is negative, or too large.
    """
    if not 0 <= index < count:
        raise ValueError(f"{name} must be 0 to {count - 1} in this model, not {index}.")


def in_checked_block(config: SamConfig, block: int, place: str) -> str:
    """The name of a hook point inside a block of the image encoder.

    Raises:
        ValueError: the model has no such block.
    """
    check_index("block", block, config.encoder_depth)
    return in_block(block, place)


def pairs_of(name: str, places: object) -> tuple[tuple[int, int], ...]:
    """Rows and columns as a tuple of pairs, ascending, each once.

    Raises:
        ValueError: anything but pairs of whole numbers, or none at all.
    """
    pairs = np.atleast_2d(np.asarray(places))
    if pairs.ndim != 2 or pairs.shape[1] != 2 or not len(pairs) or pairs.dtype.kind not in "iu":
        raise ValueError(
            f"{name} must be rows and columns of tokens, such as [(3, 4), (3, 5)], at least one, "
            f"not {places!r}. Of a mask over the grid, np.argwhere(mask) gives them."
        )
    return tuple(sorted({(row, column) for row, column in pairs.tolist()}))


def flat_positions(
    name: str, pairs: Iterable[tuple[int, int]], grid: tuple[int, int]
) -> frozenset[int]:
    """Each token's number when the grid is counted row by row.

    Raises:
        ValueError: a token outside the grid.
    """
    rows, columns = grid
    outside = [pair for pair in pairs if not (0 <= pair[0] < rows and 0 <= pair[1] < columns)]
    if outside:
        raise ValueError(
            f"{name} must be rows from 0 to {rows - 1} and columns from 0 to {columns - 1}, the "
            f"token grid of this run, but {outside[0]} is outside."
        )
    return frozenset(row * columns + column for row, column in pairs)


def by_window(
    places: frozenset[int] | None, grid: tuple[int, int], windows: int, tokens: int
) -> Bool[Tensor, "window token"]:
    """Which tokens of each window are at these positions of the grid; padding never is.

    Args:
        places: numbers, counted row by row; None for all.
        grid: rows and columns of the whole grid.
        windows: how many there are. Global attention is one window that is the grid.
        tokens: in one window.
    """
    rows, columns = grid
    marked = torch.zeros(rows * columns, dtype=torch.float32, device="cpu")
    marked[slice(None) if places is None else sorted(places)] = 1
    if (windows, tokens) == (1, rows * columns):
        return marked[None].bool()
    return split_windows(marked.view(1, rows, columns, 1), isqrt(tokens)).flatten(1).bool()
