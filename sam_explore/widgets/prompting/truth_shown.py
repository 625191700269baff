"""What a view shows of the truth: the edge of the true region, and true IoU in words."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float

from ...mask_overlap import mask_iou
from ...number_text import text
from ...plots.outlines import outlines
from ...truth import NOT_UNDER_A_POINT, region_in_words, region_meant, sampled, true_ious
from ..canvas.picture_drawing import Lines
from ..session import Snapshot

Mask = Bool[np.ndarray, "row column"]
Ious = Float[np.ndarray, "mask"]
_MOST = 512  # points along an axis that the edge is drawn from


class Compared(NamedTuple):
    """The comparison of a prediction with the truth.

    Args:
        ious: the true IoU of each mask; None if nothing is compared.
        lines_px: the edge of the true region that the prompts mean, in pixels of the picture.
        words: the region's name and the true IoU of the mask shown, or why there is no region.
    """

    ious: Float[np.ndarray, "mask"] | None = None
    lines_px: Lines = ()
    words: tuple[str, ...] = ()


def compared(now: Snapshot) -> Compared:
    """The current comparison with the truth; empty if the user wants none."""
    prediction, shown = now.prediction, now.shown_mask
    if prediction is None or shown is None:
        return Compared()
    return _compared(now, lambda mask: true_ious(prediction, mask, now.threshold), shown)


def compared_alone(now: Snapshot, shown: Mask) -> Compared:
    """The comparison of the mask that is shown alone, which is quicker.

    Args:
        now: the state.
        shown: this mask at the pixels of `Prediction.sampled`.
    """
    prediction = now.prediction
    if prediction is None:
        return Compared()
    return _compared(now, lambda mask: np.array([mask_iou(shown, sampled(mask, prediction))]), 0)


def _compared(now: Snapshot, iou: Callable[[Mask], Ious], shown: int) -> Compared:
    if now.truth_level is None:
        return Compared()
    if now.truth is None:
        return Compared(words=("The truth of this picture is not known: paint it, or load it.",))
    index = now.region_meant
    if index is None:
        return Compared(words=(NOT_UNDER_A_POINT,))
    mask, what = now.truth.mask(index), region_in_words(now.truth, index)
    ious = iou(mask)
    said = text(float(ious[shown]), decimals=2)
    return Compared(ious, _edge_px(mask), (f"Its true IoU with {what} is {said}.",))


def edge_meant(now: Snapshot) -> Lines:
    """The edge of the true region that the prompts mean, whether or not they are answered."""
    if now.truth is None or now.truth_level is None:
        return ()
    index = region_meant(now.truth, now.prompts, now.truth_level)
    return () if index is None else _edge_px(now.truth.mask(index))


def _edge_px(mask: np.ndarray) -> Lines:
    steps = [-(-length // _MOST) for length in mask.shape]
    coarse = mask[:: steps[0], :: steps[1]].astype(float)
    return [line * steps[::-1] for line in outlines(coarse, 0.5)]
