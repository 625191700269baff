"""How alike vectors are, by their directions."""

import numpy as np
from jaxtyping import Float

_ROUNDING = 1e-5  # of a norm


def cosines(vectors: Float[np.ndarray, "some channel"]) -> Float[np.ndarray, "some some"]:
    """The cosine of each vector with each; NaN where one of them is zero."""
    norms = np.linalg.norm(vectors, axis=1)
    sizes = norms[:, None] * norms
    return np.divide(vectors @ vectors.T, sizes, out=np.full(sizes.shape, np.nan), where=sizes > 0)


def least_and_greatest(found: Float[np.ndarray, "some some"]) -> tuple[float, float]:
    """The least and the greatest cosine of two different vectors; NaN where there is none."""
    pairs = found[np.triu_indices(len(found), 1)]
    pairs = pairs[np.isfinite(pairs)]
    return (float(pairs.min()), float(pairs.max())) if len(pairs) else (np.nan, np.nan)


def cosines_with(
    vectors: Float[np.ndarray, "row column channel"], token: tuple[int, int]
) -> Float[np.ndarray, "row column"]:
    """The cosine of each place's vector with that of `token`; NaN where either is zero."""
    products = vectors @ vectors[token]
    norms = np.linalg.norm(vectors, axis=-1)
    sizes = norms * norms[token]
    return np.divide(products, sizes, out=np.full(norms.shape, np.nan), where=sizes > 0)


def cosines_of_pairs(
    one: Float[np.ndarray, "channel row column"], other: Float[np.ndarray, "channel row column"]
) -> Float[np.ndarray, "row column"]:
    """The cosine of each token with its counterpart, both less their mean.

    It is 0 where a token is no more than the mean, up to rounding: it has no direction then.
    """
    first, second = _less_mean(one), _less_mean(other)
    norms = np.linalg.norm(first, axis=0) * np.linalg.norm(second, axis=0)
    return np.divide((first * second).sum(axis=0), norms, out=np.zeros_like(norms), where=norms > 0)


def _less_mean(tokens: Float[np.ndarray, "channel row column"]) -> np.ndarray:
    """The tokens less their mean; what rounding may have left is set to 0."""
    rest = tokens - tokens.mean(axis=(1, 2), keepdims=True)
    least = _ROUNDING * np.linalg.norm(tokens, axis=0).max(initial=0.0)
    return rest * (np.linalg.norm(rest, axis=0) > least)
