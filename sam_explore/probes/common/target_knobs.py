"""Shared by the probes of attributions: the knobs of the number that is attributed, and words."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from sam_explore.model import SamConfig
from sam_explore.number_text import text
from sam_explore.tracing import Trace
from sam_explore.tracing.attribution import METHODS, MeanLogit, PredictedIoU, Scalar

from .probe import knob, mask_knob, mask_shown, threshold_knob
from .truth import ComparedWithTruth

NUMBERS = ("mean logit", "predicted IoU")


def _is_about_a_cut(probe: "ChosenNumber") -> bool:
    """Whether anything depends on where a mask is cut: a predicted IoU doesn't, a true one does."""
    return probe.number != "predicted IoU" or probe.truth is not None or probe.cuts_masks


@dataclass(frozen=True)
class ChosenNumber(ComparedWithTruth):
    """The knobs that choose a number of the prediction.

    Args:
        number: the mean of a mask's raw logits where they are above the threshold, or its predicted
            IoU. If none is above it, the mean is over the whole picture. The region is that of the
            unchanged run.
        mask: the mask, −1 for the model's choice.
        threshold: the logit above which a pixel is inside.
    """

    number: str = knob("mean logit", "number", choices=NUMBERS, matters=True)
    mask: int = mask_knob()
    threshold: float = threshold_knob(when=_is_about_a_cut)

    cuts_masks: ClassVar[bool] = False  # whatever the number is

    def scalar(self, trace: Trace, elsewhere: str = "") -> tuple[Scalar, str]:
        """The number and its name, such as "mask 2's predicted IoU".

        Args:
            trace: the run with the mask and the region.
            elsewhere: where the region is from, if the number is of another run, such as "with
                trained weights": there it need not be above the threshold.
        """
        prediction = trace.prediction
        mask = mask_shown(self.mask, prediction)
        if self.number == "predicted IoU":
            return PredictedIoU(mask), f"mask {mask}'s predicted IoU"
        inside = prediction.visible[mask] > self.threshold
        where = f"where it lies above {text(self.threshold)}"
        if elsewhere:
            where = f"where it is above {text(self.threshold)} {elsewhere}"
        if not inside.any():
            inside, where = ~inside, "over the whole picture"
        region = np.zeros(prediction.logits.shape[1:], dtype=bool)
        region[: inside.shape[0], : inside.shape[1]] = inside
        return MeanLogit(mask, region, "logits"), f"mask {mask}'s mean logit {where}"

    def judged(self, trace: Trace, run: Trace | None = None) -> str:
        """Where the number is a predicted IoU and a truth is given, the true one in a sentence.

        Args:
            trace: the run whose mask is meant.
            run: another run that the number is taken of, if it is.

        Returns:
            The sentence with a space before it, or "".
        """
        if self.number != "predicted IoU":
            return ""
        mask = mask_shown(self.mask, trace.prediction)
        return self.ious_in_words(trace if run is None else run, mask, self.threshold)


@dataclass(frozen=True)
class ChosenMethod:
    """The knobs that choose the method of an attribution and the size of its patches.

    Args:
        method: one of `METHODS`.
        patch: image tokens along the side of a patch; 0 for eight patches along the longer side.
    """

    method: str = knob("gradient times embedding", "method", choices=tuple(METHODS), matters=True)
    patch: int = knob(
        0,
        "tokens a side of a patch",
        low=0,
        high=lambda run: run.config.grid,
        names=((0, "an eighth of the grid"),),
    )

    def patch_side(self, config: SamConfig) -> int:
        """Tokens along the side of a patch."""
        return self.patch or max(1, config.grid // 8)


def agreement(correlation: float) -> str:
    """A rank correlation in words, such as "0.8" or "not defined, since one is flat"."""
    return "not defined, since one is flat" if np.isnan(correlation) else text(correlation, 2)


def patches_in_words(patch: int) -> str:
    """Such as "patches of 2 × 2 tokens" or "single tokens"."""
    return "single tokens" if patch == 1 else f"patches of {patch} × {patch} tokens"


def capitalised(words: str) -> str:
    """The text with a capital first letter."""
    return words[0].upper() + words[1:]
