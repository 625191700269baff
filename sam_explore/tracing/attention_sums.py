"""Sums over whole rows of attention, for every query of a block, computed in chunks.

A few rows of queries are computed at a time and dropped, so that the matrix of a block is never in
memory. The results, a few numbers for each query and head, are cached with the trace.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from math import prod

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float
from torch import Tensor

from sam_explore.fingerprints import fingerprint
from sam_explore.model import HookPoint
from sam_explore.model.attention import relative_vectors

from .attention_block import AttentionRegion, BlockAttention
from .step_callback import announce
from .trace import Trace

_CHUNK = 2**22  # scores per chunk, 16 MiB: a few chunks fit into a processor's cache

# A region, some rows of its queries, and a number for each of their keys.
Chunk = tuple[AttentionRegion, slice, Float[Tensor, "head row column key"]]


@dataclass(frozen=True, eq=False)
class AttentionStatistics:
    """How the queries of one block spread their weight, by head and by the query's position.

    Args:
        distance: the mean distance to the keys, in tokens, from centre to centre; each key counts
            by its weight, padding does not count. NaN for a query with all its weight on padding.
        distance_px: the same in pixels of the picture.
        entropy: in bits, over all keys, padding tokens included. 0 means that one key has all the
            weight, n that it is spread like an equal weight on 2^n keys.
        padding: the weight on padding tokens, 0 to 1.
    """

    distance: Float[Tensor, "head row column"]
    distance_px: Float[Tensor, "head row column"]
    entropy: Float[Tensor, "head row column"]
    padding: Float[Tensor, "head row column"]


@torch.no_grad()
def attention_statistics(trace: Trace, block: int) -> AttentionStatistics:
    """Distance, entropy and weight on padding of every query of a block, for every head.

    Those of `hook_pattern` up to rounding, with its rows computed in chunks. They are cached with
    the trace. An edit within the block's attention makes the block run as a whole, with its
    matrix; the statistics are then those of the edited pattern. If its rows don't sum to 1,
    distance is still a mean, while entropy and padding use the weights as they are.

    Source: distances after ViT (arXiv 2010.11929, figure 7, right).

    Args:
        trace: the run.
        block: counted from 0.

    Raises:
        ValueError: a block that the model does not have.
    """
    attention = BlockAttention(trace, block)
    found = _kept(attention, "Attention statistics", _statistics)
    return AttentionStatistics(*found)


@torch.no_grad()
def even_statistics(trace: Trace, block: int) -> AttentionStatistics:
    """What `attention_statistics` would be if each query gave all its keys the same weight.

    Padding included. With a single head, since all heads would be equal.

    Raises ValueError for a block that the model does not have.
    """
    attention = BlockAttention(trace, block)
    return AttentionStatistics(*_kept(attention, "Evenly spread attention", _even))


@torch.no_grad()
def weight_on(
    trace: Trace, block: int, marked: Bool[np.ndarray, "row column"]
) -> Float[Tensor, "head row column"]:
    """How much of each query's weight falls on some of the tokens, for every head of a block.

    The sums over those keys in `hook_pattern` up to rounding, with its rows computed in chunks, and
    cached with the trace. In a windowed block only the query's own window counts. An edit within
    the attention makes the block run as a whole, as in `attention_statistics`.

    Args:
        trace: the run.
        block: counted from 0.
        marked: True for each token of the grid that counts.

    Raises:
        ValueError: a block that the model does not have, or marks of another grid.
    """
    attention = BlockAttention(trace, block)
    marks = _checked_marks(attention, marked)
    what = f"Attention to tokens {fingerprint(np.ascontiguousarray(marked))}"
    return _kept(attention, what, lambda attention: _weight_on(attention, marks))


@torch.no_grad()
def even_weight_on(
    trace: Trace, block: int, marked: Bool[np.ndarray, "row column"]
) -> Float[Tensor, "row column"]:
    """What `weight_on` would be if each query gave all its keys the same weight, padding included.

    Raises ValueError as `weight_on` does.
    """
    attention = BlockAttention(trace, block)
    marks = _checked_marks(attention, marked)
    found = marks.new_empty(attention.grid)
    for region in attention.regions():
        found[region.on_grid] = marks[region.on_grid].sum() / prod(attention.sides)
    return found


def row_sums(attention: BlockAttention) -> Float[Tensor, "head row column"]:
    """The logarithm of the sum of exp(score) over all keys, for every query of the grid.

    A weight is exp(score - this). Edits within the attention are not included.
    """
    return _kept(attention, "Sums of attention rows", _row_sums)


def _kept(attention: BlockAttention, what: str, work: Callable[[BlockAttention], Tensor]) -> Tensor:
    """The result of `work`, from the cache, or computed after announcing `what`."""
    attention.trace.engine.refuse_changed_weights()

    def announced() -> Tensor:
        announce(f"{what}: block {attention.block + 1} of {attention.depth}")
        return work(attention)

    return attention.kept(what, announced)


def _checked_marks(
    attention: BlockAttention, marked: Bool[np.ndarray, "row column"]
) -> Float[Tensor, "row column"]:
    if marked.shape != attention.grid:
        raise ValueError(
            f"marked must have the run's grid of {attention.grid} tokens, but has the shape "
            f"{marked.shape}."
        )
    return torch.tensor(marked, dtype=attention.like.dtype, device=attention.like.device)


def _weight_on(
    attention: BlockAttention, marks: Float[Tensor, "row column"]
) -> Float[Tensor, "head row column"]:
    if attention.needs_run:
        name = attention.name("attention.hook_pattern")

        def summed(pattern: Tensor, _: HookPoint) -> Tensor:
            return _summed_on(attention, _cut_up(attention, pattern), marks)

        return attention.trace.read(name, summed)[name]
    chunks = ((region, rows, each.softmax(-1)) for region, rows, each in _scores(attention))
    return _summed_on(attention, chunks, marks)


def _summed_on(
    attention: BlockAttention, chunks: Iterable[Chunk], marks: Float[Tensor, "row column"]
) -> Float[Tensor, "head row column"]:
    found = marks.new_empty(attention.heads, *attention.grid)
    for region, rows, weights in chunks:
        keys = F.pad(marks[region.on_grid], region.missing).flatten().to(weights)
        found[:, *region.place(rows)] = weights.flatten(3) @ keys
    return found


def _row_sums(attention: BlockAttention) -> Float[Tensor, "head row column"]:
    found = attention.like.new_empty(attention.heads, *attention.grid)
    for region, rows, scores in _scores(attention):
        found[:, *region.place(rows)] = scores.logsumexp(-1)
    return found


def _statistics(attention: BlockAttention) -> Float[Tensor, "statistic head row column"]:
    if not attention.needs_run:
        chunks = _scores(attention)
        weights = ((region, rows, each.softmax(-1)) for region, rows, each in chunks)
        return _summed(attention, weights, attention.heads)
    name = attention.name("attention.hook_pattern")

    def summed(pattern: Tensor, _: HookPoint) -> Tensor:
        return _summed(attention, _cut_up(attention, pattern), attention.heads)

    return attention.trace.read(name, summed)[name]


def _even(attention: BlockAttention) -> Float[Tensor, "statistic head row column"]:
    keys = prod(attention.sides)
    weight = attention.like.new_full((1, 1, 1, 1), 1 / keys)
    chunks = (
        (region, rows, weight.expand(1, rows.stop - rows.start, region.columns, keys))
        for region in attention.regions()
        for rows in _cuts(attention, region)
    )
    return _summed(attention, chunks, heads=1)


def _scores(attention: BlockAttention) -> Iterator[Chunk]:
    """Scores of all queries on the grid."""
    row_vectors = relative_vectors(attention.row_table, attention.sides[0])
    column_vectors = relative_vectors(attention.column_table, attention.sides[1])
    for region in attention.regions():
        tokens = attention.normed(region)
        keys = attention.keys(tokens.flatten(0, 1)).transpose(0, 1) * attention.scale
        for rows in _cuts(attention, region):
            q = attention.queries(tokens[rows, : region.columns]).permute(2, 0, 1, 3)
            scores = (q.flatten(1, 2) @ keys.transpose(1, 2)).unflatten(1, q.shape[1:3])
            by_place = scores.unflatten(-1, region.sides)
            by_row, by_column = row_vectors[rows], column_vectors[: region.columns]
            by_place += torch.einsum("hrcd,rkd->hrck", q, by_row)[..., :, None]
            by_place += torch.einsum("hrcd,ckd->hrck", q, by_column)[..., None, :]
            yield region, rows, scores


def _cut_up(
    attention: BlockAttention, pattern: Float[Tensor, "region head query key"]
) -> Iterator[Chunk]:
    """The same chunks of a pattern that is in memory as a whole."""
    for region in attention.regions():
        by_place = pattern[region.index].unflatten(1, region.sides)
        for rows in _cuts(attention, region):
            yield region, rows, by_place[:, rows, : region.columns]


def _cuts(attention: BlockAttention, region: AttentionRegion) -> Iterator[slice]:
    """The rows of a region on the grid, in slices of the size of a chunk."""
    step = max(1, _CHUNK // (attention.heads * region.columns * prod(region.sides)))
    for start in range(0, region.rows, step):
        yield slice(start, min(start + step, region.rows))


def _summed(
    attention: BlockAttention, chunks: Iterable[Chunk], heads: int
) -> Float[Tensor, "statistic head row column"]:
    """The four statistics of weights that come in chunks, in the order of the dataclass."""
    found = attention.like.new_empty(4, heads, *attention.grid)
    for region, rows, weights in chunks:
        measures = _measures(attention, region, rows).to(weights)
        distance, px, seen, padding = torch.einsum("hrck,rcmk->mhrc", weights, measures)
        # For a weight of zero, any finite logarithm will do.
        bits = weights.clamp(min=torch.finfo(weights.dtype).tiny).log2_()
        entropy = -bits.mul_(weights).sum(-1)
        place = (..., *region.place(rows))
        found[place] = torch.stack([distance / seen, px / seen, entropy, padding])
    return found


def _measures(
    attention: BlockAttention, region: AttentionRegion, rows: slice
) -> Float[Tensor, "row column measure key"]:
    """The averaged quantities: both distances of keys, and whether keys are on the grid or not."""
    row_places, column_places = (
        torch.arange(side, dtype=torch.float32, device="cpu") for side in region.sides
    )
    down = (row_places[rows, None] - row_places)[:, None, :, None]
    across = (column_places[: region.columns, None] - column_places)[None, :, None, :]
    height, width = attention.trace.frame.token_size_px
    seen = torch.zeros(region.sides, dtype=torch.float32, device="cpu")
    seen[: region.rows, : region.columns] = 1
    distance, px = torch.hypot(down, across), torch.hypot(down * height, across * width)
    seen = seen.expand_as(distance)
    return torch.stack([distance * seen, px * seen, seen, 1 - seen], dim=2).flatten(3)
