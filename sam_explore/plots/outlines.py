"""The outline of a mask as lines, which a page can draw at any size."""

from typing import cast

import numpy as np
from contourpy import contour_generator
from jaxtyping import Float


def outlines(
    values: Float[np.ndarray, "row column"], level: float
) -> list[Float[np.ndarray, "_ 2"]]:
    """Closed lines around where `values`, linear between the cells' centres, exceed `level`.

    Outlines that reach the border of the map are closed along it.

    Returns:
        Lines of x, y in cells: the map spans 0 to its number of columns and 0 to its number of
        rows.
    """
    rows, columns = values.shape
    below = min(float(values.min()), level) - 1.0
    padded = np.pad(values.astype(np.float64), 1, constant_values=below)
    lines = cast(list[np.ndarray], contour_generator(z=padded).lines(level))
    # The centre of the first cell, at 0.5, has index 1 in the padded map.
    return [np.clip(line - 0.5, 0, (columns, rows)) for line in lines]
