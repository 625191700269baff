"""How much do attention and MLP add in each block?"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float

from sam_explore.model.addresses import EVERY, in_block
from sam_explore.number_text import text
from sam_explore.readings import Curve, Profile
from sam_explore.tracing import Trace, norm

from ..common.numbers import array
from ..common.probe import Probe


@dataclass(frozen=True)
class ResidualShares(Probe):
    """The size of what attention and MLP add to the residual stream, relative to the stream.

    For each token the L2 norm of what is added is divided by the norm of the stream that it is
    added to: before the block for attention, between the two for the MLP. What is added can point
    along the stream, across it or against it, so the shares don't sum up to the block's growth.
    A token whose stream is zero has no ratio and is left out.

    Reads: of image_encoder.vit.blocks.*: hook_residual_pre, attention.hook_out, hook_residual_mid
        and mlp.hook_out, of which only the norms are kept.
    Returns: a Profile over the blocks with a curve for attention and one for the MLP: the median
        over the tokens, with a band from the 5th to the 95th percentile.
    Unit: ratio of two norms; 1 means as large as the stream itself.
    Source: our own.
    """

    title = "How much do attention and MLP add to the residual stream?"
    reads_prompts = False
    runs_encoder = True  # the inside of a block is not kept

    def read(self, trace: Trace) -> Profile:
        names = [in_block(EVERY, part) for part in (*_ATTENTION, *_MLP)]
        norms = trace.read(names, norm)
        depth = trace.sam.config.encoder_depth
        attention = np.array([_percentiles(norms, block, *_ATTENTION) for block in range(depth)])
        mlp = np.array([_percentiles(norms, block, *_MLP) for block in range(depth)])
        return Profile(
            np.arange(depth, dtype=float),
            (_curve("attention", attention), _curve("MLP", mlp)),
            title="What each block adds to the tokens",
            words=(
                "Measured by the norm of the stream that it is added to, what attention adds is "
                f"{_range_in_words(attention[:, 1])}, and what the MLP adds "
                f"{_range_in_words(mlp[:, 1])}, in the median over the tokens."
            ),
            x_name="block",
            y_name="norm added / norm of the stream",
        )


# What is added, and the stream that it is added to.
_ATTENTION = ("attention.hook_out", "hook_residual_pre")
_MLP = ("mlp.hook_out", "hook_residual_mid")


def _percentiles(
    norms: dict[str, Any], block: int, added: str, stream: str
) -> Float[np.ndarray, "3"]:
    """The 5th, 50th and 95th percentile over the tokens of the ratio of the two norms."""
    added_norms = array(norms[in_block(block, added)])
    stream_norms = array(norms[in_block(block, stream)])
    there = stream_norms > 0
    ratios = added_norms[there] / stream_norms[there]
    return np.percentile(ratios, (5, 50, 95)) if ratios.size else np.full(3, np.nan)


def _curve(name: str, percentiles: Float[np.ndarray, "block 3"]) -> Curve:
    low, median, high = percentiles.T
    return Curve(median, f"{name}, median with 5 to 95 %", low, high)


def _range_in_words(medians: Float[np.ndarray, "block"]) -> str:
    if np.isnan(medians).all():
        return "without a measure, since the stream is zero"
    low, high = int(np.nanargmin(medians)), int(np.nanargmax(medians))
    if text(medians[low]) == text(medians[high]):
        return f"{text(medians[low])} times as large in every block"
    return (
        f"from {text(medians[low])} times as large in block {low} to {text(medians[high])} times "
        f"in block {high}"
    )
