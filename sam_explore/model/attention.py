"""Attention of the image encoder: windowed or global, with decomposed relative positions."""

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from .config import SamConfig
from .hooks import HookPoint
from .kernels import fast_self_attention, use_fast
from .layers import Linear
from .windows import join_windows, split_windows


def attend(
    q: Float[Tensor, "batch head query channel"],
    k: Float[Tensor, "batch head key channel"],
    v: Float[Tensor, "batch head key channel"],
    hook_scores: HookPoint,
    hook_pattern: HookPoint,
    row_terms: Float[Tensor, "batch head query key_row"] | None = None,
    column_terms: Float[Tensor, "batch head query key_column"] | None = None,
) -> Float[Tensor, "batch head query channel"]:
    """Softmax of q k / sqrt(channels), times v.

    Where keys lie on a grid, a term for the key's row and one for its column are added to each
    score. PyTorch's fused kernel computes it, without ever forming the scores or the pattern. When
    a hook is attached to either, the same steps run one by one instead.
    """
    if not (hook_scores.is_watched or hook_pattern.is_watched):
        if row_terms is None or column_terms is None:
            return F.scaled_dot_product_attention(q, k, v)
        mask = (row_terms[..., :, None] + column_terms[..., None, :]).flatten(-2)
        return F.scaled_dot_product_attention(q, k, v, attn_mask=mask)
    scores = (q * q.shape[-1] ** -0.5) @ k.transpose(-2, -1)
    if row_terms is not None and column_terms is not None:
        # In place: the scores of a global block at 1024 pixels are 800 MB.
        by_place = scores.unflatten(-1, (row_terms.shape[-1], column_terms.shape[-1]))
        by_place += row_terms[..., :, None]
        by_place += column_terms[..., None, :]
    pattern = hook_pattern(hook_scores(scores).softmax(dim=-1))
    return pattern @ v


def relative_vectors(
    table: Float[Tensor, "distance channel"], length: int, relative_positions: str = "interpolate"
) -> Float[Tensor, "query key channel"]:
    """The table's vector for each pair of positions on a line of `length` tokens.

    Entry (i, j) belongs to the distance i - j. The arguments are those of `relative_table`.
    """
    table = relative_table(table, length, relative_positions)
    places = torch.arange(length, device=table.device)
    return table[places[:, None] - places[None, :] + length - 1]


def relative_table(
    table: Float[Tensor, "learned channel"], length: int, relative_positions: str = "interpolate"
) -> Float[Tensor, "distance channel"]:
    """The table for a line of `length` tokens: a vector for each distance from 1 - length on.

    Args:
        table: a vector for each distance, from the most negative to the most positive.
        length: tokens in the line.
        relative_positions: what happens to a table that was learned for another length.
            "interpolate" stretches it linearly, as the reference does; each distance then gets the
            vector of a longer or a shorter one. "crop" keeps its middle part, where each distance
            has its own vector.

    Raises:
        ValueError: a table that would have to be cropped to more than it holds.
    """
    surplus = table.shape[0] - (2 * length - 1)
    if not surplus:
        return table
    if relative_positions != "crop":
        return F.interpolate(table.T[None], size=2 * length - 1, mode="linear")[0].T
    if surplus < 0:
        raise ValueError(
            f"A table of {table.shape[0]} distances can't be cropped to the {2 * length - 1} "
            f"of {length} tokens; interpolate it."
        )
    return table[surplus // 2 : -surplus // 2]


class Attention(nn.Module):
    """Multi-head self-attention of one block, inside windows or over the whole grid.

    To the scaled product of query and key it adds two terms, the query's product with a learned
    vector for the vertical distance and with one for the horizontal distance.

    Source: ViTDet (arXiv 2203.16527) and MViTv2's decomposed relative positions (arXiv 2112.01526);
    https://github.com/facebookresearch/segment-anything/blob/dca509f/segment_anything/modeling/image_encoder.py#L185
    """

    def __init__(self, config: SamConfig, window: int):
        super().__init__()
        dim = config.encoder_dim
        side = window or config.grid
        self.heads = config.encoder_heads
        self.qkv = Linear(dim, 3 * dim)
        self.projection = Linear(dim, dim)
        self.relative_rows = nn.Parameter(torch.zeros(2 * side - 1, config.head_dim))
        self.relative_columns = nn.Parameter(torch.zeros(2 * side - 1, config.head_dim))

        place = "window" if window else "batch"
        where = "by window, padding included" if window else "over the whole grid"
        vectors = f"{place} head token channel"
        self.hook_q = HookPoint(vectors, f"queries, {where}")
        self.hook_k = HookPoint(vectors, f"keys, {where}")
        self.hook_v = HookPoint(vectors, f"values, {where}")
        self.hook_relative_rows = HookPoint(
            f"{place} head query key_row",
            f"relative-position term of the vertical distance, {where}",
        )
        self.hook_relative_columns = HookPoint(
            f"{place} head query key_column",
            f"relative-position term of the horizontal distance, {where}",
        )
        self.hook_scores = HookPoint(
            f"{place} head query key", f"scores before the softmax, relative terms added, {where}"
        )
        self.hook_pattern = HookPoint(
            f"{place} head query key", f"attention weights after the softmax, {where}"
        )
        self.hook_out_per_head = HookPoint(
            vectors, f"weighted values of each head before the output projection, {where}"
        )
        self.hook_out = HookPoint(
            "batch row column channel", "what attention adds to the residual stream, by grid"
        )

    def forward(
        self,
        tokens: Float[Tensor, "batch row column channel"],
        window: int,
        relative_positions: str = "interpolate",
    ) -> Float[Tensor, "batch row column channel"]:
        """Attend within windows of `window` x `window` tokens, or everywhere when it is 0.

        `relative_positions` says what to do with tables learned for another size, as in
        `relative_table`.
        """
        rows, columns = tokens.shape[1:3]
        if use_fast(self, tokens):
            sides = (window, window) if window else (rows, columns)
            vectors = self._relative_vectors(*sides, relative_positions)
            return self.hook_out(fast_self_attention(self, tokens, window, *vectors))
        if window:
            tokens = split_windows(tokens, window)
        tokens = self._self_attention(tokens, relative_positions)
        if window:
            tokens = join_windows(tokens, rows, columns)
        return self.hook_out(tokens)

    def _self_attention(
        self, tokens: Float[Tensor, "batch row column channel"], relative_positions: str
    ) -> Float[Tensor, "batch row column channel"]:
        batch, rows, columns, channels = tokens.shape
        qkv = self.qkv(tokens).view(batch, rows * columns, 3, self.heads, channels // self.heads)
        q, k, v = qkv.permute(2, 0, 3, 1, 4).unbind(0)  # each (batch, head, token, channel)
        q, k, v = self.hook_q(q), self.hook_k(k), self.hook_v(v)
        terms = self._relative_terms(q, rows, columns, relative_positions)
        out = self.hook_out_per_head(attend(q, k, v, self.hook_scores, self.hook_pattern, *terms))
        return self.projection(out.transpose(1, 2).reshape(batch, rows, columns, channels))

    def _relative_terms(
        self,
        q: Float[Tensor, "batch head token channel"],
        rows: int,
        columns: int,
        relative_positions: str,
    ) -> tuple[
        Float[Tensor, "batch head token key_row"], Float[Tensor, "batch head token key_column"]
    ]:
        by_grid = q.unflatten(2, (rows, columns))
        row_vectors, column_vectors = self._relative_vectors(rows, columns, relative_positions)
        row_terms = torch.einsum("bhrcd,rkd->bhrck", by_grid, row_vectors).flatten(2, 3)
        column_terms = torch.einsum("bhrcd,ckd->bhrck", by_grid, column_vectors).flatten(2, 3)
        return self.hook_relative_rows(row_terms), self.hook_relative_columns(column_terms)

    def _relative_vectors(
        self, rows: int, columns: int, relative_positions: str
    ) -> tuple[
        Float[Tensor, "query_row key_row channel"], Float[Tensor, "query_column key_column channel"]
    ]:
        return (
            relative_vectors(self.relative_rows, rows, relative_positions),
            relative_vectors(self.relative_columns, columns, relative_positions),
        )
