"""How stable is each mask when the threshold moves?"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from sam_explore.number_text import text
from sam_explore.prediction import Prediction, stability_of
from sam_explore.readings import Curve, Heatmap, Matrix, Panel, Profile, Scale
from sam_explore.tracing import Trace

from ..common.logits import percent
from ..common.probe import Probe, knob, mask_knob, mask_shown, threshold_knob
from ..common.truth import ComparedWithTruth, in_words

_STEPS = 33
_FARTHEST = 8.0
_BAND = Scale(low=0.0, high=2.0, names=((0.0, "outside"), (1.0, "band"), (2.0, "inside")))


@dataclass(frozen=True)
class StabilityCurve(ComparedWithTruth, Probe):
    """The stability score as a curve over its offset, and the band of pixels that it is about.

    The score is the IoU of a mask cut one offset above the threshold with the same mask cut one
    offset below it. What lies between the two is the band: pixels whose logits are near the
    threshold. The score compares the band's area with the mask's, so that a small object with the
    same border as a large one scores lower; and it knows nothing of the truth.

    An empty mask has no band and no inside. Its stability is 0 here, where the reference divides 0
    by 0; its predicted IoU is a number as for any other mask.

    Reads: the trace's prediction.
    Returns: a Panel of a Heatmap (row, column), over the picture, of what lies outside, in the band
        and inside; a Profile of each mask's stability over the offset; and a Matrix (mask, score)
        of predicted IoU, stability at the offset and, given a truth, true IoU.
    Unit: logits; the scores from 0 to 1 at the pixels of `Prediction.sampled`.
    Source: https://github.com/facebookresearch/segment-anything/blob/dca509f/segment_anything/utils/amg.py#L156
    """

    title = "How stable is each mask when the threshold moves?"

    offset: float = knob(1.0, "offset in logits", low=0.0, high=_FARTHEST, matters=True)
    mask: int = mask_knob()
    threshold: float = threshold_knob()

    def read(self, trace: Trace) -> Panel:
        prediction = trace.prediction
        mask = mask_shown(self.mask, prediction)
        stability = stability_of(prediction.sampled, self.threshold, self.offset)
        words = self._words(trace, mask, stability)
        band = Heatmap(
            self._band(prediction.sampled[mask]),
            f"The band of mask {mask}",
            words,
            _BAND,
            "picture",
        )
        chart = self._chart(prediction, mask, words)
        table = self._table(trace, stability, words)
        return Panel((band, chart, table), f"Stability of mask {mask}", words, across=3)

    def _band(self, logits: Float[np.ndarray, "row column"]) -> Float[np.ndarray, "row column"]:
        """0 outside, 1 in the band, 2 inside, as the masks are cut."""
        strict, loose = (logits > self.threshold + step for step in (self.offset, -self.offset))
        return strict.astype(float) + loose

    def _chart(self, prediction: Prediction, mask: int, words: str) -> Profile:
        offsets = np.linspace(0, _FARTHEST, _STEPS)
        found = [stability_of(prediction.sampled, self.threshold, each) for each in offsets]
        return Profile(
            offsets,
            tuple(Curve(each, f"mask {at}") for at, each in enumerate(np.array(found).T)),
            title="Stability by offset",
            words=words,
            x_name="offset in logits",
            y_name="stability",
            x_marks=((self.offset, "shown"),),
            y_reach=(0.0, 1.0),
        )

    def _table(self, trace: Trace, stability: Float[np.ndarray, "mask"], words: str) -> Matrix:
        columns = {"predicted IoU": trace.prediction.iou, "stability": stability}
        target = self.target(trace)
        if target is not None and target.mask is not None:
            columns["true IoU"] = target.ious(trace.prediction, self.threshold)
        names = tuple(f"mask {each}" for each in range(len(stability)))
        values, scale = np.stack(list(columns.values()), axis=1), Scale("score", low=0.0, high=1.0)
        return Matrix(values, names, tuple(columns), "Scores", words, "", "", scale)

    def _words(self, trace: Trace, mask: int, stability: Float[np.ndarray, "mask"]) -> str:
        band = self._band(trace.prediction.sampled[mask])
        empty = (trace.prediction.sampled <= self.threshold).all(axis=(1, 2))
        words = (
            f"Mask {mask}'s stability at an offset of {text(self.offset)} is "
            f"{in_words(stability[mask])}: {percent((band == 2).mean())} of the picture lie inside "
            f"for both cuts, {percent((band == 1).mean())} in the band."
        )
        if empty.any():
            which = ", ".join(map(str, np.flatnonzero(empty)))
            words += (
                f" Empty at the threshold: mask {which}; one that is empty at both cuts has a "
                "stability of 0."
            )
        return words + self.ious_in_words(trace, mask, self.threshold)
