"""Attention without its matrix: what one token attends to, and which tokens attend to it.

The scores of a global block of ViT-B at 1024 pixels are 800 MB, and one row of them is 200 kB. A
row needs only its query: with the weights of the keys and of the layer norm folded into the query,
one product with the tokens gives all of its scores, and no key or normed token is computed. A
column needs its key and, for the softmax, one number per query, from `row_sums`.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from sam_explore.model import HookPoint
from sam_explore.model.attention import relative_vectors
from sam_explore.model.autocast import without_autocast
from sam_explore.model.windows import join_windows

from .attention_block import AttentionRegion, BlockAttention
from .attention_sums import row_sums
from .trace import Trace


@dataclass(frozen=True, eq=False)
class AttentionOfQuery:
    """What one query token attends to in one block, by head, laid over the grid.

    Before the softmax a score is the sum of three terms. In a windowed block the query sees the
    tokens of its window only, and all others are NaN. Padding beyond the grid has scores
    too; they are left out here, but `padding` holds its share of the weights.

    Args:
        content: the product of query and key over the square root of the channels.
        row_terms: the term of the vertical distance, the same for all keys of a row.
        column_terms: the term of the horizontal distance, the same for all keys of a column.
        weights: the softmax over all keys. With `padding` they sum up to 1.
        padding: the weight on padding tokens; 0 if there are none.
    """

    content: Float[Tensor, "head row column"]
    row_terms: Float[Tensor, "head row"]
    column_terms: Float[Tensor, "head column"]
    weights: Float[Tensor, "head row column"]
    padding: Float[Tensor, "head"]

    @property
    def scores(self) -> Float[Tensor, "head row column"]:
        """The sum of the three terms."""
        return self.content + self.row_terms[:, :, None] + self.column_terms[:, None, :]


@torch.no_grad()
@without_autocast()
def attention_row(trace: Trace, block: int, token: tuple[int, int]) -> AttentionOfQuery:
    """What a token attends to in a block of the image encoder, for every head.

        attention_row(trace, 5, (3, 4)).weights[0]  # where head 0 looks from row 3, column 4

    Equal to the row of `hook_pattern` up to rounding, without running the block. Windows and edits
    of the run are respected. Only an edit within the attention (of hook_q,
    hook_k, hook_relative_rows, hook_relative_columns, hook_scores or hook_pattern) makes the block
    run as a whole, with its matrix; the row is then taken from the edited tensors. `weights` are
    always those of `hook_pattern`; with an edit of the scores or of the pattern, the terms are
    those before it.

    Args:
        trace: the run.
        block: counted from 0.
        token: row and column of the query.

    Raises:
        ValueError: a block or a token that the model does not have.
    """
    attention = BlockAttention(trace, block)
    region = attention.region_of(token)
    find = _row_of_run if attention.needs_run else _row
    content, row_terms, column_terms, weights = find(attention, region, token)
    grid, (rows, columns) = attention.grid, region.on_grid
    below = weights[:, region.rows :].sum((1, 2))
    right = weights[:, : region.rows, region.columns :].sum((1, 2))
    return AttentionOfQuery(
        _placed(content, region, grid),
        _on_line(row_terms, rows, grid[0]),
        _on_line(column_terms, columns, grid[1]),
        _placed(weights, region, grid),
        below + right,
    )


@torch.no_grad()
@without_autocast()
def attention_column(
    trace: Trace, block: int, token: tuple[int, int]
) -> Float[Tensor, "head row column"]:
    """The weight that every query of the grid gives to one key token, for every head.

    Equal to the column of `hook_pattern` up to rounding. NaN for queries in another window, which
    can't see the key. The first column of a block needs the sums of all its rows, which are
    computed in chunks and then cached with the trace; every other one is as fast as a row. An edit
    within the block's attention makes the block run as a whole each time, as in `attention_row`.

    Args:
        trace: the run.
        block: counted from 0.
        token: row and column of the key.

    Raises:
        ValueError: a block or a token that the model does not have.
    """
    attention = BlockAttention(trace, block)
    region = attention.region_of(token)
    find = _column_of_run if attention.needs_run else _column
    return _placed(find(attention, region, token), region, attention.grid)


@torch.no_grad()
@without_autocast()
def attention_position_terms(
    trace: Trace, block: int
) -> tuple[Float[Tensor, "head row column key_row"], Float[Tensor, "head row column key_column"]]:
    """What relative positions add to the scores of every query of the grid, for every head.

    The terms of vertical and of horizontal distances, as in `hook_relative_rows` and
    `hook_relative_columns`, but laid out over the grid. In a windowed block, rows and columns
    of keys are counted within the query's window, padding included. An edit within the block's
    attention makes the block run as a whole, as in `attention_row`.

    Raises ValueError for a block that the model does not have.
    """
    attention = BlockAttention(trace, block)
    if attention.needs_run:
        return _position_terms_of_run(attention)
    down, across = attention.sides
    row_terms, column_terms = (
        attention.like.new_empty(attention.heads, *attention.grid, side) for side in (down, across)
    )
    row_vectors = relative_vectors(attention.row_table, down)
    column_vectors = relative_vectors(attention.column_table, across)
    for region in attention.regions():
        tokens = attention.normed(region)[: region.rows, : region.columns]
        q = attention.queries(tokens)
        place = (slice(None), *region.on_grid)
        by_row, by_column = row_vectors[: region.rows], column_vectors[: region.columns]
        row_terms[place] = torch.einsum("rchd,rkd->hrck", q, by_row)
        column_terms[place] = torch.einsum("rchd,ckd->hrck", q, by_column)
    return row_terms, column_terms


def _row(
    attention: BlockAttention, region: AttentionRegion, token: tuple[int, int]
) -> tuple[
    Float[Tensor, "head down across"],
    Float[Tensor, "head down"],
    Float[Tensor, "head across"],
    Float[Tensor, "head down across"],
]:
    """The three terms and the weights within the region, padding included."""
    q = attention.queries(attention.normed_token(token))
    scaled = q * attention.scale
    # q (W n + b) is (W^T q) n + q b: one vector per head instead of a key per token.
    folded = torch.einsum("hd,hdc->hc", scaled, attention.k_weight)
    content = attention.products(region, folded)
    content = content + (scaled * attention.k_bias).sum(-1)[:, None, None]
    row, column = region.inside(token)
    row_terms = q @ facing_query(attention.row_table, row).T
    column_terms = q @ facing_query(attention.column_table, column).T
    scores = content + row_terms[:, :, None] + column_terms[:, None, :]
    weights = scores.flatten(1).softmax(-1).view_as(scores)
    return content, row_terms, column_terms, weights


def _column(
    attention: BlockAttention, region: AttentionRegion, token: tuple[int, int]
) -> Float[Tensor, "head row column"]:
    """Weights of the region's queries on the grid."""
    row, column = region.inside(token)
    tokens = attention.normed(region)
    k = attention.keys(tokens[row, column]) * attention.scale
    tokens = tokens[: region.rows, : region.columns]
    # The query is multiplied with two vectors: the sum of the key and the vector of the vertical
    # distance, which depends on its row; and that of the horizontal distance, by its column.
    by_row = k + _facing_key(attention.row_table, row, region.rows)[:, None]
    by_column = _facing_key(attention.column_table, column, region.columns)[:, None]
    by_column = by_column.expand(-1, len(k), -1)
    scores = torch.einsum("rhd,hd->hr", by_row, attention.q_bias)[:, :, None]
    scores = scores + torch.einsum("shd,hd->hs", by_column, attention.q_bias)[:, None, :]
    folded = torch.einsum("rhd,hdc->rhc", by_row, attention.q_weight)
    scores += torch.einsum("rsc,rhc->hrs", tokens, folded)
    folded = torch.einsum("shd,hdc->shc", by_column, attention.q_weight)
    scores += torch.einsum("rsc,shc->hrs", tokens, folded)
    sums = row_sums(attention)[:, *region.on_grid]
    return (scores - sums).clamp(max=0).exp()  # rounding must not make a weight exceed 1


def facing_query(
    table: Float[Tensor, "distance channel"], query: int
) -> Float[Tensor, "key channel"]:
    """The vectors for each key of a line, for a query at this position."""
    length = (len(table) + 1) // 2
    return table[query : query + length].flip(0)


def _facing_key(
    table: Float[Tensor, "distance channel"], key: int, queries: int
) -> Float[Tensor, "query channel"]:
    """The vectors for the first queries of a line, for a key at this position."""
    length = (len(table) + 1) // 2
    return table[length - 1 - key : length - 1 - key + queries]


def _row_of_run(
    attention: BlockAttention, region: AttentionRegion, token: tuple[int, int]
) -> tuple[
    Float[Tensor, "head down across"],
    Float[Tensor, "head down"],
    Float[Tensor, "head across"],
    Float[Tensor, "head down across"],
]:
    """As `_row`, from a run of the block with its edits."""
    query = region.number_of(token)
    parts = ("hook_q", "hook_k", "hook_relative_rows", "hook_relative_columns", "hook_pattern")

    def pick(tensor: Tensor, hook: HookPoint) -> Tensor:
        kept = tensor[region.index]
        return (kept if hook.name.endswith("hook_k") else kept[:, query]).clone()

    names = [attention.name(f"attention.{part}") for part in parts]
    q, k, *terms, weights = attention.trace.read(names, pick).values()
    content = torch.einsum("hd,hkd->hk", q * attention.scale, k)
    return content.unflatten(-1, region.sides), *terms, weights.unflatten(-1, region.sides)


def _column_of_run(
    attention: BlockAttention, region: AttentionRegion, token: tuple[int, int]
) -> Float[Tensor, "head row column"]:
    """As `_column`, from a run of the block with its edits."""
    key = region.number_of(token)
    name = attention.name("attention.hook_pattern")
    picked = attention.trace.read(name, lambda tensor, _: tensor[region.index, :, :, key].clone())
    by_place = picked[name].unflatten(-1, region.sides)
    return by_place[:, : region.rows, : region.columns]


def _position_terms_of_run(
    attention: BlockAttention,
) -> tuple[Float[Tensor, "head row column key_row"], Float[Tensor, "head row column key_column"]]:
    """As `attention_position_terms`, from a run of the block with its edits."""
    is_global = attention.sides == attention.grid
    parts = ("hook_relative_rows", "hook_relative_columns")
    names = [attention.name(f"attention.{part}") for part in parts]
    found = []
    for terms in attention.trace.read(names).values():
        heads_and_keys = terms.shape[1], terms.shape[3]
        by_window = terms.unflatten(2, attention.sides).permute(0, 2, 3, 1, 4).flatten(3)
        by_grid = by_window[0] if is_global else join_windows(by_window, *attention.grid)[0]
        found.append(by_grid.unflatten(-1, heads_and_keys).permute(2, 0, 1, 3))
    return found[0], found[1]


def _placed(
    values: Float[Tensor, "head rows columns"], region: AttentionRegion, grid: tuple[int, int]
) -> Float[Tensor, "head row column"]:
    """A region's values at their position on the grid, without padding; the rest is NaN."""
    placed = values.new_full((len(values), *grid), torch.nan)
    placed[:, *region.on_grid] = values[:, : region.rows, : region.columns]
    return placed


def _on_line(
    values: Float[Tensor, "head length"], place: slice, whole: int
) -> Float[Tensor, "head line"]:
    """The same along one side of the grid, of this length."""
    placed = values.new_full((len(values), whole), torch.nan)
    placed[:, place] = values[:, : place.stop - place.start]
    return placed
