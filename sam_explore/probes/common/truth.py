"""What is truly in the picture, for probes that show predicted IoU: the true one next to it."""

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from jaxtyping import Bool, Float

from sam_explore.number_text import text
from sam_explore.prediction import Prediction
from sam_explore.scenes.ground_truth import LEVELS
from sam_explore.tracing import Trace
from sam_explore.truth import (
    NOT_UNDER_A_POINT,
    Truth,
    as_truth,
    region_in_words,
    region_meant,
    true_ious,
)

OF_ANOTHER_PICTURE = "The truth of this picture is not known."


def in_words(iou: float | np.floating) -> str:
    """An IoU, or a score like it, with two decimals."""
    return text(iou, decimals=2)


@dataclass(frozen=True)
class Target:
    """What the masks of a run are compared with.

    Args:
        name: of the region that is meant, such as "turtle (whole)"; "" where none is.
        mask: its pixels; None where none is meant.
        why_none: a sentence on why none is meant, or "".
    """

    name: str = ""
    mask: Bool[np.ndarray, "h w"] | None = None
    why_none: str = ""

    def ious(self, prediction: Prediction, threshold: float) -> Float[np.ndarray, "mask"]:
        """The true IoU of each mask; NaN where no region is meant."""
        if self.mask is None:
            return np.full(len(prediction.iou), np.nan)
        return true_ious(prediction, self.mask, threshold)

    def iou_of(
        self,
        logits: Float[np.ndarray, "height width"],
        prediction: Prediction,
        threshold: float,
    ) -> float:
        """The true IoU of other logits of the same run, padding included; NaN where none is meant.

        Args:
            logits: at the resolution of `prediction.logits`.
            prediction: of that run.
            threshold: in logits.
        """
        alone = replace(prediction, logits=logits[None], iou=prediction.iou[:1])
        return float(self.ious(alone, threshold)[0])


@dataclass(frozen=True)
class ComparedWithTruth:
    """The field that is the truth, for probes that show predicted IoU. It is no knob.

    Args:
        truth: what is truly in the picture: a `Truth`, a scene, or a mask (row, column); None for
            none, and then nothing is said of it. A live view fills it with what the session shows.
    """

    truth: Any = field(default=None, kw_only=True, metadata={"filled_from": "shown_truth"})

    def __post_init__(self) -> None:
        object.__setattr__(self, "truth", as_truth(self.truth))

    def target(self, trace: Trace) -> Target | None:
        """What masks are compared with in a run; None without a truth.

        In a run of another picture, such as the second one of a comparison, it is that picture's.

        Raises:
            ValueError: a truth of another size than the picture's.
        """
        truth: Truth | None = self.truth
        if truth is None:
            return None
        _check_size(truth, trace)
        here = truth.of(trace.image)
        if here is None:
            return Target(why_none=OF_ANOTHER_PICTURE)
        scene = here.scene
        index = region_meant(scene, trace.prompts, truth.level)
        if index is None:
            return Target(why_none=NOT_UNDER_A_POINT)
        return Target(region_in_words(scene, index), scene.mask(index))

    def why_no_truth(self, trace: Trace) -> str:
        """Why nothing is compared though a truth is given, as a sentence after others; else ""."""
        target = self.target(trace)
        return "" if target is None or not target.why_none else f" {target.why_none}"

    def targets_by_level(self, trace: Trace) -> tuple[Target, ...]:
        """What lies under the prompt, from the whole down; only what is known of this picture."""
        truth: Truth | None = self.truth
        here = None if truth is None else truth.of(trace.image)
        if here is None:
            return ()
        scene = here.scene
        found = [region_meant(scene, trace.prompts, level) for level in range(len(LEVELS))]
        return tuple(
            Target(region_in_words(scene, index), scene.mask(index))
            for index in dict.fromkeys(found)
            if index is not None
        )

    def ious_in_words(self, trace: Trace, mask: int, threshold: float) -> str:
        """One mask's predicted and true IoU as a sentence after others; "" without a truth.

        Such as " The predicted IoU of mask 1 is 0.80, its true IoU with turtle (whole) 0.50.".
        """
        target = self.target(trace)
        if target is None:
            return ""
        if target.mask is None:
            return f" {target.why_none}"
        predicted = trace.prediction.iou[mask]
        true = target.ious(trace.prediction, threshold)[mask]
        return (
            f" The predicted IoU of mask {mask} is {in_words(predicted)}, its true IoU with "
            f"{target.name} {in_words(true)}."
        )

    def change_of_ious_in_words(
        self, trace: Trace, answers: tuple[Prediction, Prediction], mask: int, threshold: float
    ) -> str:
        """The same of a mask before and after a change; "" without a truth.

        Such as " The predicted IoU of mask 1 goes from 0.80 to 0.90, its true IoU with turtle
        (whole) from 0.50 to 0.40.".
        """
        target = self.target(trace)
        if target is None:
            return ""
        if target.mask is None:
            return f" {target.why_none}"
        predicted = " to ".join(in_words(each.iou[mask]) for each in answers)
        true = " to ".join(in_words(target.ious(each, threshold)[mask]) for each in answers)
        return (
            f" The predicted IoU of mask {mask} goes from {predicted}, its true IoU with "
            f"{target.name} from {true}."
        )


def _check_size(truth: Truth, trace: Trace) -> None:
    """Refuse a truth that was given for any picture of its size, and is asked of another size."""
    (rows, columns), (height, width) = truth.scene.labels.shape[1:], trace.image.shape[:2]
    if truth.picture is None and (rows, columns) != (height, width):
        raise ValueError(
            f"truth must have the size of the run's picture, {width} wide and {height} high, but "
            f"is {columns} wide and {rows} high."
        )
