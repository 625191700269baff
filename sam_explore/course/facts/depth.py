"""What happens to tokens from block to block of the image encoder.

Each function is called with `session.now`, or the session itself, and reads its run.
"""

from itertools import pairwise
from typing import Any

import numpy as np
from jaxtyping import Float

from sam_explore.number_text import text
from sam_explore.probes.causes.block_order import BlockOrder
from sam_explore.probes.common.depth import tokens_by_depth
from sam_explore.readings import Panel, Profile

from .fact import Fact, mask_of

FIRST, BETWEEN, LAST = "first", "between", "last"
_SMALLEST = 1e-12


def grown(now: Any) -> Fact:
    """How many times as long the median token is after the last block as after the embedding.

    Returns a `Fact` with the ratio of the two median norms, over the tokens of the picture.
    """
    tokens = tokens_by_depth(now.trace)
    medians = [float(np.median(_length(each))) for each in tokens.values()]
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
        "Take from each token what all tokens have in common, their mean. What is left at the end "
        f"has a cosine of {text(median, 2)} with what was left at the beginning, in the median of "
        "the tokens. A token that had only grown would have 1, one that points where it would by "
        "chance about 0.",
    )


def adds_most(now: Any) -> Fact:
    """Which block of the image encoder adds most to the tokens, next to what it was given.

    Attention and MLP are taken together, and the median over the tokens.

    Returns a `Fact` with "first", "last" or "between".
    """
    tokens = list(tokens_by_depth(now.trace).values())
    shares = [
        float(np.median(_length(after - before) / np.maximum(_length(before), _SMALLEST)))
        for before, after in pairwise(tokens)
    ]
    most, least = int(np.argmax(shares)), int(np.argmin(shares))
    return Fact(
        _where(most, len(shares)),
        f"Block {most} adds most: {text(shares[most], 2)} times the length of the tokens that it "
        f"is given, in the median. Block {least} adds least, {text(shares[least], 2)} times.",
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
    return Fact(
        _where(needed, len(left)),
        f"Without block {needed} the mask keeps an IoU of {text(float(left[needed]), 2)} with the "
        f"mask as it was, the least of all. Without block {spared} it keeps "
        f"{text(float(left[spared]), 2)}, the most; the median is "
        f"{text(float(np.median(left)), 2)}.",
    )


def _length(vectors: Float[np.ndarray, "row column channel"]) -> Float[np.ndarray, "row column"]:
    return np.linalg.norm(vectors, axis=-1)


def _where(block: int, depth: int) -> str:
    return FIRST if block == 0 else LAST if block == depth - 1 else BETWEEN
