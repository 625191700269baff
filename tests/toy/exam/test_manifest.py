"""The fixed lists, and that the scenes' code still draws what they fix."""

import hashlib
from dataclasses import replace
from itertools import islice

import numpy as np
import pytest

from sam_explore.scenes.ground_truth import LEVELS
from sam_explore.toy.exam import CLEAR, EXAM, WORLDS, ExamScene, World, read_manifest
from sam_explore.toy.exam.choosing import choose_scenes, interior
from sam_explore.toy.exam.manifest import SIZE, write_manifest
from sam_explore.toy.exam.measures import STRATA, stratum
from sam_explore.toy.training.scene_cache import FIRST_TRAINING_SEED

SCENES = read_manifest()
TARGETS = [target for scene in SCENES for target in scene.targets]
CLEAR_SCENES = read_manifest(CLEAR.manifest)
in_each_world = pytest.mark.parametrize("world", WORLDS.values(), ids=WORLDS)


def targets_of(world: World) -> list:
    return [target for scene in read_manifest(world.manifest) for target in scene.targets]


def test_the_exam_is_the_file_that_it_always_was():
    """Older figures can be compared as long as it is, byte for byte."""
    digest = hashlib.sha256(EXAM.manifest.read_bytes()).hexdigest()
    assert digest == "f1f7b0a789d139686eabee8881ed802306c9d9d172456cb929eaf4293a2066c7"


def test_there_are_300_clear_scenes_with_a_whole_a_part_and_a_sub_part():
    assert len(CLEAR_SCENES) == 300
    for scene in CLEAR_SCENES:
        assert scene.kind == "clear"
        assert [target.level for target in scene.targets] == list(LEVELS)


def test_there_are_500_scenes_of_three_kinds_in_turn():
    kinds = [scene.kind for scene in SCENES]
    assert len(kinds) == 500
    for start in (0, 100, 495):
        five = kinds[start : start + 5]
        assert [five.count(kind) for kind in ("held-out shapes", "held-out textures")] == [1, 1]
    assert kinds.count("familiar") == 300


@in_each_world
def test_no_seed_is_of_the_training_nor_of_the_tuning(world):
    seeds = [scene.seed for scene in read_manifest(world.manifest)]
    assert len(set(seeds)) == len(seeds) == world.scenes
    assert min(seeds) >= world.first_seed
    assert max(seeds) < world.tuning_seed < FIRST_TRAINING_SEED
    others = {scene.seed for each in WORLDS.values() if each is not world
              for scene in read_manifest(each.manifest)}  # fmt: skip
    assert not others & set(seeds)


def test_each_level_and_stratum_is_asked_for_often():
    assert {target.level for target in TARGETS} == set(LEVELS)
    for level in LEVELS:
        assert sum(target.level == level for target in TARGETS) > 400
    for name in STRATA:
        assert sum(target.stratum == name for target in TARGETS) > 300


@in_each_world
def test_what_is_written_about_a_target_agrees_with_itself(world):
    for target in targets_of(world):
        x0, y0, x1, y1 = target.box
        assert x0 <= target.click[0] < x1 <= SIZE
        assert y0 <= target.click[1] < y1 <= SIZE
        assert world.smallest_share * SIZE**2 <= target.area <= (x1 - x0) * (y1 - y0)
        assert target.stratum == stratum(target.area / SIZE**2)
        assert target.level == LEVELS[target.region.count("/")]


@in_each_world
def test_targets_do_not_fill_their_boxes(world):
    """So that a filled box, which knows nothing of the picture, is no good answer."""
    targets = targets_of(world)
    boxes = [(t.box[2] - t.box[0]) * (t.box[3] - t.box[1]) for t in targets]
    filled = np.mean([t.area / box for t, box in zip(targets, boxes, strict=True)])
    assert filled <= world.baselines_at_most


@pytest.mark.parametrize(
    "scene", [*SCENES[::50], *CLEAR_SCENES[::50]], ids=lambda scene: f"{scene.kind} {scene.seed}"
)
def test_the_generator_still_draws_what_the_manifest_fixed(scene: ExamScene):
    drawn = scene.draw()
    for target in scene.targets:
        mask = drawn.mask(drawn.index(target.region))
        x, y = target.click
        assert mask[y, x]
        assert np.abs(np.subtract(drawn.box(drawn.index(target.region)), target.box)).max() <= 1


def test_a_changed_generator_is_noticed():
    scene = SCENES[0]
    first = scene.targets[0]
    grown = replace(first, area=first.area + first.area // 20)
    gone = replace(first, region="unicorn")
    for wrong in (
        replace(scene, targets=(grown,)),
        replace(scene, targets=(gone,)),
        replace(scene, colour=tuple(channel + 2 for channel in scene.colour)),
    ):
        with pytest.raises(ValueError, match="--make"):
            wrong.draw()


def test_a_manifest_is_read_as_it_was_written(tmp_path):
    write_manifest(SCENES[:3], tmp_path / "few.jsonl")
    assert read_manifest(tmp_path / "few.jsonl") == SCENES[:3]


def test_choosing_again_chooses_the_same_and_elsewhere_something_else():
    first, again = (next(choose_scenes(EXAM, EXAM.tuning_seed)) for _ in range(2))
    assert first == again
    other = next(choose_scenes(EXAM, EXAM.tuning_seed + 1))
    assert other.seed == EXAM.tuning_seed + 1
    assert other.targets != first.targets


def test_a_scene_is_asked_for_one_region_of_each_level_it_has():
    for scene in islice(choose_scenes(EXAM, EXAM.tuning_seed), 3):
        levels = [target.level for target in scene.targets]
        assert levels == [level for level in LEVELS if level in levels]


def test_the_interior_is_what_has_all_four_neighbours():
    mask = np.zeros((5, 5), bool)
    mask[1:4, 0:4] = True  # at the left edge of the picture
    inside = np.argwhere(interior(mask)).tolist()
    assert inside == [[2, 1], [2, 2]]
    thin = np.eye(3, dtype=bool)
    assert (interior(thin) == thin).all()
