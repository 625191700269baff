"""The network and nothing else: SAM version 1, one component of the published figure a file."""

from .config import TOY, VIT_B, VIT_H, VIT_L, SamConfig
from .hooks import HookPoint
from .sam import Sam

__all__ = ["TOY", "VIT_B", "VIT_H", "VIT_L", "HookPoint", "Sam", "SamConfig"]
