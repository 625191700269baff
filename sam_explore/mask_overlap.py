"""How much two masks have in common."""

from typing import overload

import numpy as np
from jaxtyping import Bool, Float
from torch import Tensor


@overload
def mask_iou(
    one: Bool[np.ndarray, "row column"], other: Bool[np.ndarray, "row column"], empty: float = 1.0
) -> float: ...


@overload
def mask_iou(
    one: Bool[Tensor, "*masks row column"],
    other: Bool[Tensor, "*masks row column"],
    empty: float = 1.0,
) -> Float[Tensor, "*masks"]: ...


def mask_iou(
    one: Bool[np.ndarray, "row column"] | Bool[Tensor, "*masks row column"],
    other: Bool[np.ndarray, "row column"] | Bool[Tensor, "*masks row column"],
    empty: float = 1.0,
) -> float | Float[Tensor, "*masks"]:
    """Intersection over union, 0 to 1, of two arrays or of each pair in two batches of tensors.

    Args:
        one, other: masks of the same shape.
        empty: the value for two empty masks. They agree, so it is 1 unless given.
    """
    both, either = (one & other).sum((-2, -1)), (one | other).sum((-2, -1))
    found = both / either.clip(1) + empty * (either == 0)
    return found if isinstance(found, Tensor) else float(found)
