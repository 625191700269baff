"""What lies on the way from one mask to another?"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Bool, Float

from sam_explore.mask_overlap import mask_iou
from sam_explore.prediction import Prediction
from sam_explore.readings import Curve, Heatmap, Panel, Profile
from sam_explore.tracing import Trace
from sam_explore.truth import sampled

from ..common.logits import logit_scale, logits_in_words, percent
from ..common.probe import Probe, knob, threshold_knob
from ..common.truth import ComparedWithTruth, in_words

BY_SIZE = -1  # of a knob for a mask: the smallest of the alternatives, or the largest
_STEPS = 21


def _mask_knob(name: str, by_size: str) -> Any:
    return knob(
        BY_SIZE,
        name,
        low=BY_SIZE,
        high=lambda run: run.config.mask_tokens - 1,
        names=((BY_SIZE, by_size),),
    )


@dataclass(frozen=True)
class MaskBlend(ComparedWithTruth, Probe):
    """The mask of a vector between those of two masks, such as of a part and of the whole.

    All masks are products of the same image features with a vector each. So the mask of a vector
    that is blended from two has the same blend of their logits, at every place: nothing else but
    the vectors tells masks apart. What is cut from the blend is another matter. It need not be a
    region that anybody would name.

    Given a truth, the overlap with it is shown for each level under the prompt.

    Reads: the prediction, whose logits are products with
        mask_decoder.mask_generator.hook_mask_vectors.
    Returns: a Panel of a Heatmap (row, column) of the blend's raw logits, as far as the picture
        reaches; and a Profile over the share of the second mask's vector: the IoU of the blend with
        each of the two masks, and its true IoU for each level.
    Unit: logits; IoU from 0 to 1 at the pixels of `Prediction.sampled`, two empty masks 1.
    Source: our own.
    """

    title = "What lies on the way from one mask to another?"

    share: float = knob(0.5, "share of the second mask's vector", low=0.0, high=1.0, matters=True)
    start: int = _mask_knob("first mask", "the smallest of the alternatives")
    end: int = _mask_knob("second mask", "the largest of the alternatives")
    threshold: float = threshold_knob()

    def read(self, trace: Trace) -> Panel:
        prediction = trace.prediction
        ends = self.ends(prediction)
        truths = {
            f"true, {target.name}": sampled(target.mask, prediction)
            for target in self.targets_by_level(trace)
            if target.mask is not None
        }
        shares = np.linspace(0, 1, _STEPS)
        curves = self._overlaps(prediction, ends, shares, truths)
        logits = blended(prediction.visible, ends, self.share)
        name = f"masks {ends[0]} and {ends[1]}, blended"
        words = (
            f"{logits_in_words(name, logits, self.threshold)} The second has "
            f"{percent(self.share)} of the vector.{self._in_words(prediction, ends, curves)}"
            f"{self.why_no_truth(trace)}"
        )
        blend = Heatmap(
            logits,
            title=f"Mask {ends[0]} to {ends[1]}: {percent(self.share)} of the way",
            words=words,
            scale=logit_scale(self.threshold),
            frame="logits",
        )
        chart = Profile(
            shares,
            curves,
            title="Overlap on the way",
            words=words,
            x_name=f"share of mask {ends[1]}'s vector",
            y_name="IoU",
            x_marks=((self.share, "shown"),),
            y_reach=(0.0, 1.0),
        )
        return Panel((blend, chart), f"From mask {ends[0]} to mask {ends[1]}", words, across=2)

    def ends(self, prediction: Prediction) -> tuple[int, int]:
        """The numbers of the two masks."""
        areas = (prediction.visible > self.threshold).sum(axis=(1, 2))
        first = min(1, len(areas) - 1)  # the alternatives are all but token 0
        smallest, largest = first + int(areas[first:].argmin()), first + int(areas[first:].argmax())
        start = smallest if self.start == BY_SIZE else self.start
        return start, largest if self.end == BY_SIZE else self.end

    def _overlaps(
        self,
        prediction: Prediction,
        ends: tuple[int, int],
        shares: Float[np.ndarray, "share"],
        truths: dict[str, Bool[np.ndarray, "row column"]],
    ) -> tuple[Curve, ...]:
        """The IoU of each blend with what it may be compared with."""
        others = {f"with mask {end}": prediction.sampled[end] > self.threshold for end in ends}
        others |= truths
        masks = [blended(prediction.sampled, ends, share) > self.threshold for share in shares]
        return tuple(
            Curve(np.array([mask_iou(mask, other) for mask in masks]), name)
            for name, other in others.items()
        )

    def _in_words(
        self, prediction: Prediction, ends: tuple[int, int], curves: tuple[Curve, ...]
    ) -> str:
        found = ""
        for curve in curves:
            if curve.name.startswith("true, "):
                best = int(curve.y.argmax())
                found += (
                    f" The true IoU with {curve.name.removeprefix('true, ')} goes from "
                    f"{in_words(curve.y[0])} to {in_words(curve.y[-1])}, and is greatest with "
                    f"{in_words(curve.y[best])} at {percent(best / (_STEPS - 1))} of the way."
                )
        guesses = " and ".join(in_words(prediction.iou[end]) for end in ends)
        return f"{found} Predicted for the ends: {guesses}." if found else ""


def blended(
    logits: Float[np.ndarray, "mask row column"], ends: tuple[int, int], share: float
) -> Float[np.ndarray, "row column"]:
    """The logits of the vector that has this share of the second mask's, and else the first's."""
    start, end = ends
    return (1 - share) * logits[start] + share * logits[end]
