"""Where the numbers of several probes come from: of heads, of masks, of runs that differ."""

from sam_explore.model.addresses import LOGITS, MASK_FEATURES, MASK_VECTORS, in_block
from sam_explore.model.config import LOGITS_A_TOKEN
from sam_explore.origins import ALL as EACH
from sam_explore.origins import Operation, difference, explain, mean_of, product_of, there
from sam_explore.readings import Cell
from sam_explore.tracing import Trace
from sam_explore.tracing.attention_block import BlockAttention

from .attention import ALL, MEAN

Token = tuple[int, int]


def of_heads(
    trace: Trace, address: str, region: int, head: int, rest: tuple[int, ...], cell: Cell
) -> Operation:
    """A number of one head, of the head of a gallery's map, or the mean of all heads.

    Args:
        trace: the run.
        address: of an attention, such as its pattern.
        region: the first place of the index: a window, or 0.
        head: a head, or `MEAN`, or `ALL` for the number of the map.
        rest: the places after the head.
        cell: of the reading.
    """
    if head == MEAN:
        return mean_of(trace, there(address, (region, EACH, *rest)), "mean of all heads")
    return explain(trace, address, (region, cell.map if head == ALL else head, *rest))


def of_pair(
    trace: Trace, block: int, place: str, head: int, query: Token, key: Token, cell: Cell
) -> Operation:
    """A number of a query and a key in a block of the image encoder, as `of_heads`.

    Args:
        trace: the run.
        block: which.
        place: such as "hook_scores", "content", or one of the hook points of a distance.
        head: as in `of_heads`.
        query, key: tokens of the grid, in the same window.
        cell: of the reading.
    """
    attention = BlockAttention(trace, block)
    region = attention.region_of(query)
    row, column = region.inside(key)
    last = {"hook_relative_rows": row, "hook_relative_columns": column}
    rest = region.number_of(query), last.get(place, region.number_of(key))
    return of_heads(trace, in_block(block, f"attention.{place}"), region.index, head, rest, cell)


def of_logit(trace: Trace, mask: int, cell: Cell) -> Operation:
    """A raw logit of a mask, in the frame of the logits."""
    return explain(trace, LOGITS, (0, mask, cell.row, cell.column))


def of_change(before: Trace, after: Trace, mask: int, cell: Cell) -> Operation:
    """How far a raw logit of a mask changed: after less before."""
    runs = of_logit(after, mask, cell), of_logit(before, mask, cell)
    return difference(*runs, ("after", "before"))


def of_product(trace: Trace, mask: int, channel: int, row: int, column: int) -> Operation:
    """A channel's product at a logit: its feature there times its number in the mask's vector."""
    return product_of(
        trace,
        there(MASK_VECTORS, (0, mask, channel)),
        there(MASK_FEATURES, (0, channel, row, column)),
        f"product of channel {channel}",
    )


def place_of_cell(token: Token, cell: int) -> Token:
    """Row and column of a logit of a token, counted row by row there, in the logits' frame."""
    row, column = divmod(cell, LOGITS_A_TOKEN)
    return LOGITS_A_TOKEN * token[0] + row, LOGITS_A_TOKEN * token[1] + column


BEFORE, AFTER, CHANGED = range(3)  # the parts of a panel


def of_before_and_after(before: Trace, after: Trace, mask: int, cell: Cell) -> Operation:
    """A raw logit of a mask before or after a change, or how far it changed."""
    if cell.part == CHANGED:
        return of_change(before, after, mask, cell)
    return of_logit(before if cell.part == BEFORE else after, mask, cell)
