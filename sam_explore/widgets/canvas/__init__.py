"""What mouse, fingers, pen and keys do over a canvas, which ipycanvas can't tell."""

from .pointer_area import Contact, KeyPress, Pinch, PointerArea, under

__all__ = ["Contact", "KeyPress", "Pinch", "PointerArea", "under"]
