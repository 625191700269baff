"""Attention in forms that are cheaper to train on a CPU.

In the image encoder the relative-position terms become additional channels of the queries, and
one-hot rows and columns additional channels of the keys, so that one product gives the scores. The
backward pass computes the gradient of the scores from the weighted values, as flash attention does
(arXiv 2205.14135), and stores one matrix of scores instead of four. Everything is in the type of
the matrix products, see `product_type`.
"""

from functools import partial
from typing import Any

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from sam_explore.model import Sam
from sam_explore.model.attention import Attention, relative_vectors
from sam_explore.model.hooks import HookPoint
from sam_explore.model.windows import join_windows, split_windows


def product_type(device: torch.device) -> torch.dtype:
    """The type in which matrix products are fastest: bf16 where the processor multiplies in it.

    On a CPU without instructions for bf16, its products take nine times as long as those in
    float32 (measured on an AVX2 processor). A version of torch that can't say whether there are any
    multiplies in float32.
    """
    if device.type != "cpu":
        return torch.bfloat16
    asked = ("_is_avx512_bf16_supported", "_is_amx_tile_supported")
    native = any(getattr(torch.cpu, name, bool)() for name in asked)
    return torch.bfloat16 if native else torch.float32


def attend_cheaply(sam: Sam, dtype: torch.dtype) -> None:
    """Switch all attention layers of a model to these forms, in the given type.

    Hooks on the decoder's scores make its attention run in explicit steps: with few prompt tokens
    the backward pass of the fused kernel is slower.
    """
    for module in sam.image_encoder.modules():
        if isinstance(module, Attention):
            module.forward = partial(_attention, module, dtype)  # type: ignore[method-assign]
    for module in sam.mask_decoder.modules():
        if isinstance(module, HookPoint) and module.name.endswith("hook_scores"):
            module.register_forward_hook(lambda *_: None)


def _attention(
    attention: Attention,
    dtype: torch.dtype,
    tokens: Float[Tensor, "batch row column channel"],
    window: int,
    relative_positions: str = "interpolate",
) -> Float[Tensor, "batch row column channel"]:
    """What `Attention.forward` computes, without its hook points."""
    rows, columns = tokens.shape[1:3]
    with torch.autocast(tokens.device.type, enabled=False):
        tokens = tokens.to(dtype)
        if window:
            tokens = split_windows(tokens, window)
        tokens = _self_attention(attention, tokens, relative_positions)
        return join_windows(tokens, rows, columns) if window else tokens


def _self_attention(
    attention: Attention,
    tokens: Float[Tensor, "batch row column channel"],
    relative_positions: str,
) -> Float[Tensor, "batch row column channel"]:
    batch, rows, columns, channels = tokens.shape
    heads, places = attention.heads, rows * columns
    qkv = _linear(attention.qkv, tokens.reshape(-1, channels))
    qkv = qkv.view(batch, places, 3, heads, channels // heads).permute(2, 0, 3, 1, 4)
    q, k, v = (each.reshape(batch * heads, places, -1) for each in qkv)
    out = _Attend.apply(
        _queries(attention, q, rows, columns, relative_positions), _keys(k, rows, columns), v
    )
    out = out.view(batch, heads, places, -1).transpose(1, 2).reshape(-1, channels)
    return _linear(attention.projection, out).view(batch, rows, columns, channels)


def _queries(
    attention: Attention,
    q: Float[Tensor, "head place channel"],
    rows: int,
    columns: int,
    relative_positions: str,
) -> Float[Tensor, "head place channel_and_side"]:
    """Scaled queries, followed by their terms for each row and each column of the keys."""
    heads, places, channels = q.shape
    grid = q.view(heads, rows, columns, channels)
    tables = (attention.relative_rows, rows), (attention.relative_columns, columns)
    for_rows, for_columns = (
        relative_vectors(table, length, relative_positions).to(q.dtype).transpose(1, 2)
        for table, length in tables
    )
    by_row = grid.transpose(0, 1).reshape(rows, heads * columns, channels)
    row_terms = (by_row @ for_rows).view(rows, heads, columns, rows).transpose(0, 1)
    by_column = grid.permute(2, 0, 1, 3).reshape(columns, heads * rows, channels)
    column_terms = (by_column @ for_columns).view(columns, heads, rows, columns).permute(1, 2, 0, 3)
    together = torch.cat([grid * channels**-0.5, row_terms, column_terms], dim=-1)
    return together.view(heads, places, -1)


def _keys(
    k: Float[Tensor, "head place channel"], rows: int, columns: int
) -> Float[Tensor, "head place channel_and_side"]:
    """Keys, followed by their row and their column, one-hot."""
    at_row = torch.eye(rows, dtype=k.dtype, device=k.device).repeat_interleave(columns, 0)
    at_column = torch.eye(columns, dtype=k.dtype, device=k.device).repeat(rows, 1)
    place = torch.cat([at_row, at_column], dim=1).expand(len(k), -1, -1)
    return torch.cat([k, place], dim=-1)


class _Attend(torch.autograd.Function):
    """softmax(q k) v, with a backward pass that stores only the weights and the output."""

    @staticmethod
    def forward(ctx: Any, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        pattern = torch.bmm(q, k.transpose(1, 2)).softmax(dim=-1)
        out = torch.bmm(pattern, v)
        ctx.save_for_backward(q, k, v, pattern, out)
        return out

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        q, k, v, pattern, out = ctx.saved_tensors
        gradient = gradient.contiguous()
        of_v = torch.bmm(pattern.transpose(1, 2), gradient)
        of_scores = torch.bmm(gradient, v.transpose(1, 2).contiguous())
        of_scores.sub_((gradient * out).sum(dim=-1, keepdim=True)).mul_(pattern)
        return torch.bmm(of_scores, k), torch.bmm(of_scores.transpose(1, 2), q), of_v


def _linear(layer: torch.nn.Linear, vectors: Tensor) -> Tensor:
    return F.linear(vectors, layer.weight.to(vectors.dtype), layer.bias.to(vectors.dtype))
