"""Drawn pictures with exact ground truth at three levels, and the named example pictures."""

from .composition import scene
from .examples import EXAMPLES, example, example_scene
from .ground_truth import Region, Scene

__all__ = ["EXAMPLES", "Region", "Scene", "example", "example_scene", "scene"]
