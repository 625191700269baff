"""How well a number tells tokens inside from those outside: by pairs of one of each."""

import numpy as np
from jaxtyping import Bool, Float


def order_of_pairs(
    scores: Float[np.ndarray, "row column"], inside: Bool[np.ndarray, "row column"]
) -> float:
    """The share of pairs in which the token inside has the greater score; ties count half.

    It is the area under the ROC curve; 0.5 is chance. NaN where nothing is inside, or all is.
    """
    ours, others = scores[inside], np.sort(scores[~inside])
    if not len(ours) or not len(others):
        return np.nan
    below = np.searchsorted(others, ours, "left") + np.searchsorted(others, ours, "right")
    return float(below.mean()) / (2 * len(others))
