"""For all tests of probes."""

from .small_scenes import small_scenes, small_scenes_after_many

__all__ = ["small_scenes", "small_scenes_after_many"]
