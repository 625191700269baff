"""Choosing a mask by its stability, or by the predicted IoU.

python docs/phenomena/selection.py --help
"""

import argparse

import numpy as np
from common import Case, Row, cases, run
from jaxtyping import Float

from sam_explore.mask_overlap import mask_iou
from sam_explore.model import Sam
from sam_explore.prediction import encode, predict

WAYS = ("predicted", "stability", "random", "oracle")


def qualities(
    true: Float[np.ndarray, "mask"],
    predicted: Float[np.ndarray, "mask"],
    stability: Float[np.ndarray, "mask"],
) -> tuple[float, float, float, float]:
    """True IoU of the mask that each of `WAYS` chooses among tokens 1 to 3.

    For the random choice that is its expectation, the mean of the three.
    """
    true, predicted, stability = true[1:], predicted[1:], stability[1:]
    by_predicted, by_stability = true[predicted.argmax()], true[stability.argmax()]
    return float(by_predicted), float(by_stability), float(true.mean()), float(true.max())


def measure(sam: Sam, options: argparse.Namespace) -> list[Row]:
    """Two truths: the whole object, and whichever region under the click fits best."""
    found = np.array([_one(sam, case) for case in cases(sam.config.image_size, options.scenes)])
    rows = []
    for index, truth in enumerate(("with the whole object", "with a region under the click")):
        predicted, stability, random, oracle = found[:, index].T
        token, best = "a random token of the three", "the best of the three"
        rows += [
            Row(f"IoU {truth}, by predicted IoU", predicted, token, random),
            Row(f"IoU {truth}, by predicted IoU", predicted, best, oracle),
            Row(f"IoU {truth}, by stability", stability, token, random),
            Row(f"IoU {truth}, by stability", stability, best, oracle),
            Row(f"IoU {truth}, by stability", stability, "by predicted IoU", predicted),
            Row(f"IoU {truth}: stability chooses better, share of the scenes",
                (stability > predicted).astype(float), "predicted IoU chooses better",
                (predicted > stability).astype(float)),
        ]  # fmt: skip
    return rows


def _one(sam: Sam, case: Case) -> list[tuple[float, float, float, float]]:
    prediction = predict(sam, encode(sam, case.drawn.image), case.click)
    masks = prediction.masks()
    regions = [case.drawn.mask(index) for index in case.drawn.at(*case.point)]
    whole = np.array([mask_iou(mask, case.truth) for mask in masks])
    valid = np.array([max(mask_iou(mask, region) for region in regions) for mask in masks])
    guesses = prediction.iou, prediction.stability()
    return [qualities(true, *guesses) for true in (whole, valid)]


def claims(rows: list[Row]) -> dict[str, int]:
    found = {}
    for index, truth in enumerate(("the whole object", "the regions under the click")):
        predicted, _, stability, _, against, _ = rows[6 * index : 6 * index + 6]
        found |= {
            f"for {truth} the predicted IoU chooses better than chance": predicted.sign,
            f"for {truth} stability chooses better than chance": stability.sign,
            f"for {truth} stability chooses better than the predicted IoU": against.sign,
        }
    return found


def main(arguments: list[str] | None = None) -> None:
    run(__file__, __doc__, measure, claims, arguments)


if __name__ == "__main__":
    main()
