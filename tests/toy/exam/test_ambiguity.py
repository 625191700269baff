"""How good a chosen mask can be if all masks are perfect."""

from dataclasses import replace

import numpy as np
import pytest

from sam_explore.scenes.ground_truth import Region, Scene
from sam_explore.toy.exam import CLEAR, EXAM, Target, read_manifest
from sam_explore.toy.exam.ambiguity import BET, blind_answers, measure_ambiguity
from sam_explore.toy.exam.choosing import chances, choose_scenes

# A whole of 10 x 10 pixels, a part that is its upper half, and nothing finer.
LABELS = np.zeros((3, 20, 20), np.int16)
LABELS[0, 5:15, 5:15] = 1
LABELS[1, 5:10, 5:15] = 2
REGIONS = (Region("box", 0, None), Region("box/lid", 1, 0))
BOX = Scene(np.zeros((20, 20, 3), np.uint8), LABELS, REGIONS)
ANYTHING = replace(EXAM, smallest_share=0.0)


def target(region: str, click: tuple[int, int]) -> Target:
    level = "part" if "/" in region else "whole"
    return Target(region, level, "large", 100, click, (5, 5, 15, 15))


def test_each_level_is_compared_with_what_was_meant():
    found = blind_answers(BOX, target("box", (9, 7)), ANYTHING)
    # The lid is half of the box. It is the finest there, and the best bet: both are sure to be
    # chosen, and its interior of 3 x 8 pixels is hit more often than the box's of 8 x 8.
    assert found == {"the whole": 1.0, "the part": 0.5, "the sub-part": 0.5, BET: 0.5}
    assert blind_answers(BOX, target("box/lid", (9, 7)), ANYTHING)[BET] == 1.0


def test_at_the_edge_of_the_part_only_the_whole_can_be_meant():
    found = blind_answers(BOX, target("box", (9, 9)), ANYTHING)
    assert found == {"the whole": 1.0, "the part": 0.5, "the sub-part": 0.5, BET: 1.0}


def test_a_region_that_is_too_small_to_be_chosen_is_no_bet():
    lid = 50 / 400
    found = blind_answers(BOX, target("box", (9, 7)), replace(EXAM, smallest_share=lid + 0.001))
    assert found[BET] == 1.0


def test_chances_are_those_of_the_choice():
    drawn = read_manifest(CLEAR.manifest)[0].draw()
    for level in range(3):
        found = chances(drawn, level, CLEAR.smallest_share)
        assert sum(found.values()) == pytest.approx(1.0)
        assert {drawn.regions[index].level for index in found} == {level}
    lone = chances(BOX, 1, 0.0)
    assert lone == {1: 1.0}


def test_the_fixed_scenes_are_still_the_ones_that_are_chosen():
    first = read_manifest(CLEAR.manifest)[0]
    assert next(choose_scenes(CLEAR, CLEAR.first_seed)) == first


def test_the_best_bet_is_no_worse_than_any_level_in_the_long_run():
    found = measure_ambiguity(read_manifest(CLEAR.manifest)[:12], CLEAR)
    assert found.scenes == 12
    row = found.mean_iou["all"]
    assert row["targets"] == 36
    assert found.mean_iou["whole"]["the whole"] == 1.0
    assert 0.3 < row["the whole"] < row[BET] < 0.9
    assert any("one click" in line for line in found.lines())
