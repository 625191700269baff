"""The canvas that views draw on, and the area over it that handles mouse, fingers and keys."""

from .pointer_area import Contact, KeyPress, Pinch, PointerArea, under

__all__ = ["Contact", "KeyPress", "Pinch", "PointerArea", "under"]
