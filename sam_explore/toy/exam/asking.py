"""Puts the exam's questions to a model: one click, a box, and clicks that correct the answer."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float

from sam_explore.geometry import Frame, Prompts
from sam_explore.model import Sam
from sam_explore.prediction import EncodedImage, Prediction, encode, predict

from ..sampling import correction_clicks, shrink
from ..scenes import Scene
from .manifest import SIZE, ExamScene, Target
from .measures import iou

CORRECTIONS = 5
FOUND = 0.75  # IoU over which a mask counts as the region


@dataclass(frozen=True, eq=False)
class Answer:
    """How a model answered about one target. All IoUs are with the target's visible pixels.

    kind: of the scene.
    target: what was asked for.
    by_click: IoU of tokens 1 to 3 for the click.
    predicted: what the model said these IoUs were.
    by_box: IoU of token 0 for the box.
    corrected: IoU of the mask chosen for the click, then of token 0 after each correction.
    ceilings: IoU that the target itself keeps at the resolution of the logits; see `ceilings`.
    nested: whether the masks for the click have both the target and a region that holds it; None
        for a whole, and for a part that is all that shows of what holds it.
    """

    kind: str
    target: Target
    by_click: Float[np.ndarray, "3"]
    predicted: Float[np.ndarray, "3"]
    by_box: float
    corrected: tuple[float, ...]
    ceilings: tuple[float, float]
    nested: bool | None

    @property
    def best(self) -> float:
        """The best of tokens 1 to 3 for the click."""
        return float(self.by_click.max())

    @property
    def chosen(self) -> float:
        """The one of tokens 1 to 3 whose predicted IoU is the best."""
        return self.corrected[0]


def examine(sam: Sam, scenes: Iterable[ExamScene]) -> list[Answer]:
    """Ask a model for every target of these scenes.

    Raises ValueError where the generator no longer draws what the manifest says.
    """
    return [answer for scene in scenes for answer in _examine_one(sam, scene)]


def _examine_one(sam: Sam, scene: ExamScene) -> list[Answer]:
    drawn = scene.draw()
    encoded = encode(sam, drawn.image)
    clicks = [Prompts(points=[target.click]) for target in scene.targets]
    boxes = [Prompts(box=target.box) for target in scene.targets]
    by_click, by_box = predict(sam, encoded, clicks), predict(sam, encoded, boxes)
    regions = [drawn.index(target.region) for target in scene.targets]
    truths = np.stack([drawn.mask(index) for index in regions])
    corrected = _correct(sam, encoded, by_click, truths, scene.seed)
    answers = []
    for i, (target, truth) in enumerate(zip(scene.targets, truths, strict=True)):
        masks = by_click[i].masks()
        answers.append(
            Answer(
                kind=scene.kind,
                target=target,
                by_click=np.array([iou(mask, truth) for mask in masks[1:]]),
                predicted=by_click[i].iou[1:],
                by_box=iou(by_box[i].masks()[0], truth),
                corrected=(iou(masks[by_click[i].chosen], truth), *corrected[i]),
                ceilings=ceilings(truth, encoded.frame, sam.config.mask_size),
                nested=_finds_both(masks[1:], drawn, regions[i]),
            )
        )
    return answers


def _correct(
    sam: Sam, encoded: EncodedImage, first: list[Prediction], truths: np.ndarray, seed: int
) -> list[list[float]]:
    """IoU of token 0 after each correction of the masks chosen at first, for each target.

    As in training: the logits go back as a mask hint, with a click drawn from where the mask is
    wrong at the resolution of the logits.
    """
    generator = torch.Generator().manual_seed(seed)
    wanted = shrink(torch.tensor(truths), SIZE // sam.config.mask_size)
    prompts = [one.prompts for one in first]
    logits = np.stack([one.logits[one.chosen] for one in first])
    ious: list[list[float]] = [[] for _ in first]
    for _ in range(CORRECTIONS):
        points, labels = correction_clicks(torch.tensor(logits) > 0, wanted, generator)
        points_px = encoded.frame.px_from_unit(points.numpy())
        prompts = [
            one.with_point(point, int(label)).with_mask_hint(hint)
            for one, point, label, hint in zip(prompts, points_px, labels, logits, strict=True)
        ]
        answers = predict(sam, encoded, prompts)
        logits = np.stack([answer.logits[0] for answer in answers])
        for row, answer, truth in zip(ious, answers, truths, strict=True):
            row.append(iou(answer.masks()[0], truth))
    return ious


def ceilings(truth: Bool[np.ndarray, "h w"], frame: Frame, mask_size: int) -> tuple[float, float]:
    """IoU with a mask of what a model says that knows it, through a prediction's own upscaling.

    First with logits of 1 and -1 for the mask as training shrinks it, then with logits that grade
    with the share of each cell that the mask covers. Logits fitted to the mask can exceed both.
    """
    cells = torch.tensor(truth)[None]
    cell = len(truth) // mask_size
    hard = shrink(cells, cell).float()
    graded = F.avg_pool2d(cells.float(), cell)
    logits = (2 * torch.cat([hard, graded]) - 1).numpy()
    hard_mask, graded_mask = Prediction(logits, np.ones(2), Prompts(), frame).masks()
    return iou(hard_mask, truth), iou(graded_mask, truth)


def _finds_both(masks: Bool[np.ndarray, "3 h w"], drawn: Scene, index: int) -> bool | None:
    """Whether one of the masks is the region and another one that holds it."""
    own = drawn.mask(index)
    holders = [mask for mask in _holders(drawn, index) if iou(mask, own) <= FOUND]
    if not holders:
        return None

    def found(truth: np.ndarray) -> bool:
        return any(iou(mask, truth) > FOUND for mask in masks)

    return found(own) and any(found(holder) for holder in holders)


def _holders(drawn: Scene, index: int) -> list[Bool[np.ndarray, "h w"]]:
    """Masks of the regions above this one."""
    parent = drawn.regions[index].parent
    return [] if parent is None else [drawn.mask(parent), *_holders(drawn, parent)]
