"""How far something went from one run to another."""

import numpy as np
from jaxtyping import Float

_ROUNDING = 1e-6  # of the way; logits in fp32 are no more exact than that


def share_of_the_way(
    patched: Float[np.ndarray, "*place"],
    start: Float[np.ndarray, "*place"],
    end: Float[np.ndarray, "*place"],
) -> float:
    """How far some logits went from a start to an end; NaN if those are the same.

    What is less than the rounding of fp32 is 0.
    """
    way = end - start
    length = float((way**2).sum())
    if not length:
        return float("nan")
    share = float(((patched - start) * way).sum() / length)
    return 0.0 if abs(share) < _ROUNDING else share
