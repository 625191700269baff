"""What happens to tokens from block to block of the image encoder.

Each function is called with `session.now`, or the session itself, and reads its run.
"""

from itertools import pairwise
from typing import Any

import numpy as np

from sam_explore.number_text import text
from sam_explore.probes.causes.block_order import BlockOrder
from sam_explore.probes.common.depth import tokens_by_depth
from sam_explore.probes.tokens.residual_shares import ResidualShares
from sam_explore.readings import Panel, Profile

from .fact import Fact, mask_of

ATTENTION, MLP, ALIKE = "attention", "MLP", "alike"
FIRST, BETWEEN, LAST = "first", "between", "last"
_ALIKE = 1.25  # shares that differ by no more than this factor count as alike
_SMALLEST = 1e-12


def grown(now: Any) -> Fact:
    """How many times as long the median token is after the last block as after the embedding.

    Returns a `Fact` with the ratio of the two median norms, over the tokens of the picture.
    """
    tokens = tokens_by_depth(now.trace)
    medians = [float(np.median(np.linalg.norm(each, axis=-1))) for each in tokens.values()]
    steps = [after / max(before, _SMALLEST) for before, after in pairwise(medians)]
    ratio = medians[-1] / max(medians[0], _SMALLEST)
    most = int(np.argmax(steps))
    return Fact(
        ratio,
        f"The median length of a token goes from {text(medians[0])} after the embedding to "
        f"{text(medians[-1])} after the last block, {text(ratio, 2)} times as much. It changes "
        f"most in block {most}: {text(steps[most], 2)} times.",
    )


def turned(now: Any) -> Fact:
    """How much of a token's direction is left after the last block.

    The mean token of the depth is taken off first, since all tokens have it in common.

    Returns a `Fact` with the median cosine of a token after the embedding with the same token
    after the last block.
    """
    tokens = list(tokens_by_depth(now.trace).values())
    flat = [each.reshape(-1, each.shape[-1]) for each in (tokens[0], tokens[-1])]
    first, last = (each - each.mean(axis=0) for each in flat)
    sizes = np.linalg.norm(first, axis=1) * np.linalg.norm(last, axis=1)
    cosines = (first * last).sum(axis=1) / np.maximum(sizes, _SMALLEST)
    median = float(np.median(cosines))
    return Fact(
        median,
        "The direction of a token, compared with that of the mean token, has a cosine of "
        f"{text(median, 2)} with its direction after the embedding, in the median: 1 would be the "
        "same direction, 0 one that has nothing to do with it.",
    )


def adds_more(now: Any) -> Fact:
    """Whether attention or the MLP adds more to the stream, in the median over the blocks.

    Returns a `Fact` with "attention", "MLP", or "alike" if they differ by less than a factor of
    1.25.
    """
    chart = ResidualShares().read(now.trace)
    medians = [curve.y for curve in chart.curves]
    attention, mlp = (float(np.nanmedian(each)) for each in medians)
    ratio = max(attention, mlp) / max(min(attention, mlp), _SMALLEST)
    larger = ATTENTION if attention > mlp else MLP
    more = int((medians[0] > medians[1]).sum())
    return Fact(
        larger if ratio > _ALIKE else ALIKE,
        f"Next to the stream that it is added to, attention adds {text(attention, 2)} times its "
        f"length and the MLP {text(mlp, 2)} times, in the median over the blocks. In {more} of "
        f"{len(chart.x)} blocks attention adds more.",
    )


def needed_block(now: Any) -> Fact:
    """Without which block of the image encoder least is left of the mask.

    Returns a `Fact` with "first", "last" or "between".
    """
    reading = BlockOrder(mask=mask_of(now), threshold=now.threshold).read(now.trace)
    assert isinstance(reading, Panel)
    chart = reading.readings[0]
    assert isinstance(chart, Profile)
    left = chart.curves[0].y
    needed, spared = int(np.argmin(left)), int(np.argmax(left))
    place = FIRST if needed == 0 else LAST if needed == len(left) - 1 else BETWEEN
    return Fact(
        place,
        f"Without block {needed} the mask keeps an IoU of {text(float(left[needed]), 2)} with the "
        f"mask as it was, the least of all. Without block {spared} it keeps "
        f"{text(float(left[spared]), 2)}, the most; the median is "
        f"{text(float(np.median(left)), 2)}.",
    )
