"""A probe's live view: its controls, its picture, its words."""

from .explorer import Explorer, explore

__all__ = ["Explorer", "explore"]
