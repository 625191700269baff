"""Which candidates remain, and why the others don't: filters, which need no model."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Bool, Float, Int

from sam_explore.model import TOY, SamConfig
from sam_explore.read_only import ReadOnlyArrays

from .candidates import Candidates
from .suppression import NOBODY, suppress

_NEAR = 20  # pixels; a box that ends so near a crop's edge was cut by it

# What may happen to a candidate, in the order in which the filters run.
KEPT = "kept"
PREDICTED_IOU = "predicted IoU"
STABILITY = "stability"
CROP_EDGE = "edge of the crop"
OVERLAP = "overlap"
CROP_OVERLAP = "overlap of crops"
FATES = (KEPT, PREDICTED_IOU, STABILITY, CROP_EDGE, OVERLAP, CROP_OVERLAP)


@dataclass(frozen=True)
class Filters:
    """The thresholds of automatic mask generation, with the reference's names and defaults.

    Args:
        pred_iou_thresh: masks must have a higher predicted IoU; 0 keeps all.
        stability_score_thresh: masks must be at least so stable; 0 keeps all.
        box_nms_thresh: of masks whose boxes have a higher IoU than this, the one with the best
            predicted IoU remains.
        crop_nms_thresh: the same between crops, where the smaller crop wins.

    Raises:
        ValueError: a threshold outside 0 to 1, but for predicted IoU, which can exceed 1.
    """

    pred_iou_thresh: float = 0.88
    stability_score_thresh: float = 0.95
    box_nms_thresh: float = 0.7
    crop_nms_thresh: float = 0.7

    def __post_init__(self) -> None:
        for name in ("stability_score_thresh", "box_nms_thresh", "crop_nms_thresh"):
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"{name} must be from 0 to 1, but is {getattr(self, name)!r}.")
        if not self.pred_iou_thresh >= 0:
            raise ValueError(f"pred_iou_thresh must be 0 or more, but is {self.pred_iou_thresh!r}.")


def default_filters(config: SamConfig) -> Filters:
    """The thresholds for a model: the published ones, or the small model's own.

    Those were chosen on training scenes by docs/make_thresholds.py; docs/automatic_masks.md has
    the figures.
    """
    if config.name != TOY.name:
        return Filters()
    return Filters(**json.loads(_OF_THE_TOY.read_text(encoding="utf-8")))


_OF_THE_TOY = Path(__file__).with_name("toy_thresholds.json")


@dataclass(frozen=True, eq=False)
class Verdicts(ReadOnlyArrays):
    """What the filters decided about each candidate.

    Args:
        candidates, filters: what they were asked about, and with which thresholds.
        kept: the candidates that remain, as indices, in the reference's order: by falling predicted
            IoU; with crops, first those of the smallest.
        fate: for each candidate the index in FATES of the first filter that dropped it, or of KEPT.
        winner: the candidate that won where boxes overlap, else -1.
        overlap: the IoU of the two boxes, else NaN.
    """

    candidates: Candidates
    filters: Filters
    kept: Int[np.ndarray, "kept"]
    fate: Int[np.ndarray, "n"]
    winner: Int[np.ndarray, "n"]
    overlap: Float[np.ndarray, "n"]

    @property
    def counts(self) -> dict[str, int]:
        """How many candidates met each fate."""
        return {name: int((self.fate == index).sum()) for index, name in enumerate(FATES)}

    def reason(self, index: int) -> str:
        """Why a candidate was dropped, or that it was kept, in words with the numbers."""
        fate, filters, of = FATES[self.fate[index]], self.filters, self.candidates
        if fate == PREDICTED_IOU:
            return (
                f"dropped: predicted IoU {of.predicted_iou[index]:.3f} is not above "
                f"{filters.pred_iou_thresh:g}"
            )
        if fate == STABILITY:
            return (
                f"dropped: stability {of.stability[index]:.3f} is below "
                f"{filters.stability_score_thresh:g}"
            )
        if fate == CROP_EDGE:
            return f"dropped: its box ends within {_NEAR} pixels of its crop's edge"
        if fate in (OVERLAP, CROP_OVERLAP):
            winner, limit = self.winner[index], filters.box_nms_thresh
            better = f"predicted IoU {of.predicted_iou[winner]:.3f}"
            if fate == CROP_OVERLAP:
                limit, better = filters.crop_nms_thresh, "a smaller crop, or an earlier place in it"
            return (
                f"dropped: its box has IoU {self.overlap[index]:.2f}, above {limit:g}, with that "
                f"of candidate {winner}, which has {better}"
            )
        return "kept"


def judge(candidates: Candidates, filters: Filters) -> Verdicts:
    """Run the filters one after another, as the reference does.

    Source: https://github.com/facebookresearch/segment-anything/blob/dca509f/segment_anything/automatic_mask_generator.py#L197
    """
    fate = np.full(len(candidates), FATES.index(KEPT))
    winner, overlap = np.full(len(candidates), NOBODY), np.full(len(candidates), np.nan)
    for name, passes in _single(candidates, filters).items():
        fate[(fate == FATES.index(KEPT)) & ~passes] = FATES.index(name)

    def run(name: str, among: np.ndarray, scores: np.ndarray, threshold: float) -> np.ndarray:
        kept, winners, overlaps = suppress(candidates.boxes[among], scores, threshold)
        beaten = winners != NOBODY
        losers = among[beaten]
        fate[losers], winner[losers] = FATES.index(name), among[winners[beaten]]
        overlap[losers] = overlaps[beaten]
        return among[kept]

    remaining = [np.zeros(0, int)]
    for number in range(len(candidates.crops)):
        among = np.flatnonzero((candidates.crop == number) & (fate == FATES.index(KEPT)))
        remaining.append(
            run(OVERLAP, among, candidates.predicted_iou[among], filters.box_nms_thresh)
        )
    kept = np.concatenate(remaining)
    if len(candidates.crops) > 1:
        sizes = np.array([_area(crop.box) for crop in candidates.crops])
        kept = run(CROP_OVERLAP, kept, 1 / sizes[candidates.crop[kept]], filters.crop_nms_thresh)
    for array in (kept, fate, winner, overlap):
        array.setflags(write=False)
    return Verdicts(candidates, filters, kept, fate, winner, overlap)


def _single(candidates: Candidates, filters: Filters) -> dict[str, Bool[np.ndarray, "n"]]:
    """Which candidates pass each filter that looks at one candidate alone."""
    iou, stability = candidates.predicted_iou, candidates.stability
    everything = np.ones(len(candidates), bool)
    return {
        PREDICTED_IOU: iou > filters.pred_iou_thresh if filters.pred_iou_thresh else everything,
        STABILITY: stability >= filters.stability_score_thresh
        if filters.stability_score_thresh
        else everything,
        CROP_EDGE: ~_cut_by_crop(candidates),
    }


def _cut_by_crop(candidates: Candidates) -> Bool[np.ndarray, "n"]:
    """Whether a box ends near an edge of its crop that is no edge of the picture."""
    height, width = candidates.image_size
    crops = np.array([crop.box for crop in candidates.crops])[candidates.crop]
    of_crop, of_picture = (
        np.abs(candidates.boxes - edges) <= _NEAR for edges in (crops, [0, 0, width, height])
    )
    return np.any(of_crop & ~of_picture, axis=1)


def _area(box: Sequence[int]) -> int:
    x0, y0, x1, y1 = box
    return (x1 - x0) * (y1 - y0)
