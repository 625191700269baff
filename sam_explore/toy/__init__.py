"""Toy scenes with exact ground truth at three levels, and what is trained on them."""

from .composition import scene
from .examples import EXAMPLES, example, example_scene
from .scenes import Region, Scene

__all__ = ["EXAMPLES", "Region", "Scene", "example", "example_scene", "scene"]
