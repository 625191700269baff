"""Scenes that are drawn once and then read from files."""

from collections import Counter

import numpy as np
import pytest

from sam_explore.scenes.composition import clear_scene, scene
from sam_explore.toy.training import scene_cache as caching
from sam_explore.toy.training.scene_cache import (
    FIRST_TRAINING_SEED,
    SceneCache,
    fill,
    training_scene,
)


def test_a_scene_comes_back_as_it_was_drawn(tmp_path):
    cache = SceneCache(tmp_path, 5, size=64)
    found = cache.get([4, 0])
    for row, index in enumerate((4, 0)):
        drawn = training_scene(index, 64)
        assert np.array_equal(found.pictures[row], drawn.image)
        labels = found.above[row][found.deepest[row].long()].permute(2, 0, 1)
        assert np.array_equal(labels, drawn.labels)
    assert cache.drawn.tolist() == [0, 4]


def test_it_is_drawn_only_once_and_for_all_who_share_the_folder(tmp_path, monkeypatch):
    first, second = SceneCache(tmp_path, 3, size=64), SceneCache(tmp_path, 3, size=64)
    wanted = first.get([1])
    monkeypatch.setattr(caching, "training_scene", lambda *_: pytest.fail("drawn again"))
    for cache in (first, second, SceneCache(tmp_path, 3, size=64)):
        assert (cache.get([1]).pictures == wanted.pictures).all()


def test_three_of_five_scenes_are_clear_and_seeds_are_those_of_training():
    for index in range(5):
        draw = clear_scene if index < 3 else scene
        expected = draw(FIRST_TRAINING_SEED + index, 64)
        assert np.array_equal(training_scene(index, 64).image, expected.image)


def test_a_scene_with_too_many_regions_is_replaced_by_another(monkeypatch):
    monkeypatch.setattr(caching, "MOST_REGIONS", 8)
    drawn = Counter(len(training_scene(index, 64).regions) <= 8 for index in range(5))
    assert drawn == {True: 5}


def test_a_folder_of_another_number_of_scenes_is_refused(tmp_path):
    SceneCache(tmp_path, 3, size=64)
    with pytest.raises(ValueError, match=r"Ask for 3 scenes, or take another folder"):
        SceneCache(tmp_path, 4, size=64)


def test_processes_fill_their_shares(tmp_path):
    fill(tmp_path, 5, rank=1, stride=2, size=64)
    assert SceneCache(tmp_path, 5, size=64).drawn.tolist() == [1, 3]
