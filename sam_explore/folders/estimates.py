"""Means over many pictures with their intervals, from one pass over the numbers."""

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from jaxtyping import Float

_MANY = 1000  # degrees of freedom, from which on the normal distribution is used: 0.2 % narrower


@dataclass(frozen=True, eq=False)
class Estimate:
    """The mean of each number over the pictures, and the ends of its interval.

    Args:
        mean: NaN without a picture.
        low, high: the ends; NaN with fewer than two pictures.
        count: of the pictures that have the number.
    """

    mean: Float[np.ndarray, "*any"]
    low: Float[np.ndarray, "*any"]
    high: Float[np.ndarray, "*any"]
    count: Float[np.ndarray, "*any"]


class Moments:
    """Count, mean and squared deviations of arrays of one shape, added one after the other.

    NaN counts as no number. Source: Welford, "Note on a method for calculating corrected sums of
    squares and products" (1962).
    """

    def __init__(self, shape: tuple[int, ...]):
        self.shape = shape
        self._count, self._mean, self._squares = (np.zeros(shape) for _ in range(3))

    def add(self, values: Float[np.ndarray, "*any"]) -> None:
        """Add one picture's numbers."""
        there = np.isfinite(values)
        self._count += there
        step = np.where(there, values - self._mean, 0.0)
        self._mean += step / np.maximum(self._count, 1)
        self._squares += np.where(there, step * (values - self._mean), 0.0)

    def estimate(self, share: float) -> Estimate:
        """The means, and the intervals with this probability, by Student's t distribution."""
        count = self._count
        mean = np.where(count > 0, self._mean, np.nan)
        variance = np.where(count > 1, self._squares / np.maximum(count - 1, 1), np.nan)
        reach = np.array([t_quantile(share, int(each) - 1) for each in np.unique(count)])
        half = reach[np.searchsorted(np.unique(count), count)] * np.sqrt(
            variance / np.maximum(count, 1)
        )
        ends = np.asarray(mean - half), np.asarray(mean + half)
        return Estimate(mean, *ends, count.copy())


def t_quantile(share: float, freedom: int) -> float:
    """Where Student's t distribution holds this share between minus it and plus it.

    With t = sqrt(freedom) tan(angle) the density is a power of the cosine, which is summed up.
    NaN without a degree of freedom.
    """
    if freedom < 1:
        return float("nan")
    if freedom > _MANY:
        return NormalDist().inv_cdf((1 + share) / 2)
    angles = np.linspace(0, np.pi / 2, 200_001)
    middles = (angles[1:] + angles[:-1]) / 2
    held = np.concatenate([[0.0], np.cumsum(np.cos(middles) ** (freedom - 1))])
    angle = np.interp(share, held / held[-1], angles)
    return float(np.sqrt(freedom) * np.tan(angle))
