"""How alike vectors are, by their directions."""

import numpy as np
from jaxtyping import Float


def cosines(vectors: Float[np.ndarray, "some channel"]) -> Float[np.ndarray, "some some"]:
    """The cosine of each vector with each; NaN where one of them is zero."""
    norms = np.linalg.norm(vectors, axis=1)
    sizes = norms[:, None] * norms
    return np.divide(vectors @ vectors.T, sizes, out=np.full(sizes.shape, np.nan), where=sizes > 0)


def cosines_with(
    vectors: Float[np.ndarray, "row column channel"], token: tuple[int, int]
) -> Float[np.ndarray, "row column"]:
    """The cosine of each place's vector with that of `token`; NaN where either is zero."""
    products = vectors @ vectors[token]
    norms = np.linalg.norm(vectors, axis=-1)
    sizes = norms * norms[token]
    return np.divide(products, sizes, out=np.full(norms.shape, np.nan), where=sizes > 0)
