"""How good a chosen mask can be if all masks are perfect, since a click has several meanings.

Without knowing what was meant, a model can only answer with the whole, the part or the sub-part at
the click. So even with the true masks, the mean IoU of the one that is chosen stays below 1.
"""

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np

from sam_explore.mask_overlap import mask_iou
from sam_explore.scenes.ground_truth import LEVELS, Scene

from .choosing import chances, interior
from .manifest import ExamScene, Target
from .tables import Groups, group_rows, markdown, mean_by_group
from .worlds import EXAM, World

BET = "the best bet"


@dataclass(frozen=True)
class Ambiguity:
    """Mean IoU of true masks with what was meant, by group of targets."""

    scenes: int
    mean_iou: Groups

    def as_json(self) -> dict:
        """Plain dicts and numbers."""
        return vars(self)

    def lines(self) -> list[str]:
        """The figures in markdown."""
        rows = {name: self.mean_iou[name] for name in ("all", *LEVELS) if name in self.mean_iou}
        return [
            f"Mean IoU over {rows['all']['targets']} targets in {self.scenes} scenes, one click, "
            "if the answer is a true mask at the click.",
            "",
            *markdown(group_rows(rows)),
        ]


def measure_ambiguity(scenes: Collection[ExamScene], world: World = EXAM) -> Ambiguity:
    """What always answering with the same level reaches, and the best bet, on a world's scenes."""
    asked: list[tuple[str, Target]] = []
    found: list[dict[str, float]] = []
    for scene in scenes:
        drawn = scene.draw()
        for target in scene.targets:
            asked.append((scene.kind, target))
            found.append(blind_answers(drawn, target, world))
    columns = {name: np.array([each[name] for each in found]) for name in found[0]}
    return Ambiguity(len(scenes), mean_by_group(asked, columns))


def blind_answers(drawn: Scene, target: Target, world: World) -> dict[str, float]:
    """IoU of true masks at a click with the target, without knowing the target's level.

    Args:
        drawn: the scene.
        target: what was meant, and the click.
        world: how its targets are chosen.

    Returns:
        IoU for each level, the next coarser one where that level has nothing there; and of the
        best bet: the one with the largest expected IoU for someone who knows the scene, how its
        targets and clicks were drawn, and nothing of this target but the click.
    """
    here = drawn.at(*target.click)
    ious = np.array(
        [[mask_iou(drawn.mask(one), drawn.mask(other)) for other in here] for one in here]
    )
    meant = here.index(drawn.index(target.region))
    expected = ious @ [_likelihood(drawn, index, target.click, world) for index in here]
    levels = [drawn.regions[index].level for index in here]
    answers = {}
    for level, name in enumerate(LEVELS):
        there = max(place for place, each in enumerate(levels) if each <= level)
        answers[f"the {name}"] = float(ious[there, meant])
    return answers | {BET: float(ious[int(expected.argmax()), meant])}


def _likelihood(drawn: Scene, index: int, click: tuple[int, int], world: World) -> float:
    """How likely this region is chosen and clicked just there."""
    inside = interior(drawn.mask(index))
    if not inside[click[1], click[0]]:
        return 0.0
    level = drawn.regions[index].level
    return chances(drawn, level, world.smallest_share).get(index, 0.0) / inside.sum()
