"""How much two masks have in common."""

from typing import overload

import numpy as np
from jaxtyping import Bool, Float
from torch import Tensor

_AT_ONCE = 32  # masks that are compared with all others, which bounds the memory


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


def mask_ious(
    masks: Bool[np.ndarray, "mask row column"], others: Bool[np.ndarray, "other row column"]
) -> Float[np.ndarray, "mask other"]:
    """Intersection over union, 0 to 1, of each mask with each of the others; two empty ones are 1.

    Args:
        masks, others: masks of one shape.
    """
    # Single precision counts exactly up to 2 ** 24.
    counting = np.float32 if others[:1].size <= 2**24 else np.float64
    flat: np.ndarray = others.reshape(len(others), -1).astype(counting).T
    both = np.zeros((len(masks), len(others)))
    for start in range(0, len(masks), _AT_ONCE):
        some = masks[start : start + _AT_ONCE]
        both[start : start + _AT_ONCE] = some.reshape(len(some), -1).astype(counting) @ flat
    sizes, other_sizes = (each.sum((1, 2), dtype=float) for each in (masks, others))
    either = sizes[:, None] + other_sizes - both
    return np.where(either > 0, both / either.clip(1), 1.0)
