"""Prompts, and every conversion between image pixels, the unit square and the token grid."""

from .pixel_coordinates import Frame, fit_longest_side
from .prompts import BACKGROUND, FOREGROUND, MOST_POINTS, UNPROMPTED, Prompts

__all__ = [
    "BACKGROUND",
    "FOREGROUND",
    "MOST_POINTS",
    "UNPROMPTED",
    "Frame",
    "Prompts",
    "fit_longest_side",
]
