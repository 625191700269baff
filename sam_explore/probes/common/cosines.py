"""How alike vectors are, by their directions."""

import numpy as np
from jaxtyping import Float


def cosines(vectors: Float[np.ndarray, "some channel"]) -> Float[np.ndarray, "some some"]:
    """The cosine of each vector with each; NaN where one of them is zero."""
    norms = np.linalg.norm(vectors, axis=1)
    sizes = norms[:, None] * norms
    return np.divide(vectors @ vectors.T, sizes, out=np.full(sizes.shape, np.nan), where=sizes > 0)
