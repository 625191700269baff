"""Flood fill, region growing and filled boxes on pictures of a few pixels."""

import numpy as np

from sam_explore.toy.exam import CLEAR, EXAM, ExamScene, baselines, read_manifest
from sam_explore.toy.exam.baselines import compare_baselines, fill_box, flood_fill, grow_region


def grey(*rows: tuple[int, ...]) -> np.ndarray:
    return np.repeat(np.array(rows, np.uint8)[..., None], 3, axis=2)


def test_flood_fill_compares_with_the_click_and_region_growing_with_the_neighbour():
    ramp = grey((10, 12, 14, 30, 12))
    assert flood_fill(ramp, (0, 0), 3).tolist() == [[True, True, False, False, False]]
    assert grow_region(ramp, (0, 0), 3).tolist() == [[True, True, True, False, False]]
    assert grow_region(ramp, (4, 0), 3).tolist() == [[False, False, False, False, True]]


def test_the_channel_that_differs_most_decides():
    picture = grey((10, 10))
    picture[0, 1, 2] = 20
    for fill in (flood_fill, grow_region):
        assert fill(picture, (0, 0), 9).sum() == 1
        assert fill(picture, (0, 0), 10).sum() == 2


def test_both_go_round_corners_but_not_across_them():
    maze = grey((0, 0, 0, 9), (9, 9, 0, 9), (0, 0, 0, 9), (0, 9, 9, 0))
    reached = maze[..., 0] == 0
    reached[3, 3] = False  # it touches the others at a corner only
    for fill in (flood_fill, grow_region):
        assert (fill(maze, (0, 0), 4) == reached).all()
        assert (fill(maze, (0, 3), 4) == reached).all()


def test_a_filled_box_has_exclusive_far_edges():
    assert np.argwhere(fill_box((1, 0, 3, 1), (2, 4))).tolist() == [[0, 1], [0, 2]]


def test_the_exam_s_own_prompts_are_put_to_the_baselines(monkeypatch):
    scenes: tuple[ExamScene, ...] = read_manifest()[:2]
    monkeypatch.setattr(baselines, "TUNING_SCENES", 1)
    monkeypatch.setattr(baselines, "TOLERANCES", (20,))
    found = compare_baselines(scenes)
    assert found.tolerances == {"flood fill": 20, "region growing": 20}
    drawn, target = scenes[0].draw(), scenes[0].targets[0]
    assert found.mean_iou["all"]["targets"] == sum(len(scene.targets) for scene in scenes)
    # A box holds its target, so its IoU is the share that the target fills.
    shares = [
        each.area / ((each.box[2] - each.box[0]) * (each.box[3] - each.box[1]))
        for scene in scenes
        for each in scene.targets
    ]
    assert np.isclose(found.mean_iou["all"]["box filled"], np.mean(shares))
    assert flood_fill(drawn.image, target.click, 20)[target.click[1], target.click[0]]
    assert any("chosen on 1 other scenes" in line for line in found.lines())
    assert found.at_most == EXAM.baselines_at_most
    clear = compare_baselines(read_manifest(CLEAR.manifest)[:1], CLEAR)
    assert clear.lines()[-1].count(f"{CLEAR.baselines_at_most:.3f}") == 3
