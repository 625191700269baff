"""A simulated annotator with a model at hand: the data engine's three stages on drawn scenes."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import count
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Bool, Float, UInt8

from sam_explore.automatic import Candidates, Filters, judge
from sam_explore.automatic.candidates import CandidateTable
from sam_explore.automatic.grids import crops, point_grid
from sam_explore.corrections import TOKEN_0, correction_clicks
from sam_explore.geometry import Frame, Prompts
from sam_explore.mask_overlap import mask_iou, mask_ious
from sam_explore.prediction import Prediction, upscale
from sam_explore.read_only import ReadOnlyArrays
from sam_explore.scenes.composition import clear_scene
from sam_explore.tracing import announce

from .decoder_attention import mask_by_cell

LEAST = 0.01  # of the picture: smaller regions are nobody's business here
HALF = 0.5  # IoU from which a region counts as found, next to a stricter goal
_AT_ONCE = 16  # points of the grid between two calls of a callback of `between_steps`

Ask = Callable[[list[Prompts]], list[Prediction]]
Masks = Bool[np.ndarray, "region height width"]


@dataclass(frozen=True, eq=False)
class AnnotatedScene(ReadOnlyArrays):
    """What an annotator and the model made of one scene.

    Args:
        by_click: the IoU of each region with the mask that is shown after each click on it.
        candidates: the masks that are proposed for a grid of clicks, not yet filtered.
        overlaps: the IoU of each of these with each region.
    """

    by_click: Float[np.ndarray, "region click"]
    candidates: Candidates
    overlaps: Float[np.ndarray, "candidate region"]


class StageFigures(NamedTuple):
    """One scene's figures of the three stages.

    Args:
        done: the share of its regions that are done after 0, 1, 2 and more clicks, by hand.
        done_filled: the same after confident masks were filled in.
        iou: the mean IoU of the masks in hand after 1, 2 and more clicks.
        clicks: the mean number of clicks a region, by hand and after filling in.
        regions: the share of its regions that are filled in right, and of those that the automatic
            masks find at an IoU of a half and at the goal.
        masks: how many are filled in, how many of these are right, how many are made
            automatically, and how many of these are right at an IoU of a half and at the goal.
    """

    done: Float[np.ndarray, "clicks+1"]
    done_filled: Float[np.ndarray, "clicks+1"]
    iou: Float[np.ndarray, "clicks"]
    clicks: Float[np.ndarray, "2"]
    regions: Float[np.ndarray, "3"]
    masks: Float[np.ndarray, "5"]


@dataclass(frozen=True, eq=False)
class SceneToAnnotate:
    """A clear scene that training never saw, and what is to be annotated in it.

    Args:
        seed: of the scene, and of what is drawn by chance.
        image: the picture.
        truths: its regions of a fair size, wholes, parts and sub-parts.
    """

    seed: int
    image: UInt8[np.ndarray, "height width 3"]
    truths: Masks


def scenes_to_annotate(first: int = 0) -> Iterator[SceneToAnnotate]:
    """Scenes from this seed on; always the same ones."""
    found = map(_scene, count(first))
    return (each for each in found if len(each.truths))


@lru_cache(maxsize=32)
def _scene(seed: int) -> SceneToAnnotate:
    drawn = clear_scene(seed)
    masks = np.array([drawn.mask(index) for index in range(len(drawn.regions))])
    return SceneToAnnotate(seed, drawn.image, masks[masks.mean(axis=(1, 2)) >= LEAST])


def annotate(
    ask: Ask, frame: Frame, scene: SceneToAnnotate, clicks: int, points_per_side: int, name: str
) -> AnnotatedScene:
    """Click on each region until the clicks are spent, and ask about a grid of points.

    Args:
        ask: the model: the predictions for these prompts on the scene.
        frame: how the scene lies in the model's input.
        scene: the scene.
        clicks: on each region.
        points_per_side: of the grid.
        name: of the scene, for callbacks of `between_steps`.

    Raises:
        Cancelled: by a callback of `between_steps`.
    """
    truths = scene.truths
    by_click = clicked(ask, frame, scene, clicks, name)
    candidates = _proposed(ask, frame.image_size, points_per_side, name)
    masks = [candidates.mask(index) for index in range(len(candidates))]
    overlaps = mask_ious(np.array(masks, bool).reshape(-1, *truths.shape[1:]), truths)
    for array in (by_click, overlaps):
        array.setflags(write=False)
    return AnnotatedScene(by_click, candidates, overlaps)


def clicked(
    ask: Ask, frame: Frame, scene: SceneToAnnotate, clicks: int, name: str
) -> Float[np.ndarray, "region click"]:
    """The IoU of each region with the mask that is shown after each click on it.

    A click lies anywhere in what is wrong at the resolution of the logits, the first one anywhere
    in the region. The rule for corrections is `TOKEN_0`; nobody goes back to an earlier mask.
    """
    generator = torch.Generator("cpu").manual_seed(scene.seed)
    wanted = torch.from_numpy(np.array([mask_by_cell(truth, frame) for truth in scene.truths]))
    picture = torch.from_numpy(mask_by_cell(np.ones(frame.image_size, bool), frame))
    inside = torch.zeros_like(wanted)
    found: list[list[float]] = []
    shown: list[tuple[Prediction, int]] = []
    for click in range(clicks):
        announce(f"{name}: click {click + 1} of {clicks}")
        points, labels = correction_clicks(inside & picture, wanted, generator)
        places = frame.px_from_unit(points.numpy())
        asked = [
            TOKEN_0.prompts(*shown[index], place, label) if shown else Prompts([place], [label])
            for index, (place, label) in enumerate(zip(places, labels.tolist(), strict=True))
        ]
        answers = ask(asked)
        numbers = [TOKEN_0.answer(each) if shown else each.chosen for each in answers]
        shown = list(zip(answers, numbers, strict=True))
        inside = torch.from_numpy(np.array([each.logits[number] > 0 for each, number in shown]))
        masks = [_full_size(*each) for each in shown]
        pairs = zip(masks, scene.truths, strict=True)
        found.append([mask_iou(mask, truth) for mask, truth in pairs])
    return np.array(found).T


def stage_figures(
    scene: AnnotatedScene, goal: float, confident: Filters, automatic: Filters
) -> StageFigures:
    """The three stages with this goal.

    A region is done when a mask has at least this IoU with it, and is then left alone. A confident
    mask that reaches no region is thrown away, which costs no click. Regions that are not done when
    the clicks are spent count with all of these.

    Args:
        scene: what was clicked and proposed.
        goal: the IoU.
        confident: the filters of the masks that are filled in.
        automatic: those of the fully automatic stage.
    """
    clicks = scene.by_click.shape[1]
    reached = np.column_stack([scene.by_click >= goal, np.ones(len(scene.by_click), bool)])
    needed = reached.argmax(axis=1) + 1  # one more than the clicks, if never
    ends = np.minimum(needed, clicks)
    filled = scene.overlaps[judge(scene.candidates, confident).kept] >= goal
    made = scene.overlaps[judge(scene.candidates, automatic).kept]
    given = filled.any(axis=0)
    by_hand = needed[:, None] <= np.arange(clicks + 1)
    in_hand = np.minimum(np.arange(clicks), ends[:, None] - 1)
    right = [made >= HALF, made >= goal]
    return StageFigures(
        done=by_hand.mean(axis=0),
        done_filled=(by_hand | given[:, None]).mean(axis=0),
        iou=np.take_along_axis(scene.by_click, in_hand, axis=1).mean(axis=0),
        clicks=np.array([ends.mean(), np.where(given, 0, ends).mean()]),
        regions=np.array([each.any(axis=0).mean() for each in (filled, *right)]),
        masks=np.array([
            len(filled), filled.any(axis=1).sum(), len(made),
            *(each.any(axis=1).sum() for each in right),
        ], float),
    )  # fmt: skip


def _proposed(ask: Ask, image_size: tuple[int, int], points_per_side: int, name: str) -> Candidates:
    """The masks for a grid of clicks."""
    height, width = image_size
    points = point_grid(points_per_side) * (width, height)
    table = CandidateTable(image_size, crops(image_size, 0, 0.0), offset=1.0)
    for start in range(0, len(points), _AT_ONCE):
        announce(f"{name}: point {start + 1} of {len(points)}")
        some = points[start : start + _AT_ONCE]
        for point, answer in zip(some, ask([Prompts([each]) for each in some]), strict=True):
            table.add(0, point, answer)
    return table.candidates()


def _full_size(answer: Prediction, number: int) -> Bool[np.ndarray, "height width"]:
    """One of its masks at the picture's size."""
    return upscale(torch.from_numpy(answer.logits[[number]]), answer.frame)[0].numpy() > 0
