"""Methods without learning in the exam: flood fill, region growing and the box itself.

If one of them were good, the exam would test for areas of one colour, or for boxes.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np
from jaxtyping import Bool, UInt8

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


def flood_fill(image: Picture, click: tuple[int, int], tolerance: int) -> Mask:
    """The connected pixels around the click that differ from its colour by `tolerance` at most.

    click: x, y. Colours are compared by the channel that differs most, 0 to 255.
    """
    x, y = click
    like = np.abs(image.astype(np.int16) - image[y, x]).max(axis=2) <= tolerance
    return _reached(click, like[:, 1:] & like[:, :-1], like[1:] & like[:-1])


def grow_region(image: Picture, click: tuple[int, int], tolerance: int) -> Mask:
    """The pixels reached from the click over neighbours that differ by `tolerance` at most.

    click: x, y. Unlike flood fill it follows gradual changes of colour, such as light on a ball.
    """
    colours = image.astype(np.int16)
    across, down = (np.abs(np.diff(colours, axis=axis)).max(axis=2) for axis in (1, 0))
    return _reached(click, across <= tolerance, down <= tolerance)


def fill_box(box: tuple[float, float, float, float], shape: tuple[int, int]) -> Mask:
    """All pixels of a box x0, y0, x1, y1 (far edges exclusive) of a picture of (height, width)."""
    x0, y0, x1, y1 = (round(edge) for edge in box)
    mask = np.zeros(shape, bool)
    mask[y0:y1, x0:x1] = True
    return mask


def _reached(
    click: tuple[int, int], across: Bool[np.ndarray, "h steps"], down: Bool[np.ndarray, "_ w"]
) -> Mask:
    """Pixels connected to the click by open steps, found by whole runs of a row or column.

    across, down: whether the step to the next pixel of the row, of the column, is open.
    """
    runs = _runs(across), _runs(down.T).T
    mask = np.zeros(runs[0].shape, bool)
    mask[click[1], click[0]] = True
    while True:
        size = mask.sum()
        for run in runs:
            touched = np.zeros(run.max() + 1, bool)
            touched[run[mask]] = True
            mask = touched[run]
        if mask.sum() == size:
            return mask


def _runs(open_steps: Bool[np.ndarray, "h steps"]) -> np.ndarray:
    """For each pixel the number of its run: pixels of a row without a closed step between them."""
    starts = np.pad(~open_steps, ((0, 0), (1, 0)), constant_values=True)
    return np.cumsum(starts).reshape(starts.shape)


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
