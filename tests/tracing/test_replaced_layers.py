"""Attention of a block whose layers were replaced, as LoRA does: it is that of the run."""

import numpy as np
import pytest
import torch
from torch import nn

from sam_explore.model import Sam
from sam_explore.tracing import (
    attention_column,
    attention_pair,
    attention_position_terms,
    attention_row,
    weight_on,
)

from ..small import small_sam, small_trace

BLOCK = "image_encoder.vit.blocks.1"  # a global one


class Louder(nn.Linear):
    """With the weights of a linear layer, and not its results."""

    def forward(self, vectors):
        return 1.5 * super().forward(vectors)


class Around(nn.Module):
    """A layer around another one, without weights of its own name."""

    def __init__(self, base: nn.Module):
        super().__init__()
        self.base = base

    def forward(self, vectors):
        return 1.5 * self.base(vectors)


def with_subclass(sam: Sam) -> None:
    attention = sam.image_encoder.vit.blocks[1].attention
    louder = Louder(24, 72)
    louder.load_state_dict(attention.qkv.state_dict())
    attention.qkv = louder.requires_grad_(False)


def with_wrapper(sam: Sam) -> None:
    attention = sam.image_encoder.vit.blocks[1].attention
    attention.qkv = Around(attention.qkv)


def with_own_forward(sam: Sam) -> None:
    qkv = sam.image_encoder.vit.blocks[1].attention.qkv
    before = qkv.forward
    qkv.forward = lambda vectors: 1.5 * before(vectors)


def with_another_norm(sam: Sam) -> None:
    block = sam.image_encoder.vit.blocks[1]
    block.norm1 = Around(block.norm1)


def with_a_norm_without_bias(sam: Sam) -> None:
    norm = nn.LayerNorm(24, bias=False, eps=1e-3).requires_grad_(False)
    norm.weight.mul_(1.5)
    sam.image_encoder.vit.blocks[1].norm1 = norm


CHANGES = (
    with_subclass,
    with_wrapper,
    with_own_forward,
    with_another_norm,
    with_a_norm_without_bias,
)


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_rows_columns_pairs_and_sums_are_those_of_the_pattern(change):
    sam = small_sam()
    plain = small_trace(sam)[f"{BLOCK}.attention.hook_pattern"].clone()
    change(sam)
    trace = small_trace(sam)
    pattern, scores, terms = (
        trace[f"{BLOCK}.attention.{each}"][0]
        for each in ("hook_pattern", "hook_scores", "hook_relative_rows")
    )
    assert not torch.allclose(pattern, plain[0], atol=1e-2)
    marked = np.zeros((5, 5), bool)
    marked[1, 2] = True
    found = (
        (attention_row(trace, 1, (1, 2)).weights.flatten(1), pattern[:, 7]),
        (attention_column(trace, 1, (1, 2)).flatten(1), pattern[:, :, 7]),
        (weight_on(trace, 1, marked).flatten(1), pattern[:, :, 7]),
        (attention_pair(trace, 1, (1, 2), (3, 4)).score, scores[:, 7, 19]),
        (attention_position_terms(trace, 1)[0].flatten(1, 2), terms),
    )
    for one, wanted in found:
        torch.testing.assert_close(one, wanted, rtol=1e-4, atol=1e-5)
