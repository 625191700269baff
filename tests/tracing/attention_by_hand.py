"""Attention on a grid of two by two tokens, with weights for which the softmax can be written down.

The four tokens are a b / c −a with a, b and c at right angles, each of squared length 4. They have
mean 0 and variance 1, so the layer norm leaves them as they are. Queries are the tokens; keys are
the tokens times ln 2 / 2, plus a bias. Half of query times key (the root of four channels is 2) is
then ln 2 for a token with itself, −ln 2 for a with −a and 0 for all others. So a token counts
itself twice, its opposite half, and the others once.

The bias of the keys adds 1 to all scores of a, padding included, which no softmax notices. Of the
relative positions only a key that lies one row below or one column to the right of its query has a
vector, along a: the query a counts such keys 3 times and 5 times. To b and c it means nothing.

Block 0 has windows of 3 tokens, so that one window holds the grid and five tokens of padding, whose
content counts once. Block 1 is global.
"""

from dataclasses import replace
from math import log

import numpy as np
import torch

from sam_explore.model import Sam
from sam_explore.tracing import Trace

from ..small import SMALL, putting, small_sam

TWO_BY_TWO = replace(
    SMALL,
    name="two by two",
    image_size=16,
    encoder_dim=4,
    encoder_depth=2,
    encoder_heads=1,
    encoder_mlp_dim=8,
    global_blocks=(1,),
)
A, B, C = torch.tensor([[1.0, 1, -1, -1], [1, -1, 1, -1], [1, -1, -1, 1]])


def trace_by_hand(image_size: tuple[int, int] = (16, 16)) -> Trace:
    """The run that the file describes, on a picture of this height and width."""
    tokens = torch.stack([A, B, C, -A]).view(2, 2, 4).numpy()
    trace = Trace(_sam(), np.zeros((*image_size, 3), np.uint8))
    return putting(trace, "image_encoder.vit.blocks.*.hook_residual_pre", tokens)


def _sam() -> Sam:
    sam = small_sam(TWO_BY_TWO)
    for block in sam.image_encoder.vit.blocks:
        block.norm1.weight.fill_(1)
        block.norm1.bias.zero_()
        attention = block.attention
        attention.qkv.weight[:4] = torch.eye(4)
        attention.qkv.weight[4:8] = torch.eye(4) * log(2) / 2
        attention.qkv.bias.zero_()
        attention.qkv.bias[4:8] = A / 2
        # The distance is the query's place less the key's: −1 stands before the middle.
        before = len(attention.relative_rows) // 2 - 1
        for table, times in ((attention.relative_rows, 3), (attention.relative_columns, 5)):
            table.zero_()
            table[before] = A * log(times) / 4
    return sam
