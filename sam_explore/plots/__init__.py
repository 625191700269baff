"""Draws readings and arrays. Nothing here imports torch or the model."""
