"""The arrows of a map as lines, which figures and live views draw alike."""

import numpy as np
from jaxtyping import Float

from sam_explore.readings import Heatmap

_HEAD = 0.35  # of the arrow's length
_TURN = np.deg2rad(150)  # from the way of the arrow to each side of its head
_SHORTEST = 0.08  # of a cell: a shorter arrow has no direction that could be seen


def arrow_lines(heatmap: Heatmap) -> list[Float[np.ndarray, "point 2"]]:
    """Shaft and head of each arrow as x, y in cells, whose middles are at whole numbers.

    Arrows are centred on their cells; one of length 1 is as long as a cell.
    """
    lines: list[Float[np.ndarray, "point 2"]] = []
    if heatmap.arrows is None:
        return lines
    for row, column in np.ndindex(heatmap.values.shape):
        way = heatmap.arrows[row, column]
        length = float(np.hypot(*way))
        if not length >= _SHORTEST:  # NaN neither
            continue
        middle = np.array([column, row], float)
        tail, tip = middle - way / 2, middle + way / 2
        sides = [tip + _HEAD * _turned(way, angle) for angle in (_TURN, -_TURN)]
        lines += [np.array([tail, tip]), np.array([sides[0], tip, sides[1]])]
    return lines


def _turned(way: Float[np.ndarray, "2"], angle: float) -> Float[np.ndarray, "2"]:
    cosine, sine = np.cos(angle), np.sin(angle)
    return np.array([[cosine, -sine], [sine, cosine]]) @ way
