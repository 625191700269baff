"""One random state dict in three implementations, and the small sizes to compare them at."""

from dataclasses import dataclass, replace

import torch
from torch import nn

from sam_explore.model import TOY, Sam, SamConfig

from ..small import SMALL
from .huggingface import build_transformers
from .reference import build_ours, build_reference, give_weights, random_weights

# As in the releases, patches of 16 pixels and 8 heads in the decoder. Unlike any, the statistics of
# the pixels: a reference that takes its own instead of the given ones shows.
_TINY = replace(
    SMALL,
    name="tiny",
    image_size=80,
    patch_size=16,
    encoder_depth=2,
    global_blocks=(1,),
    decoder_heads=8,
    pixel_mean=(101.0, 117.5, 93.25),
    pixel_std=(41.0, 63.5, 77.25),
)
SMALL_CONFIGS = {
    "the toy": TOY,
    "10 tokens of 8 pixels in windows of 4": replace(
        _TINY,
        image_size=80,
        patch_size=8,
        encoder_dim=40,
        encoder_depth=4,
        encoder_heads=5,
        encoder_mlp_dim=100,
        global_blocks=(0, 2),
        window_size=4,
        decoder_depth=3,
        decoder_heads=4,
        mask_hint_channels=8,
    ),
    "5 tokens in windows of 7, larger than the grid": replace(
        _TINY, window_size=7, encoder_heads=1, decoder_heads=2
    ),
    "12 tokens in windows of 4, which fit": replace(_TINY, image_size=192, window_size=4),
    "9 tokens in windows of 5, none global": replace(
        _TINY, image_size=144, window_size=5, encoder_depth=3, global_blocks=()
    ),
}


@dataclass(frozen=True)
class Trio:
    """Ours, the original and transformers with the same weights, and an embedding to decode."""

    config: SamConfig
    ours: Sam
    original: nn.Module
    transformers: nn.Module
    images: torch.Tensor
    image_tokens: torch.Tensor


def build_trio(config: SamConfig, seed: int = 0, images: int = 1) -> Trio:
    weights = random_weights(config, seed)
    generator = torch.Generator().manual_seed(seed)
    side, grid = config.image_size, config.grid
    return Trio(
        config,
        build_ours(config, weights),
        give_weights(build_reference(config), weights),
        build_transformers(config, weights),
        torch.randn(images, 3, side, side, generator=generator),
        torch.randn(1, config.token_dim, grid, grid, generator=generator),
    )
