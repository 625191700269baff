"""What a token listens to, and why.

Each function is called with `session.now`, or the session itself, and reads its run.
"""

from typing import Any

import numpy as np
from jaxtyping import Float

from sam_explore.number_text import text
from sam_explore.probes.attention.attention_row import AttentionRow
from sam_explore.probes.common.attention import MEAN, mean_over_queries
from sam_explore.probes.common.logits import percent
from sam_explore.probes.common.numbers import array, counted, place_of_greatest
from sam_explore.readings import Heatmap
from sam_explore.tracing import (
    Trace,
    attention_row,
    attention_statistics,
    even_statistics,
)

from .fact import Fact

CONTENT, DISTANCE, BOTH = "content", "distance", "both"
_ALIKE = 1.5  # spreads that differ by no more than this factor count as alike


def listened_to(now: Any) -> Heatmap:
    """What the picked token listens to in the first block that sees the whole grid, without itself.

    Returns a `Heatmap` by token of weights, in the mean over the heads.
    """
    run, block = now.trace, global_block(now.trace)
    weights = array(attention_row(run, block, now.token).weights).mean(axis=0)
    weights[tuple(now.token)] = np.nan
    place = place_of_greatest(weights)
    share = float(np.nanmax(weights) * weights.size)
    drawn = AttentionRow(now.token, block, MEAN).read(run)
    assert isinstance(drawn, Heatmap)
    return Heatmap(
        weights,
        f"Listened to in block {block}",
        f"Apart from itself, the token listens most to {place}, in the mean over the heads of "
        f"block {block}: {text(share)} times an even share of the attention.",
        drawn.scale,
        "tokens",
        marks=(tuple(now.token),),
    )


def what_decides(now: Any) -> Fact:
    """Whether scores of the picked token differ more by what other tokens hold or by where they
    are, in the first block that sees the whole grid.

    Returns a `Fact` with "content", "distance" or "both": the larger standard deviation over the
    keys, in the mean over the heads, or "both" if they differ by less than a factor of 1.5.
    """
    run, block = now.trace, global_block(now.trace)
    content, distance = spreads(run, block, now.token)
    larger = CONTENT if content > distance else DISTANCE
    ratio = max(content, distance) / max(min(content, distance), 1e-12)
    return Fact(
        larger if ratio > _ALIKE else BOTH,
        f"In block {block} the scores of this token differ by {text(content)} from key to key by "
        f"what the keys hold, and by {text(distance)} by how far away they are (standard "
        "deviations in the mean over the heads).",
    )


def spreads(run: Trace, block: int, token: tuple[int, int]) -> tuple[float, float]:
    """How much a token's scores differ from key to key, by content and by distance.

    Returns the standard deviations over the keys that it sees, in the mean over the heads, of the
    content terms and of the sums of both terms of relative positions.
    """
    found = attention_row(run, block, token)
    content = array(found.content)
    distance = array(found.row_terms)[:, :, None] + array(found.column_terms)[:, None, :]
    distance = np.where(np.isnan(content), np.nan, distance)
    return _spread(content), _spread(distance)


def weight_on_padding(now: Any) -> Fact:
    """How much of its attention the grid's last token spends on padding, in the first block.

    Returns a `Fact` with a percentage, in the mean over the heads; 0 where windows fit the grid.
    """
    run = now.trace
    rows, columns = run.frame.grid
    lost = float(array(attention_row(run, 0, (rows - 1, columns - 1)).padding).mean())
    down, across = run.attended(0)
    keys = down * across
    padding = keys - _inside(rows, down) * _inside(columns, across)
    if not padding:
        return Fact(0.0, "In block 0 the windows of this run fit the grid: there is no padding.")
    return Fact(
        100 * lost,
        f"In block 0 the token in the lower right corner gives {percent(lost)} of its attention to "
        f"padding. Of the {keys} places in its window {padding} are padding, which is "
        f"{percent(padding / keys)}.",
    )


def nearer_than_even(now: Any) -> Fact:
    """How many heads of the global blocks look nearer than evenly spread attention would.

    Returns a `Fact` with a percentage of these heads.
    """
    run = now.trace
    blocks = [block for block, window in enumerate(run.windows) if not window]
    if not blocks:
        return Fact(float("nan"), "This run has no global block.")
    ratios = np.concatenate([_distances(run, block) for block in blocks])
    near = int((ratios < 1).sum())
    return Fact(
        100 * near / len(ratios),
        f"Of {counted(len(ratios), 'head')} in global blocks, {near} look nearer than attention "
        f"that is spread evenly; the nearest at {text(float(ratios.min()), 2)} times its distance, "
        f"the farthest at {text(float(ratios.max()), 2)} times.",
    )


def global_block(run: Trace) -> int:
    """The first block of a run that attends to the whole grid; the last one if none does."""
    attending = [block for block, window in enumerate(run.windows) if not window]
    return attending[0] if attending else len(run.windows) - 1


def _distances(run: Trace, block: int) -> Float[np.ndarray, "head"]:
    """Each head's mean distance to what it attends to, over that of evenly spread attention."""
    found, even = (
        mean_over_queries(find(run, block), "distance", "picture", run)
        for find in (attention_statistics, even_statistics)
    )
    return found / even


def _spread(terms: Float[np.ndarray, "head row column"]) -> float:
    return float(np.nanstd(terms, axis=(1, 2)).mean())


def _inside(length: int, side: int) -> int:
    """How many of the places of a line's last window lie on the grid."""
    return length % side or side
