"""Broad kinds of objects."""

import pytest

from sam_explore.scenes.composition import scene
from sam_explore.scenes.kinds import BROAD_KINDS, broad_kind, name_of


def test_a_name_has_a_kind_with_and_without_its_number():
    assert broad_kind("turtle") == broad_kind("turtle 12") == "animal"
    assert broad_kind("melon slice") == "fruit"
    assert name_of("orange half 3") == "orange half"


def test_every_object_of_drawn_scenes_has_one():
    wholes = [each.name for seed in range(40) for each in scene(seed, 64).regions if not each.level]
    assert {broad_kind(name) for name in wholes} == set(BROAD_KINDS)


def test_another_name_is_refused_with_those_that_are_known():
    with pytest.raises(ValueError, match="no drawn object is named 'dragon'; choose one of: "):
        broad_kind("dragon")
