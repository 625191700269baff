"""The image encoder's fast forms: chunks of attention and MLP that fit into a processor's cache."""

from collections.abc import Callable, Iterable, Iterator

import torch
from jaxtyping import Float
from torch import Tensor, nn

from ..modules import Component
from .chunked_hooks import Chunk, through_hooks
from .products import linear

# Maps the pattern of some queries to their weighted values.
Weigh = Callable[[Tensor], Tensor]

# Numbers in the largest tensor of a chunk: 4 MB of scores, 8 MB of others.
_SCORES_AT_ONCE, _AT_ONCE = 2**20, 2**21


def fast_mlp(
    mlp: Component, tokens: Float[Tensor, "batch row column channel"]
) -> Float[Tensor, "batch row column channel"]:
    """`Mlp.forward`, some tokens at a time, with GELU fused into the product before it."""
    expand, contract = mlp.expand, mlp.contract
    flat = tokens.flatten(0, 2)
    some = max(1, _AT_ONCE // expand.out_features)
    hidden: Iterable[Chunk] = (
        (linear(part, expand.weight, expand.bias, gelu=True),) for part in flat.split(some)
    )
    hidden = through_hooks([mlp.hook_hidden], hidden, tokens.shape[:3])
    out = torch.empty_like(flat)
    for place, (part,) in zip(out.split(some), hidden, strict=True):
        place.copy_(linear(part, contract.weight, contract.bias))
    return mlp.hook_out(out.view(tokens.shape))


def fast_self_attention(
    attention: Component,
    tokens: Float[Tensor, "batch row column channel"],
    window: int,
    row_vectors: Float[Tensor, "query_row key_row channel_in_head"],
    column_vectors: Float[Tensor, "query_column key_column channel_in_head"],
) -> Float[Tensor, "batch row column channel"]:
    """`Attention.forward` up to its last hook point, some windows or some queries at a time.

    Padding is never projected: a product with zero is the bias.

    Args:
        attention: the component.
        tokens: its input.
        window: its window, 0 for the whole grid.
        row_vectors: the relative positions' vector for each pair of rows of a window or the grid.
        column_vectors: the same for columns.
    """
    grid = _Grid(tokens, window, attention.heads)
    lead = (grid.windows, attention.heads, grid.tokens)
    hooks = [attention.hook_q, attention.hook_k, attention.hook_v]
    bands = through_hooks(hooks, grid.bands(tokens, attention.qkv), lead)
    bands = ((*band, *_terms(band[0], row_vectors, column_vectors)) for band in bands)
    hooks = [None, None, None, attention.hook_relative_rows, attention.hook_relative_columns]
    bands = through_hooks(hooks, bands, lead)

    in_place = not attention.hook_scores.is_watched
    scores = through_hooks([attention.hook_scores, None], _scores(bands), lead)
    patterns: Iterable[Chunk] = ((_softmax(part, in_place), v) for part, v in scores)
    patterns = through_hooks([attention.hook_pattern, None], patterns, lead)

    out = tokens.new_empty(*lead, tokens.shape[-1] // attention.heads)
    _weigh(patterns, out)
    joined = grid.join(attention.hook_out_per_head(out))
    return linear(joined, attention.projection.weight, attention.projection.bias)


class _Grid:
    """How a batch of token grids falls into windows; without windows, the grid is one of them."""

    def __init__(self, tokens: Tensor, window: int, heads: int):
        self.batch, self.rows, self.columns, _ = tokens.shape
        self.heads = heads
        self.height, self.width = (window, window) if window else (self.rows, self.columns)
        self.down, self.across = -(-self.rows // self.height), -(-self.columns // self.width)
        self.windows = self.batch * self.down * self.across
        self.tokens = self.height * self.width

    def bands(self, tokens: Tensor, qkv: nn.Linear) -> Iterator[Chunk]:
        """Queries, keys and values (window, head, token, channel) of some rows of windows."""
        numbers = self.height * self.across * self.width * qkv.out_features
        some = max(1, _AT_ONCE // numbers) * self.height
        for image in tokens:
            for band in image.split(some):
                yield self._band(band, qkv)

    def _band(self, band: Tensor, qkv: nn.Linear) -> Chunk:
        down = -(-len(band) // self.height)
        # One tensor of the band's size each: larger ones would come from the system each time.
        parts = (3, self.heads, -1)
        found = []
        for weight, bias in zip(qkv.weight.chunk(3), qkv.bias.chunk(3), strict=True):
            padded = self._project(band, weight, bias, down)
            padded = padded.view(down, self.height, self.across, self.width, *parts[1:])
            padded = padded.permute(0, 2, 4, 1, 3, 5)
            found.append(padded.reshape(down * self.across, self.heads, self.tokens, -1))
        return tuple(found)

    def _project(self, band: Tensor, weight: Tensor, bias: Tensor, down: int) -> Tensor:
        vectors = linear(band, weight, bias)
        height, width = down * self.height, self.across * self.width
        if vectors.shape[:2] == (height, width):
            return vectors
        padded = bias.to(vectors.dtype).expand(height, width, -1).clone()
        padded[: len(band), : self.columns] = vectors
        return padded

    def join(self, windows: Tensor) -> Tensor:
        """Vectors of the heads by window, as tokens by grid, without the padding."""
        places = (self.batch, self.down, self.across)
        tokens = windows.view(*places, self.heads, self.height, self.width, -1)
        tokens = tokens.permute(0, 1, 4, 2, 5, 3, 6)
        height, width = self.down * self.height, self.across * self.width
        tokens = tokens.reshape(self.batch, height, width, -1)
        return tokens[:, : self.rows, : self.columns]


def _terms(
    q: Float[Tensor, "window head token channel"],
    row_vectors: Float[Tensor, "query_row key_row channel"],
    column_vectors: Float[Tensor, "query_column key_column channel"],
) -> Chunk:
    """What the relative positions add to the scores, for each query and row or column of keys."""
    by_place = q.unflatten(2, (len(row_vectors), len(column_vectors)))
    rows = torch.einsum("bhrcd,rkd->bhrck", by_place, row_vectors)
    columns = torch.einsum("bhrcd,ckd->bhrck", by_place, column_vectors)
    return rows.flatten(2, 3), columns.flatten(2, 3)


def _scores(bands: Iterable[Chunk]) -> Iterator[tuple[Tensor, Weigh]]:
    """Scores of a few windows or a few queries, with a function that applies their pattern."""
    for q, k, v, rows, columns in bands:
        heads, tokens = q.shape[1:3]
        some = _SCORES_AT_ONCE // (heads * tokens**2)
        if some:
            parts = (each.split(some) for each in (q, k, v, rows, columns))
            yield from (_of_windows(*part) for part in zip(*parts, strict=True))
        else:
            parts = (each.flatten(0, 1) for each in (q, k, v, rows, columns))
            for head in zip(*parts, strict=True):
                yield from _of_queries(*head)


def _of_windows(
    q: Tensor, k: Tensor, v: Tensor, rows: Tensor, columns: Tensor
) -> tuple[Tensor, Weigh]:
    """All scores (window, head, query, key) of some windows, in one batch of products."""
    scores = (rows[..., :, None] + columns[..., None, :]).flatten(-2)
    scale = q.shape[-1] ** -0.5
    scores.flatten(0, 1).baddbmm_(q.flatten(0, 1), k.flatten(0, 1).mT, alpha=scale)
    return scores, lambda pattern: pattern.flatten(0, 1) @ v.flatten(0, 1)


def _of_queries(
    q: Tensor, k: Tensor, v: Tensor, rows: Tensor, columns: Tensor
) -> Iterator[tuple[Tensor, Weigh]]:
    """The scores (query, key) of one head, some queries at a time."""
    some = max(1, _SCORES_AT_ONCE // len(k))
    by_channel = v.T.contiguous()
    parts = ((q * q.shape[-1] ** -0.5).split(some), rows.split(some), columns.split(some))
    for queries, row_terms, column_terms in zip(*parts, strict=True):
        scores = linear(queries, k)
        by_place = scores.view(len(queries), rows.shape[-1], columns.shape[-1])
        by_place += row_terms[:, :, None]
        by_place += column_terms[:, None, :]
        yield scores, lambda pattern: linear(pattern, by_channel)


def _softmax(scores: Tensor, in_place: bool) -> Tensor:
    return torch.softmax(scores, dim=-1, out=scores if in_place else None)


def _weigh(
    patterns: Iterable[tuple[Tensor, Weigh]], out: Float[Tensor, "window head token channel"]
) -> None:
    """Fill `out` with the values, weighted by pattern after pattern."""
    places, filled = out.flatten(0, 2), 0
    for pattern, weigh in patterns:
        weighed = weigh(pattern).flatten(0, -2)
        places[filled : filled + len(weighed)] = weighed
        filled += len(weighed)
