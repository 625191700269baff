"""Tokens whose norm is far above the others'."""

import numpy as np
from jaxtyping import Float

DEVIATIONS = 5.0  # robust ones above the median, beyond which a norm is an outlier

# For a normal distribution, the median absolute deviation divided by the standard deviation.
_NORMAL = 0.6745


def robust_deviation(values: Float[np.ndarray, "*any"]) -> float:
    """The median distance from the median; for a normal distribution its standard deviation."""
    return float(np.median(np.abs(values - np.median(values)))) / _NORMAL


def outliers_of(
    norms: Float[np.ndarray, "row column"], deviations: float = DEVIATIONS
) -> tuple[float, tuple[tuple[int, int], ...]]:
    """The limit, and the tokens (row, column) that lie above it."""
    limit = float(np.median(norms)) + deviations * robust_deviation(norms)
    found = np.argwhere(norms > limit)
    return limit, tuple((int(row), int(column)) for row, column in found)
