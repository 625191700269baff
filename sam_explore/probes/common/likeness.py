"""How alike tokens are to some prototypes, which are means of other tokens."""

from typing import Any

import numpy as np
from jaxtyping import Float, Int

from sam_explore.tracing import Trace

from .depth import stream_names
from .numbers import array

_ROUNDS = 20  # of k-means
_LEAST = 1e-9  # of the greatest length squared; shorter has no direction

Tokens = Float[np.ndarray, "row column channel"]
Weights = Float[np.ndarray, "row column"]
Prototypes = Float[np.ndarray, "prototype channel"]


def likeness(tokens: Tokens, prototypes: Prototypes) -> Float[np.ndarray, "row column"]:
    """The cosine of each token, less the picture's mean token, with the prototype it is most like.

    0 where either has no direction.

    Args:
        tokens: of the picture, without those of the padding.
        prototypes: as `prototypes_of` gives them, of this or of another picture.
    """
    ours = tokens - tokens.mean(axis=(0, 1))
    lengths = np.linalg.norm(ours, axis=-1)[..., None] * np.linalg.norm(prototypes, axis=-1)
    greatest = np.linalg.norm(tokens, axis=-1).max(), np.linalg.norm(prototypes, axis=-1).max()
    products = ours @ prototypes.T
    is_long = lengths > _LEAST * greatest[0] * max(greatest)
    cosines = np.divide(products, lengths, out=np.zeros(lengths.shape), where=is_long)
    return np.asarray(cosines.max(axis=-1))


def prototypes_of(tokens: Tokens, weights: Weights, count: int = 1) -> Prototypes:
    """Means of some of a picture's tokens, all less the picture's mean token.

    Several are found by k-means along directions: each token goes to the prototype with which it
    has the greatest cosine. They begin with tokens that are as unlike as can be. They are fewer
    where fewer tokens count.

    Args:
        tokens: of the picture, without those of the padding.
        weights: how much each counts; not all are 0.
        count: how many prototypes.
    """
    beyond = tokens - tokens.mean(axis=(0, 1))
    counted = weights > 0
    ours, much = beyond[counted], weights[counted]
    if count == 1 or len(ours) == 1:
        return (much @ ours / much.sum())[None]
    lengths = np.linalg.norm(ours, axis=1, keepdims=True)
    directions = ours / np.where(lengths > 0, lengths, 1)
    found = directions[_unlike(directions, much, count)]
    for _ in range(_ROUNDS):
        nearest = (directions @ found.T).argmax(axis=1)
        means = [much[nearest == each] @ ours[nearest == each] for each in range(len(found))]
        sizes = [np.linalg.norm(each) for each in means]
        found = np.array(
            [mean / size if size > 0 else old
             for mean, size, old in zip(means, sizes, found, strict=True)]
        )  # fmt: skip
    nearest = (directions @ found.T).argmax(axis=1)
    return np.array(
        [much[nearest == each] @ ours[nearest == each] / much[nearest == each].sum()
         for each in np.unique(nearest)]
    )  # fmt: skip


def distances(weights: Weights) -> Float[np.ndarray, "row column"]:
    """The distance of each token from the weighted mean place, in tokens."""
    places = np.moveaxis(np.indices(weights.shape), 0, -1).astype(float)
    middle = np.einsum("rc,rcd->d", weights / weights.sum(), places)
    return np.linalg.norm(places - middle, axis=-1)


def stream_tokens(trace: Trace, depth: str) -> Tokens:
    """The tokens that show the picture at a depth, which is a name of `stream_names`."""
    rows, columns = trace.frame.tokens_shown
    return array(trace[stream_names(trace.sam.config)[depth]][0])[:rows, :columns]


def check_comparable(trace: Trace, other: Any) -> None:
    """Refuse a second run whose tokens can't be compared with those of the first.

    Raises:
        TypeError: no run.
        ValueError: a run of a model of another size.
    """
    if not isinstance(other, Trace):
        raise TypeError(
            "other must be the run that the mask or the token is taken from, such as a second "
            f"session's trace, not a {type(other).__name__}."
        )
    here, there = trace.sam.config, other.sam.config
    if (here.encoder_dim, here.encoder_depth) != (there.encoder_dim, there.encoder_depth):
        raise ValueError(
            f"other must be a run of a model of this size, {here.name}, but is one of {there.name}."
        )


def _unlike(
    directions: Float[np.ndarray, "token channel"], weights: Float[np.ndarray, "token"], count: int
) -> Int[np.ndarray, "start"]:
    """Tokens to begin with: the one most like the mean, then always the one least like these."""
    chosen = [int((directions @ (weights @ directions)).argmax())]
    while len(chosen) < min(count, len(directions)):
        closest = (directions @ directions[chosen].T).max(axis=1)
        closest[chosen] = np.inf
        chosen.append(int(closest.argmin()))
    return np.array(chosen)
