"""One block's attention out of a trace, for a few queries at a time and without running the block.

What the fast paths have in common: the tokens that the attention reads, its weights by head, and
the squares of tokens within which it attends.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from sam_explore.model.attention import Attention, relative_table

from .trace import Trace

# Hook points of a block that change its attention weights from within; an edit of another one
# comes before, and is in what the attention reads, or comes after the weights.
_INSIDE = (
    "attention.hook_q",
    "attention.hook_k",
    "attention.hook_relative_rows",
    "attention.hook_relative_columns",
    "attention.hook_scores",
    "attention.hook_pattern",
)


@dataclass(frozen=True)
class Square:
    """The tokens that attend to one another: a window, or the whole grid.

    Args:
        index: its number among the block's squares, as hook points count windows.
        row, column: its first token.
        side: tokens along one side, padding included.
        rows, columns: how many of them lie on the grid; the others are padding.
    """

    index: int
    row: int
    column: int
    side: int
    rows: int
    columns: int

    @property
    def on_grid(self) -> tuple[slice, slice]:
        """Where its tokens lie on the grid."""
        rows = slice(self.row, self.row + self.rows)
        return rows, slice(self.column, self.column + self.columns)

    def place(self, rows: slice) -> tuple[slice, slice]:
        """Where some of its rows lie on the grid."""
        return slice(self.row + rows.start, self.row + rows.stop), self.on_grid[1]

    def inside(self, token: tuple[int, int]) -> tuple[int, int]:
        """A token's row and column counted from the first token of the square."""
        return token[0] - self.row, token[1] - self.column


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
        self.grid, self.side = config.grid, config.side(trace.windows[block])
        self.heads, self.scale = config.encoder_heads, config.head_dim**-0.5
        self.module: Attention = trace.sam.image_encoder.vit.blocks[block].attention
        parts = (3, self.heads, config.head_dim)
        self.q_weight, self.k_weight, _ = self.module.qkv.weight.unflatten(0, parts)
        self.q_bias, self.k_bias, _ = self.module.qkv.bias.unflatten(0, parts)

    def name(self, part: str) -> str:
        """The full name of a hook point of this block."""
        return f"image_encoder.vit.blocks.{self.block}.{part}"

    @property
    def is_edited_inside(self) -> bool:
        """Whether only a run of the block itself knows its attention weights."""
        return any(self.name(part) in self.trace.edits for part in _INSIDE)

    def square_of(self, token: tuple[int, int]) -> Square:
        """The square that a token lies in. Raises ValueError for one beside the grid."""
        if not all(0 <= place < self.grid for place in token):
            raise ValueError(
                f"token must be (row, column), each from 0 to {self.grid - 1} in this model, "
                f"not {tuple(token)}."
            )
        down, across = (place // self.side for place in token)
        return self._square(down, across)

    def squares(self) -> Iterator[Square]:
        """All squares, in the order in which hook points hold them."""
        count = self._count
        return (self._square(*divmod(index, count)) for index in range(count**2))

    def normed(self, square: Square) -> Float[Tensor, "side side channel"]:
        """What attention reads within a square: tokens after the layer norm, padding zero."""
        rows, columns = square.on_grid
        tokens = self._input[rows, columns]
        if not self._is_normed:
            norm = self.trace.sam.image_encoder.vit.blocks[self.block].norm1
            tokens = F.layer_norm(tokens, norm.normalized_shape, norm.weight, norm.bias, norm.eps)
        missing = (0, 0, 0, square.side - square.columns, 0, square.side - square.rows)
        return F.pad(tokens, missing) if any(missing) else tokens

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
        return relative_table(self.module.relative_rows, self.side, tables)

    @cached_property
    def column_table(self) -> Float[Tensor, "distance channel_in_head"]:
        """The vector for each horizontal distance of a query from its key, ascending."""
        tables = self.trace.relative_positions
        return relative_table(self.module.relative_columns, self.side, tables)

    def _by_head(
        self,
        tokens: Float[Tensor, "*place channel"],
        weight: Float[Tensor, "head channel_in_head channel"],
        bias: Float[Tensor, "head channel_in_head"],
    ) -> Float[Tensor, "*place head channel_in_head"]:
        return F.linear(tokens, weight.flatten(0, 1), bias.flatten()).unflatten(-1, bias.shape)

    @property
    def _count(self) -> int:
        """Squares along one side of the grid."""
        return -(-self.grid // self.side)

    def _square(self, down: int, across: int) -> Square:
        row, column = down * self.side, across * self.side
        rows, columns = (min(self.side, self.grid - first) for first in (row, column))
        return Square(down * self._count + across, row, column, self.side, rows, columns)

    @property
    def _is_normed(self) -> bool:
        return self.name("hook_norm1") in self.trace.edits

    @cached_property
    def _input(self) -> Float[Tensor, "row column channel"]:
        """The stream before the block, or, where the norm's result is edited, that result."""
        return self.trace[self.name("hook_norm1" if self._is_normed else "hook_residual_pre")][0]
