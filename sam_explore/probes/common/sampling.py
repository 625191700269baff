"""Pixels that stand for a whole picture."""

import numpy as np
from jaxtyping import Int

_FINEST = 192  # pixels along a side


def sample_places(
    size: tuple[int, int], finest: int = _FINEST
) -> tuple[Int[np.ndarray, "row"], Int[np.ndarray, "column"]]:
    """Rows and columns of the pixels that are looked at, evenly spaced, so many a side at most."""
    rows, columns = (
        ((np.arange(count) + 0.5) * (length / count)).astype(int)
        for length in size
        for count in [min(length, finest)]
    )
    return rows, columns
