"""Scores of masks next to the truth, for clicks on drawn scenes; and ways to choose by them."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from sam_explore.geometry import Prompts
from sam_explore.mask_overlap import mask_iou
from sam_explore.model import Sam
from sam_explore.prediction import EncodedImage, Prediction, predict, stability_of
from sam_explore.tracing.attribution import rank_correlation

from .asked_objects import AskedLevels
from .borders import border_distance
from .decoder_attention import mask_by_cell


class ScoredMask(NamedTuple):
    """A mask's scores, and what is true of it.

    Args:
        predicted: the predicted IoU.
        stability: at an offset of one logit.
        true: the IoU with the level under the click that fits it best.
        border: the mean distance of its border from that level's, in cells of the logits; NaN
            without a border.
        empty: 1 for a mask without a cell inside, else 0.
        meant: the mean of its IoUs with all levels under the click, any of which may be meant.
        levels: how many these are.
    """

    predicted: float
    stability: float
    true: float
    border: float
    empty: float
    meant: float
    levels: float


@dataclass(frozen=True)
class Choice:
    """The true IoU of the mask that each way to choose takes, among the alternatives.

    Args:
        by_predicted, by_stability: the one whose score is the greatest.
        by_both: the one with the greatest product of the two scores.
        by_chance: the mean of the alternatives.
        best: the greatest.
    """

    by_predicted: float
    by_stability: float
    by_both: float
    by_chance: float
    best: float


def scored(
    sam: Sam, encoded: EncodedImage, asked: AskedLevels, clicks: int
) -> Float[np.ndarray, "click mask score"]:
    """The `ScoredMask` of each mask for the scene's click, and for others on the same whole."""
    points = places(asked, clicks)
    answers = predict(sam, encoded, [Prompts(points=[point]) for point in points])
    return np.array(
        [_scored(answer, asked, point) for answer, point in zip(answers, points, strict=True)]
    )


def places(asked: AskedLevels, clicks: int) -> list[tuple[int, int]]:
    """x and y of the scene's click, and of others on the whole that are drawn by chance."""
    chance = np.random.default_rng(asked.click)
    drawn = chance.choice(np.flatnonzero(asked.masks[0]), clicks - 1)
    width = asked.masks.shape[2]
    return [asked.click, *((int(at % width), int(at // width)) for at in drawn)]


def choose(scores: Float[np.ndarray, "mask score"], first: int = 1) -> Choice:
    """What each way to choose takes, of the masks from the first on.

    The product is our own; the reference's automatic generator asks for both scores as well, each
    above a threshold.
    """
    predicted, stability, true, *_ = scores[min(first, len(scores) - 1) :].T
    return Choice(
        float(true[predicted.argmax()]),
        float(true[stability.argmax()]),
        float(true[(predicted * stability).argmax()]),
        float(true.mean()),
        float(true.max()),
    )


def agreement_within(scores: Float[np.ndarray, "mask score"]) -> float:
    """The rank correlation of predicted and true IoU over the masks of one prompt."""
    predicted, _, true, *_ = scores.T
    return rank_correlation(predicted, true)


def _scored(answer: Prediction, asked: AskedLevels, point: tuple[int, int]) -> list[ScoredMask]:
    x, y = point
    truths = [mask_by_cell(mask, answer.frame) for mask in asked.masks if mask[y, x]]
    found = []
    stability = stability_of(answer.logits)
    for logits, predicted, stable in zip(answer.logits, answer.iou, stability, strict=True):
        mask = logits > 0
        ious = [mask_iou(mask, truth) for truth in truths]
        best = int(np.argmax(ious))
        distance = border_distance(mask, truths[best])
        found.append(
            ScoredMask(
                float(predicted), float(stable), ious[best], distance, float(~mask.any()),
                float(np.mean(ious)), float(len(ious)),
            )
        )  # fmt: skip
    return found
