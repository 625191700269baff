"""How far the border of one mask lies from that of another."""

import numpy as np
from jaxtyping import Bool, Float, Int


def border(mask: Bool[np.ndarray, "row column"]) -> Int[np.ndarray, "cell 2"]:
    """Row and column of the cells of a mask that have a neighbour outside, row by row.

    Beyond the edge of the map nothing is outside: a mask has no border where the picture ends.
    """
    framed = np.pad(mask, 1, mode="edge")
    around = framed[:-2, 1:-1] & framed[2:, 1:-1] & framed[1:-1, :-2] & framed[1:-1, 2:]
    return np.argwhere(mask & ~around)


def border_distance(
    one: Bool[np.ndarray, "row column"], other: Bool[np.ndarray, "row column"]
) -> float:
    """The mean distance in cells from the border of either mask to the nearest cell of the other's.

    NaN where one of them has no border.
    """
    first, second = border(one), border(other)
    if not len(first) or not len(second):
        return float("nan")
    return float((_to_nearest(first, second).mean() + _to_nearest(second, first).mean()) / 2)


def _to_nearest(
    cells: Int[np.ndarray, "cell 2"], others: Int[np.ndarray, "other 2"]
) -> Float[np.ndarray, "cell"]:
    # Row by row of the table of distances, which would be large for the released models.
    return np.array([np.sqrt(((others - cell) ** 2).sum(axis=1).min()) for cell in cells])
