"""A small network's weights in the layout of the official release."""

from dataclasses import replace
from functools import cache

from torch import Tensor

from sam_explore.model import TOY

from .parity.reference import random_weights

# Like every release: 8 heads in the decoder, and the released pixel statistics.
SMALL = replace(
    TOY,
    name="custom",
    image_size=80,
    patch_size=8,
    encoder_dim=32,
    encoder_depth=3,
    encoder_heads=2,
    encoder_mlp_dim=48,
    global_blocks=(1,),
    window_size=4,
    token_dim=64,
    decoder_mlp_dim=40,
    iou_hidden_dim=24,
)


@cache
def official_weights() -> dict[str, Tensor]:
    """A state dict in the official layout, every weight random. Copy it before changing it."""
    return random_weights(SMALL)
