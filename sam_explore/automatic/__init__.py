"""Masks of everything in a picture, without a prompt, and why one of them is missing."""

from .candidates import Candidates
from .filters import FATES, Filters, Verdicts, default_filters, judge
from .generator import AutomaticMaskGenerator, AutomaticMasks

__all__ = [
    "FATES",
    "AutomaticMaskGenerator",
    "AutomaticMasks",
    "Candidates",
    "Filters",
    "Verdicts",
    "default_filters",
    "judge",
]
