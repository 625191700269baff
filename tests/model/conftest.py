"""A network small enough to follow by hand, with random weights everywhere."""

from dataclasses import replace

import pytest

from sam_explore.model import TOY, Sam, SamConfig

from ..probes.small import small_sam

# A grid of 5 in windows of 3: padding at the bottom and the right. Block 0 windowed, 1 global.
CONFIG = replace(
    TOY,
    name="tiny",
    image_size=40,
    patch_size=8,
    encoder_dim=24,
    encoder_depth=2,
    encoder_heads=2,
    encoder_mlp_dim=32,
    global_blocks=(1,),
    window_size=3,
    token_dim=32,
    decoder_heads=4,
    decoder_mlp_dim=48,
    iou_hidden_dim=16,
)


@pytest.fixture
def config() -> SamConfig:
    return CONFIG


@pytest.fixture
def sam() -> Sam:
    return small_sam(CONFIG)
