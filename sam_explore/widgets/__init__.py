"""Live views in a notebook, all of which share one session."""

from .exploring.explorer import Explorer, explore
from .prompting.prompt_canvas import PromptCanvas
from .session import Session

__all__ = ["Explorer", "PromptCanvas", "Session", "explore"]
