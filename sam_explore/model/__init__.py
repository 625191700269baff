"""The network and nothing else: SAM version 1, one component of the published figure a file."""

from .config import TOY, VIT_B, VIT_H, VIT_L, SamConfig
from .decoder_tokens import DecoderTokens
from .description import ModelDescription, Step
from .hooks import HookPoint
from .sam import Sam

__all__ = [
    "TOY",
    "VIT_B",
    "VIT_H",
    "VIT_L",
    "DecoderTokens",
    "HookPoint",
    "ModelDescription",
    "Sam",
    "SamConfig",
    "Step",
]
