"""Methods without learning in the exam: flood fill, region growing and the box itself.

If one of them were good, the exam would test for areas of one colour, or for boxes.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np
from jaxtyping import Bool, UInt8

from sam_explore.magic_wand import flood_fill, grow_region
from sam_explore.mask_overlap import mask_iou
from sam_explore.scenes.ground_truth import Scene

from .choosing import choose_scenes
from .manifest import ExamScene, Target
from .tables import Groups, group_rows, markdown, mean_by_group
from .worlds import EXAM, World

Mask = Bool[np.ndarray, "h w"]
Picture = UInt8[np.ndarray, "h w 3"]
Grow = Callable[[Picture, tuple[int, int], int], Mask]

TOLERANCES = (3, 6, 9, 13, 18, 25, 35, 50)
TUNING_SCENES = 30


def fill_box(box: tuple[float, float, float, float], shape: tuple[int, int]) -> Mask:
    """All pixels of a box x0, y0, x1, y1 (far edges exclusive) of a picture of (height, width)."""
    x0, y0, x1, y1 = (round(edge) for edge in box)
    mask = np.zeros(shape, bool)
    mask[y0:y1, x0:x1] = True
    return mask


GROWING: dict[str, Grow] = {"flood fill": flood_fill, "region growing": grow_region}


@dataclass(frozen=True)
class Baselines:
    """Mean IoU of methods without a model, by group of targets, and their tolerances."""

    scenes: int
    mean_iou: Groups
    tolerances: dict[str, int]
    at_most: float

    def as_json(self) -> dict:
        """Plain dicts and numbers."""
        return vars(self)

    def lines(self) -> list[str]:
        """The figures in markdown."""
        tolerances = [f"{name} {tolerance}" for name, tolerance in self.tolerances.items()]
        return [
            f"Mean IoU over {self.mean_iou['all']['targets']} targets in {self.scenes} scenes. "
            f"Tolerances, of 255, chosen on {TUNING_SCENES} other scenes: {', '.join(tolerances)}.",
            "",
            *markdown([*group_rows(self.mean_iou), ["at most", "", *[self.at_most] * 3]]),
        ]


def compare_baselines(scenes: Collection[ExamScene], world: World = EXAM) -> Baselines:
    """Flood fill, region growing and filled boxes on the prompts of a world's scenes."""
    tuning = list(_questions(islice(choose_scenes(world, world.tuning_seed), TUNING_SCENES)))
    tolerances = {name: _best_tolerance(grow, tuning) for name, grow in GROWING.items()}
    asked: list[tuple[str, Target]] = []
    columns: dict[str, list[float]] = {name: [] for name in (*GROWING, "box filled")}
    for kind, drawn, target, truth in _questions(scenes):
        asked.append((kind, target))
        for name, grow in GROWING.items():
            columns[name].append(mask_iou(grow(drawn.image, target.click, tolerances[name]), truth))
        columns["box filled"].append(mask_iou(fill_box(target.box, truth.shape), truth))
    means = mean_by_group(asked, {name: np.array(ious) for name, ious in columns.items()})
    return Baselines(len(scenes), means, tolerances, world.baselines_at_most)


def _questions(scenes: Iterable[ExamScene]) -> Iterator[tuple[str, Scene, Target, Mask]]:
    for scene in scenes:
        drawn = scene.draw()
        for target in scene.targets:
            yield scene.kind, drawn, target, drawn.mask(drawn.index(target.region))


def _best_tolerance(grow: Grow, questions: Sequence[tuple[str, Scene, Target, Mask]]) -> int:
    means = [
        np.mean([
            mask_iou(grow(drawn.image, target.click, tolerance), truth)
            for _, drawn, target, truth in questions
        ])
        for tolerance in TOLERANCES
    ]  # fmt: skip
    return TOLERANCES[int(np.argmax(means))]
