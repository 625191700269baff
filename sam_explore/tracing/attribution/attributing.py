"""Attributions: how much each part of the picture contributes to a number of the prediction."""

from math import prod

import numpy as np
from jaxtyping import Float

from sam_explore.model.description import PROJECT

from ..trace import Trace
from .gradients import input_gradient, token_gradient
from .removal import (
    content_and_blank,
    holds_content,
    patches_of,
    pooled,
    spread,
    values_without,
)
from .scalars import Scalar, value_of

# The place at which each method changes or differentiates.
METHODS = {
    "gradient times embedding": "embedding",
    "gradient times pixels": "pixels",
    "occlusion of the embedding": "embedding",
    "occlusion of the pixels": "pixels",
}
OCCLUSION = {"embedding": "occlusion of the embedding", "pixels": "occlusion of the pixels"}


def attribute(
    trace: Trace, of: Scalar, method: str = "gradient times embedding", patch: int = 1
) -> Float[np.ndarray, "down across"]:
    """How much a number falls when a patch of image tokens loses its content, for each patch.

        attribute(trace, PredictedIoU(1), "occlusion of the embedding", patch=2)

    All methods give results in the unit of the number and with the same sign, for one common scale:
    a positive patch raises the number. Occlusion removes the content and runs the model, as
    `value_without` does; that is the causal effect. Gradients give the same to first order: the
    gradient times what would be removed, summed over the patch, so that the effects of several
    patches add up. Patches of pure padding have no pixels to remove, which gives 0.

    Args:
        trace: the run.
        of: the number.
        method: one of `METHODS`. "gradient times embedding" takes one backward pass through the
            decoder, "gradient times pixels" one through the whole model; occlusion takes a run of
            the decoder, or of the whole model, for each patch.
        patch: tokens along the side of a patch; those at the bottom and the right can be smaller.

    Raises:
        ValueError: an unknown method, no token a patch, or a number that this run doesn't have.

    Source: gradient times the difference from a baseline is the first-order term of that difference
        (arXiv 1704.02685, section 3); occlusion is Zeiler and Fergus' (arXiv 1311.2901).
    """
    if method not in METHODS:
        raise ValueError(f"method must be one of {', '.join(METHODS)}, not {method!r}.")
    if patch < 1:
        raise ValueError(f"patch must be 1 token or more, not {patch}.")
    of.check(trace.sam.config, trace.frame)
    place = METHODS[method]
    if method == OCCLUSION[place]:
        return _occlusion(trace, of, place, patch)
    return pooled(_gradient_times_content(trace, of, place), patch)


def patches_with_content(trace: Trace, method: str, patch: int) -> np.ndarray:
    """Which patches (down, across) have content to remove in this method; the others get 0."""
    holds = holds_content(trace.frame, METHODS[method])
    return pooled(holds.astype(int), patch) > 0


def rank_correlation(one: Float[np.ndarray, "*any"], other: Float[np.ndarray, "*any"]) -> float:
    """Spearman's: 1 if both have the same order, -1 if the reverse one.

    Ties get their mean rank. NaN if one of them is constant.
    """
    first, second = _ranks(one), _ranks(other)
    first, second = first - first.mean(), second - second.mean()
    spread_of_both = np.sqrt((first**2).sum() * (second**2).sum())
    return float((first * second).sum() / spread_of_both) if spread_of_both else float("nan")


def _gradient_times_content(
    trace: Trace, of: Scalar, place: str
) -> Float[np.ndarray, "row column"]:
    content, blank = content_and_blank(trace, place)
    if place == "embedding":
        attributed = token_gradient(trace, of, PROJECT)[0] * (content - blank)
        return attributed.sum(dim=0).double().cpu().numpy()
    attributed = (input_gradient(trace, of) * (content - blank)).sum(dim=0)
    return pooled(attributed.double().cpu().numpy(), trace.sam.config.patch_size)


def _occlusion(
    trace: Trace, of: Scalar, place: str, patch: int
) -> Float[np.ndarray, "down across"]:
    grid = trace.frame.grid
    shape = patches_of(grid, patch)
    each_alone = np.eye(prod(shape), dtype=bool).reshape(-1, *shape)
    removed = [spread(one, patch, grid) for one in each_alone]
    after = values_without(trace, of, removed, place)
    return value_of(trace, of) - np.reshape(after, shape)


def _ranks(values: Float[np.ndarray, "*any"]) -> Float[np.ndarray, "place"]:
    """Each value's rank in ascending order, from 1; ties share the mean of their ranks."""
    _, which, counts = np.unique(values, return_inverse=True, return_counts=True)
    return (counts.cumsum() - (counts - 1) / 2)[which.ravel()]
