"""Prompting with clicks on a picture: `PromptCanvas` and its parts."""

from .prompt_canvas import PromptCanvas

__all__ = ["PromptCanvas"]
