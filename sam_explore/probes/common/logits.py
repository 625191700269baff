"""Raw logits: their scale of colours, what can be said of them in words, and how masks agree."""

from typing import Any

import numpy as np
from jaxtyping import Float

from sam_explore.mask_overlap import mask_iou
from sam_explore.model.config import LOGITS_A_TOKEN
from sam_explore.number_text import text
from sam_explore.prediction import Prediction
from sam_explore.readings import Scale

from .probe import knob

_ROUNDING = 1e-4


def span_knob() -> Any:
    """A field that is how far the drawing reaches to both sides of the threshold, in logits."""
    return knob(0.0, "range drawn in logits (0: all)", low=0.0, high=100.0)


def logit_scale(threshold: float, span: float = 0.0) -> Scale:
    """Colours around the threshold that reach `span` logits to both sides, or all if it is 0."""
    if not span:
        return Scale("logit", centre=threshold)
    return Scale("logit", centre=threshold, low=threshold - span, high=threshold + span)


def logits_in_words(name: str, logits: Float[np.ndarray, "*any"], threshold: float) -> str:
    """Range and share inside: "The logits of mask 2 go from −9 to 4; 21 % lie above 0."."""
    return (
        f"The logits of {name} go from {text(float(logits.min()))} to {text(float(logits.max()))}; "
        f"{percent((logits > threshold).mean())} lie above {text(threshold)}."
    )


def checkerboard_in_words(name: str, logits: Float[np.ndarray, "row column"]) -> str:
    """How strong the pattern is that all tokens have in common; "" if there is none."""
    size = checkerboard(logits)
    if not size > _ROUNDING:  # NaN neither
        return ""
    return (
        "The fine checkerboard comes from the upscaling, not from the picture: in "
        f"{name} it departs by {text(size, 2)} from a token's mean."
    )


def checkerboard(logits: Float[np.ndarray, "row column"]) -> float:
    """The standard deviation of the mean token's 4 x 4 logits; NaN without a whole token."""
    if min(logits.shape) < LOGITS_A_TOKEN:
        return np.nan
    return float(mean_token(logits).std())


def mean_token(logits: Float[np.ndarray, "row column"]) -> Float[np.ndarray, "4 4"]:
    """The mean of all tokens' logits by their place in the token, around the mean of all.

    0 for a place that a picture of less than a token doesn't have.
    """
    whole = whole_tokens(logits).astype(float)
    starts = range(LOGITS_A_TOKEN)
    parts = [
        [whole[row::LOGITS_A_TOKEN, column::LOGITS_A_TOKEN] for column in starts] for row in starts
    ]
    cells = np.array([[part.mean() if part.size else 0.0 for part in across] for across in parts])
    return cells - cells.mean()


def whole_tokens(
    logits: Float[np.ndarray, "row column"],
) -> Float[np.ndarray, "whole_row whole_column"]:
    """Without the last rows and columns where only a part of a token shows the picture.

    A picture of less than a token keeps what there is.
    """
    rows, columns = (length // LOGITS_A_TOKEN * LOGITS_A_TOKEN or length for length in logits.shape)
    return logits[:rows, :columns]


def percent(share: float) -> str:
    """A fraction as a percentage; "less than 1 %" and "more than 99 %" near the ends."""
    if 0 < share < 0.01:
        return "less than 1 %"
    if 0.99 < share < 1:
        return "more than 99 %"
    return f"{100 * share:.0f} %"


def overlap_in_logits(before: Prediction, after: Prediction, mask: int, threshold: float) -> float:
    """The IoU of a mask with the same token's mask of another run, in the frame of the logits.

    Two empty masks agree: 1. It takes less time than at the picture's size.
    """
    one, other = (each.visible[mask] > threshold for each in (before, after))
    return mask_iou(one, other)


def mask_overlaps(before: Prediction, after: Prediction, threshold: float) -> tuple[float, ...]:
    """The IoU of each mask with the same token's mask of another run, at the picture's size.

    Two empty masks agree: 1.
    """
    return tuple(
        mask_iou(one, other)
        for one, other in zip(before.masks(threshold), after.masks(threshold), strict=True)
    )


def mask_overlap(mask: int, before: Prediction, after: Prediction, threshold: float) -> float:
    """The IoU of one mask with that of another run, at 512 pixels a side at most.

    That is exact for smaller pictures, and to about two digits for larger ones, whose logits take
    long to upscale. Two empty masks agree: 1.
    """
    one, other = (each.sampled[mask] > threshold for each in (before, after))
    return mask_iou(one, other)
