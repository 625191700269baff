"""Non-maximum suppression: of boxes that overlap much, the one with the best score remains."""

import numpy as np
from jaxtyping import Float, Int

NOBODY = -1


def box_iou(
    box: Float[np.ndarray, "4"], others: Float[np.ndarray, "box 4"]
) -> Float[np.ndarray, "box"]:
    """Intersection over union of a box with others, each x0, y0, x1, y1; NaN for two empty ones."""
    low, high = np.maximum(box[:2], others[:, :2]), np.minimum(box[2:], others[:, 2:])
    both = np.prod((high - low).clip(0), axis=1)
    areas = np.prod(others[:, 2:] - others[:, :2], axis=1)
    with np.errstate(invalid="ignore"):
        return both / (np.prod(box[2:] - box[:2]) + areas - both)


def suppress(
    boxes: Int[np.ndarray, "box 4"], scores: Float[np.ndarray, "box"], threshold: float
) -> tuple[Int[np.ndarray, "kept"], Int[np.ndarray, "box"], Float[np.ndarray, "box"]]:
    """Greedy suppression, as torchvision's `nms`: by falling score, ties in their order.

    In float32, as there, so that an IoU right at the threshold falls on the same side.

    Returns:
        Indices of the boxes that remain, by falling score; for each box the one that suppressed it,
        or NOBODY; and the IoU with that one, else NaN.
    """
    corners = boxes.astype(np.float32)
    waiting = np.argsort(-scores.astype(np.float32), kind="stable")
    kept = []
    winners, overlaps = np.full(len(boxes), NOBODY), np.full(len(boxes), np.nan, np.float32)
    while len(waiting):
        best, waiting = waiting[0], waiting[1:]
        kept.append(best)
        overlap = box_iou(corners[best], corners[waiting])
        beaten = overlap > np.float32(threshold)
        winners[waiting[beaten]], overlaps[waiting[beaten]] = best, overlap[beaten]
        waiting = waiting[~beaten]
    return np.array(kept, dtype=int), winners, overlaps
