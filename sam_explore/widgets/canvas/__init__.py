"""What views are drawn with, and the area over a canvas that listens to mouse, fingers and keys."""

from .pointer_area import Contact, KeyPress, Pinch, PointerArea, under

__all__ = ["Contact", "KeyPress", "Pinch", "PointerArea", "under"]
