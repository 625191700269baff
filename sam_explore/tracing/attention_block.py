"""One block's attention in a trace, for a few queries at a time and without running the block.

Shared by the fast paths: the tokens that the attention reads, its weights by head, and the regions
of tokens within which it attends.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import LayerNorm

from sam_explore.model.addresses import in_block
from sam_explore.model.attention import Attention, relative_table
from sam_explore.model.description import block_step
from sam_explore.model.layers import Linear

from .trace import Trace

# Hook points inside a block's attention, up to the attention weights. An edit anywhere else acts
# either before, on what the attention reads, or after the weights.
_INSIDE = (
    "attention.hook_q",
    "attention.hook_k",
    "attention.hook_relative_rows",
    "attention.hook_relative_columns",
    "attention.hook_scores",
    "attention.hook_pattern",
)
_AT_ONCE = 256  # tokens whose spread is computed together: they fit into a processor's cache


@dataclass(frozen=True)
class AttentionRegion:
    """The tokens that attend to one another: a window, or the whole grid.

    Args:
        index: its number among the block's regions, in the hook points' order of windows.
        row, column: its first token.
        sides: its rows and columns, padding included. The whole grid need not be square.
        rows, columns: how many of them are on the grid; the others are padding.
    """

    index: int
    row: int
    column: int
    sides: tuple[int, int]
    rows: int
    columns: int

    @property
    def on_grid(self) -> tuple[slice, slice]:
        """The rows and columns of its tokens on the grid."""
        rows = slice(self.row, self.row + self.rows)
        return rows, slice(self.column, self.column + self.columns)

    def place(self, rows: slice) -> tuple[slice, slice]:
        """The rows and columns of some of its rows on the grid."""
        return slice(self.row + rows.start, self.row + rows.stop), self.on_grid[1]

    @property
    def missing(self) -> tuple[int, int, int, int]:
        """The padding at the left, the right, the top and the bottom, in F.pad's order."""
        down, across = self.sides
        return 0, across - self.columns, 0, down - self.rows

    def inside(self, token: tuple[int, int]) -> tuple[int, int]:
        """A token's row and column counted from the first token of the region."""
        return token[0] - self.row, token[1] - self.column

    def number_of(self, token: tuple[int, int]) -> int:
        """A token's number in the region, counted row by row as hook points have them."""
        row, column = self.inside(token)
        return row * self.sides[1] + column


class BlockAttention:
    """The attention of one block of a trace.

    Args:
        trace: the run.
        block: counted from 0.

    Raises:
        ValueError: a block that the model does not have.
    """

    def __init__(self, trace: Trace, block: int):
        config = trace.sam.config
        if not 0 <= block < config.encoder_depth:
            raise ValueError(
                f"block must lie from 0 to {config.encoder_depth - 1} in this model, not {block}."
            )
        self.trace, self.block = trace, block
        self.grid, self.sides = trace.frame.grid, trace.attended(block)
        self.depth = config.encoder_depth
        self.heads, self.scale = config.encoder_heads, config.head_dim**-0.5
        module: Any = trace.sam.image_encoder.vit.blocks[block]
        self.norm: LayerNorm = module.norm1
        self.module: Attention = module.attention
        self.like = self.module.relative_rows.detach()  # of the kind that all results have
        if not self.needs_run:
            parts = (3, self.heads, config.head_dim)
            self.q_weight, self.k_weight, _ = self.module.qkv.weight.float().unflatten(0, parts)
            self.q_bias, self.k_bias, _ = self.module.qkv.bias.float().unflatten(0, parts)

    def name(self, part: str) -> str:
        """The full name of a hook point of this block."""
        return in_block(self.block, part)

    @property
    def needs_run(self) -> bool:
        """Whether the attention weights need a run of the block, since it is edited inside, its
        products are in bf16, or a layer was replaced, such as by LoRA's."""
        qkv = self.module.qkv
        if not (_is_one_of(self.module, Attention) and _is_one_of(qkv, Linear, nn.Linear)):
            return True
        if qkv.weight.dtype is not torch.float32:
            return True
        return any(self.name(part) in self.trace.edits for part in _INSIDE)

    def region_of(self, token: tuple[int, int]) -> AttentionRegion:
        """The region that contains a token. Raises ValueError for one outside the grid."""
        rows, columns = self.grid
        if not (0 <= token[0] < rows and 0 <= token[1] < columns):
            raise ValueError(
                f"token must be (row, column), from (0, 0) to {(rows - 1, columns - 1)} in this "
                f"run, not {tuple(token)}."
            )
        down, across = (place // side for place, side in zip(token, self.sides, strict=True))
        return self._region(down, across)

    def regions(self) -> Iterator[AttentionRegion]:
        """All regions, in the order of the hook points."""
        down, across = self._counts
        return (self._region(*divmod(index, across)) for index in range(down * across))

    def normed(self, region: AttentionRegion) -> Float[Tensor, "down across channel"]:
        """What attention reads within a region: tokens after the layer norm, padding zero."""
        tokens = self._normed(self._input[region.on_grid])
        return F.pad(tokens, (0, 0, *region.missing)) if any(region.missing) else tokens

    def normed_token(self, token: tuple[int, int]) -> Float[Tensor, "channel"]:
        """What attention reads of one token of the grid."""
        return self._normed(self._input[token])

    def products(
        self, region: AttentionRegion, vectors: Float[Tensor, "vector channel"]
    ) -> Float[Tensor, "vector down across"]:
        """The vectors' products with what attention reads within a region; those of padding are 0.

        `normed` is not computed for that. The norm with weight w and bias b maps a token x to
        w (x - mean of x) / spread + b. Its product with u is that of x with w u - mean of w u,
        divided by the spread, plus b u: in a product, the mean can be subtracted on either side.
        """
        folded = vectors
        if not self._is_normed:
            folded = vectors * self.norm.weight
            folded = folded - folded.mean(-1, keepdim=True)
        tokens = self._input[region.on_grid]
        found = (folded @ tokens.flatten(0, 1).T).unflatten(-1, tokens.shape[:2])
        if not self._is_normed:
            found = found / self._spread(region) + (vectors @ self.norm.bias)[:, None, None]
        return F.pad(found, region.missing) if any(region.missing) else found

    def queries(
        self, tokens: Float[Tensor, "*place channel"]
    ) -> Float[Tensor, "*place head channel_in_head"]:
        """Queries of normed tokens."""
        return self._by_head(tokens, self.q_weight, self.q_bias)

    def keys(
        self, tokens: Float[Tensor, "*place channel"]
    ) -> Float[Tensor, "*place head channel_in_head"]:
        """Keys of normed tokens."""
        return self._by_head(tokens, self.k_weight, self.k_bias)

    @cached_property
    def row_table(self) -> Float[Tensor, "distance channel_in_head"]:
        """The vector for each vertical distance of a query from its key, ascending."""
        tables = self.trace.relative_positions
        return relative_table(self.module.relative_rows, self.sides[0], tables)

    @cached_property
    def column_table(self) -> Float[Tensor, "distance channel_in_head"]:
        """The vector for each horizontal distance of a query from its key, ascending."""
        tables = self.trace.relative_positions
        return relative_table(self.module.relative_columns, self.sides[1], tables)

    def _by_head(
        self,
        tokens: Float[Tensor, "*place channel"],
        weight: Float[Tensor, "head channel_in_head channel"],
        bias: Float[Tensor, "head channel_in_head"],
    ) -> Float[Tensor, "*place head channel_in_head"]:
        return F.linear(tokens, weight.flatten(0, 1), bias.flatten()).unflatten(-1, bias.shape)

    def kept(self, what: str, work: Callable[[], Tensor]) -> Tensor:
        """The result of `work` on this block, from the trace's cache if possible.

        `what` is its name there.
        """
        return self.trace.engine.kept(self.trace.plan, block_step(self.block), what, work)

    def _normed(self, tokens: Float[Tensor, "*place channel"]) -> Float[Tensor, "*place channel"]:
        if self._is_normed:
            return tokens
        norm = self.norm
        return F.layer_norm(tokens, norm.normalized_shape, norm.weight, norm.bias, norm.eps)

    @property
    def _counts(self) -> tuple[int, int]:
        """How many regions the grid has down and across."""
        down, across = (
            -(-whole // side) for whole, side in zip(self.grid, self.sides, strict=True)
        )
        return down, across

    def _region(self, down: int, across: int) -> AttentionRegion:
        row, column = down * self.sides[0], across * self.sides[1]
        rows, columns = (
            min(side, whole - first)
            for side, whole, first in zip(self.sides, self.grid, (row, column), strict=True)
        )
        return AttentionRegion(
            down * self._counts[1] + across, row, column, self.sides, rows, columns
        )

    @property
    def _is_normed(self) -> bool:
        """Whether the norm's result is read as it is, since it is edited or the norm replaced."""
        norm = self.norm
        is_whole = getattr(norm, "weight", None) is not None and norm.bias is not None
        is_own = is_whole and _is_one_of(norm, LayerNorm)
        return not is_own or self.name("hook_norm1") in self.trace.edits

    def _spread(self, region: AttentionRegion) -> Float[Tensor, "row column"]:
        """What the layer norm divides each token of a region by, cached with the trace."""
        tokens = self._input[region.on_grid]
        what = f"Spread of tokens in region {region.index}"
        return self.kept(what, lambda: _spread_of(tokens, self.norm.eps))

    @cached_property
    def _input(self) -> Float[Tensor, "row column channel"]:
        """The stream before the block, or the result of the norm if that is edited."""
        return self.trace[self.name("hook_norm1" if self._is_normed else "hook_residual_pre")][0]


def _is_one_of(module: nn.Module, *kinds: type[nn.Module]) -> bool:
    """Whether a module computes as one of these classes does."""
    return type(module) in kinds and "forward" not in vars(module)


def _spread_of(
    tokens: Float[Tensor, "row column channel"], eps: float
) -> Float[Tensor, "row column"]:
    """The root of each token's variance over its channels, plus the norm's epsilon."""
    rows = max(1, _AT_ONCE // tokens.shape[1])
    variances = [
        (some - some.mean(-1, keepdim=True)).square_().mean(-1) for some in tokens.split(rows)
    ]
    return (torch.cat(variances) + eps).sqrt_()
