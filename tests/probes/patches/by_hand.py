"""A small model whose kernels a test sets, and pictures of its model's normalised input."""

from dataclasses import replace

import numpy as np
import torch

from sam_explore.model import Sam, SamConfig
from sam_explore.tracing import Trace

from ...small import SMALL, small_sam

# A patch has 3 x 8 x 8 = 192 numbers, and as many kernels can hold all of it.
AS_MANY = replace(SMALL, name="as many kernels as numbers", encoder_dim=192)


def sam_with(kernels: np.ndarray, bias: float = 0.0, config: SamConfig = SMALL) -> Sam:
    """A small model with these kernels (kernel, colour, y, x) as its first; the others are 0."""
    sam = small_sam(config)
    layer = sam.image_encoder.patch_embedding.projection
    layer.weight.zero_()
    layer.weight[: len(kernels)] = torch.tensor(kernels, dtype=torch.float32)
    layer.bias.fill_(bias)
    return sam


def coloured(sam: Sam, levels: np.ndarray) -> Trace:
    """A run on a picture (row, column, colour) as large as the input, without prompts."""
    return Trace(sam, levels.astype(np.uint8))


def normalised(level: float, colour: int) -> float:
    """A grey level as the model gets it."""
    return (level - SMALL.pixel_mean[colour]) / SMALL.pixel_std[colour]
