"""Drawn pictures with exact ground truth at three levels, and the named example pictures."""

from .changed_scenes import changed_scene
from .changes import Changes
from .composition import scene
from .examples import EXAMPLES, example, example_scene
from .ground_truth import DrawnFrom, Region, Scene

__all__ = [
    "EXAMPLES",
    "Changes",
    "DrawnFrom",
    "Region",
    "Scene",
    "changed_scene",
    "example",
    "example_scene",
    "scene",
]
