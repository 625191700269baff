"""Mask hints: the part of them that lies over the picture, and how they are scaled."""

from math import ceil

import numpy as np
from jaxtyping import Float

from sam_explore.geometry import Frame
from sam_explore.model.config import LOGITS_A_TOKEN


def over_the_picture(
    hint: Float[np.ndarray, "height width"], frame: Frame
) -> Float[np.ndarray, "row column"]:
    """The hint's logits over the picture, as `Prediction.visible` has a prediction's."""
    rows, columns = map(ceil, frame.cells_shown(LOGITS_A_TOKEN))
    return hint[:rows, :columns]


def scaled_to(
    hint: Float[np.ndarray, "height width"], largest: float, frame: Frame
) -> Float[np.ndarray, "height width"]:
    """The hint times the number that makes its largest absolute logit over the picture `largest`.

    One that is 0 everywhere stays as it is.
    """
    reach = float(np.abs(over_the_picture(hint, frame)).max())
    return hint * (largest / reach) if reach else hint


def moved_away(
    hint: Float[np.ndarray, "height width"], frame: Frame
) -> Float[np.ndarray, "height width"]:
    """The same hint half the picture lower; what leaves it below comes back in above.

    Cells over the padding stay as they are.
    """
    moved = hint.copy()
    shown = over_the_picture(moved, frame)  # a view
    shown[:] = np.roll(shown, len(shown) // 2, axis=0)
    return moved
