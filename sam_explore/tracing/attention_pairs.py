"""One score of attention taken apart: the products of its channels and the terms of distance."""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from sam_explore.model import HookPoint
from sam_explore.model.autocast import without_autocast

from .attention_block import AttentionRegion, BlockAttention
from .attention_rows import facing_query
from .trace import Trace


@dataclass(frozen=True, eq=False)
class AttentionOfPair:
    """The score of one query with one key in one block, by head, before the softmax.

    Args:
        query, key: their vectors.
        products: of query and key in each channel, over the square root of the channels; their sum
            is the content term.
        row_term: what the vertical distance adds.
        column_term: what the horizontal distance adds.
    """

    query: Float[Tensor, "head channel"]
    key: Float[Tensor, "head channel"]
    products: Float[Tensor, "head channel"]
    row_term: Float[Tensor, "head"]
    column_term: Float[Tensor, "head"]

    @property
    def score(self) -> Float[Tensor, "head"]:
        """The sum of all products and of both terms."""
        return self.products.sum(-1) + self.row_term + self.column_term


@torch.no_grad()
@without_autocast()
def attention_pair(
    trace: Trace, block: int, query: tuple[int, int], key: tuple[int, int]
) -> AttentionOfPair:
    """The score of one image token with another, for every head of a block.

        attention_pair(trace, 5, (3, 4), (3, 5)).score[0]

    Equal to the pair's entry of `hook_scores` up to rounding, without running the block; an edit
    within the attention makes it run, as in `attention_row`, and an edit of the scores themselves
    or of the pattern comes after what is shown here.

    Args:
        trace: the run.
        block: counted from 0.
        query, key: row and column of the two tokens.

    Raises:
        ValueError: a block or a token that the model does not have, or a key in another window than
            the query's, which has no score.
    """
    attention = BlockAttention(trace, block)
    region = attention.region_of(query)
    if region != attention.region_of(key):
        raise ValueError(
            f"key must lie in the query's window, rows {region.row} to "
            f"{region.row + region.rows - 1} and columns {region.column} to "
            f"{region.column + region.columns - 1}, but is {tuple(key)}."
        )
    find = _pair_of_run if attention.needs_run else _pair
    q, k, row_term, column_term = find(attention, region, query, key)
    return AttentionOfPair(q, k, q * k * attention.scale, row_term, column_term)


def _pair(
    attention: BlockAttention,
    region: AttentionRegion,
    query: tuple[int, int],
    key: tuple[int, int],
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    q = attention.queries(attention.normed_token(query))
    k = attention.keys(attention.normed_token(key))
    lines = zip(
        (attention.row_table, attention.column_table),
        region.inside(query),
        region.inside(key),
        strict=True,
    )
    row_term, column_term = (q @ facing_query(table, at)[to] for table, at, to in lines)
    return q, k, row_term, column_term


def _pair_of_run(
    attention: BlockAttention,
    region: AttentionRegion,
    query: tuple[int, int],
    key: tuple[int, int],
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """As `_pair`, from a run of the block with its edits."""
    at, to = region.number_of(query), region.number_of(key)
    parts = ("hook_q", "hook_k", "hook_relative_rows", "hook_relative_columns")

    def pick(tensor: Tensor, hook: HookPoint) -> Tensor:
        kept = tensor[region.index]
        return kept[:, to if hook.name.endswith("hook_k") else at].float().clone()

    names = [attention.name(f"attention.{part}") for part in parts]
    q, k, rows, columns = attention.trace.read(names, pick).values()
    row, column = region.inside(key)
    return q, k, rows[:, row], columns[:, column]
