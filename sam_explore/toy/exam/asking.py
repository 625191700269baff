"""Runs the exam's prompts on a model: one click, a box, and clicks that correct the mask."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Float

from sam_explore.corrections import (
    CORRECTION_RULES,
    TOKEN_0,
    CorrectionRule,
    correction_clicks,
)
from sam_explore.geometry import Frame, Prompts
from sam_explore.mask_overlap import mask_iou
from sam_explore.model import Sam
from sam_explore.prediction import EncodedImage, Prediction, encode, predict
from sam_explore.scenes.ground_truth import Scene

from ..coverage import coverage
from .manifest import ExamScene, Target

CORRECTIONS = 5
FEW_CORRECTIONS = 2  # after which the rules for them are compared
FOUND = 0.75  # IoU over which a mask counts as the region


@dataclass(frozen=True, eq=False)
class Answer:
    """A model's results for one target. All IoUs are with the target's visible pixels.

    kind: of the scene.
    target: the target.
    by_click: IoU of tokens 1 to 3 for the click.
    predicted: the model's prediction of these IoUs.
    by_box: IoU of token 0 for the box.
    corrected: IoU of the mask chosen for the click, then of token 0 after each correction.
    by_rule: IoU after `FEW_CORRECTIONS` under each rule for corrections.
    ceilings: IoU of the target itself at the resolution of the logits; see `ceilings`.
    nested: whether the masks for the click have both the target and a region that holds it; None
        for a whole, and for a part that is all that shows of what holds it.
    """

    kind: str
    target: Target
    by_click: Float[np.ndarray, "3"]
    predicted: Float[np.ndarray, "3"]
    by_box: float
    corrected: tuple[float, ...]
    by_rule: dict[str, float]
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
    """Run a model on every target of these scenes.

    Raises ValueError if the generator no longer draws the manifest's scenes.
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
    by_rule = {
        rule.name: _correct(
            sam, encoded, by_click, truths, scene.seed, rule,
            CORRECTIONS if rule is TOKEN_0 else FEW_CORRECTIONS,
        )
        for rule in CORRECTION_RULES
    }  # fmt: skip
    answers = []
    for i, (target, truth) in enumerate(zip(scene.targets, truths, strict=True)):
        masks = by_click[i].masks()
        answers.append(
            Answer(
                kind=scene.kind,
                target=target,
                by_click=np.array([mask_iou(mask, truth) for mask in masks[1:]]),
                predicted=by_click[i].iou[1:],
                by_box=mask_iou(by_box[i].masks()[0], truth),
                corrected=(mask_iou(masks[by_click[i].chosen], truth), *by_rule[TOKEN_0.name][i]),
                by_rule={name: ious[i][FEW_CORRECTIONS - 1] for name, ious in by_rule.items()},
                ceilings=ceilings(truth, encoded.frame, sam.config.mask_size),
                nested=_finds_both(masks[1:], drawn, regions[i]),
            )
        )
    return answers


def _correct(
    sam: Sam,
    encoded: EncodedImage,
    first: list[Prediction],
    truths: np.ndarray,
    seed: int,
    rule: CorrectionRule,
    corrections: int,
) -> list[list[float]]:
    """IoU after each correction of the masks chosen at first, for each target.

    As in training, each adds a click in the error region of the current mask, at the resolution of
    the logits.
    """
    generator = torch.Generator().manual_seed(seed)
    wanted = coverage(torch.tensor(truths), sam.config.mask_size) >= 0.5
    shown, masks = first, [each.chosen for each in first]
    ious: list[list[float]] = [[] for _ in first]
    for _ in range(corrections):
        logits = np.stack([each.logits[mask] for each, mask in zip(shown, masks, strict=True)])
        points, labels = correction_clicks(torch.tensor(logits) > 0, wanted, generator)
        points_px = encoded.frame.px_from_unit(points.numpy())
        asked = zip(shown, masks, points_px, labels.tolist(), strict=True)
        shown = predict(sam, encoded, [rule.prompts(*each) for each in asked])
        masks = [rule.answer(each) for each in shown]
        for row, answer, mask, truth in zip(ious, shown, masks, truths, strict=True):
            row.append(mask_iou(answer.masks()[mask], truth))
    return ious


def ceilings(truth: Bool[np.ndarray, "h w"], frame: Frame, mask_size: int) -> tuple[float, float]:
    """IoU of a mask with itself after the resolution of the logits and a prediction's upscaling.

    First with logits of 1 for cells that it covers by half or more and -1 for others, then with
    logits proportional to the covered share of each cell. Logits fitted to the mask can
    exceed both.
    """
    graded = coverage(torch.tensor(truth)[None], mask_size)
    hard = (graded >= 0.5).float()
    logits = (2 * torch.cat([hard, graded]) - 1).numpy()
    hard_mask, graded_mask = Prediction(logits, np.ones(2), Prompts(), frame).masks()
    return mask_iou(hard_mask, truth), mask_iou(graded_mask, truth)


def _finds_both(masks: Bool[np.ndarray, "3 h w"], drawn: Scene, index: int) -> bool | None:
    """Whether one of the masks is the region and another one contains it."""
    own = drawn.mask(index)
    holders = [mask for mask in _holders(drawn, index) if mask_iou(mask, own) <= FOUND]
    if not holders:
        return None

    def found(truth: np.ndarray) -> bool:
        return any(mask_iou(mask, truth) > FOUND for mask in masks)

    return found(own) and any(found(holder) for holder in holders)


def _holders(drawn: Scene, index: int) -> list[Bool[np.ndarray, "h w"]]:
    """Masks of the regions above this one."""
    parent = drawn.regions[index].parent
    return [] if parent is None else [drawn.mask(parent), *_holders(drawn, parent)]
