"""Methods without learning on the exam's own prompts."""

import numpy as np

from sam_explore.magic_wand import flood_fill
from sam_explore.toy.exam import CLEAR, EXAM, ExamScene, baselines, read_manifest
from sam_explore.toy.exam.baselines import compare_baselines, fill_box


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
