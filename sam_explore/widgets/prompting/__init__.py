"""Click on a picture and see what the model makes of it: `PromptCanvas` and all its parts."""

from .prompt_canvas import PromptCanvas

__all__ = ["PromptCanvas"]
