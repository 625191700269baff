"""The exam's measures: rank correlation, calibration, strata of size."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float

STRATA = ("small", "medium", "large")
_STRATA_FROM = (0.01, 0.05)  # share of the picture from which a target is medium, large


class Bin(NamedTuple):
    """One point of a calibration curve: masks whose predicted IoU lies in a range."""

    start: float
    stop: float
    masks: int
    predicted: float
    true: float


def stratum(share: float) -> str:
    """Small, medium from 1 %, large from 5 % of the picture."""
    return STRATA[int(np.searchsorted(_STRATA_FROM, share, side="right"))]


def spearman(a: Float[np.ndarray, "n"], b: Float[np.ndarray, "n"]) -> float:
    """Rank correlation of two arrays, -1 to 1; NaN if one is constant.

    Equal numbers share the mean of their ranks.
    """
    ranks = np.stack([_ranks(a), _ranks(b)])
    if (np.ptp(ranks, axis=1) == 0).any():
        return float("nan")
    return float(np.corrcoef(ranks)[0, 1])


def _ranks(values: Float[np.ndarray, "n"]) -> Float[np.ndarray, "n"]:
    _, which, counts = np.unique(values, return_inverse=True, return_counts=True)
    return (np.cumsum(counts) - (counts - 1) / 2)[which]


def calibration(
    predicted: Float[np.ndarray, "n"], true: Float[np.ndarray, "n"], bins: int = 10
) -> list[Bin]:
    """Mean predicted and mean true IoU by ranges of the predicted one; empty ranges are left out.

    A predicted IoU below 0 counts in the first range, one above 1 in the last.
    """
    which = np.clip((predicted * bins).astype(int), 0, bins - 1)
    return [
        Bin(i / bins, (i + 1) / bins, int(here.sum()), *_means(predicted[here], true[here]))
        for i in range(bins)
        if (here := which == i).any()
    ]


def _means(*rows: Float[np.ndarray, "n"]) -> list[float]:
    return [float(row.mean()) for row in rows]
