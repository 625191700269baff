"""For all tests of probes."""

from .encoded_pictures import encoded_pictures
from .small_scenes import small_scenes, small_scenes_after_many

__all__ = ["encoded_pictures", "small_scenes", "small_scenes_after_many"]
