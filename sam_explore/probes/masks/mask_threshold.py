"""What does the threshold keep of a mask's logits?"""

from dataclasses import dataclass

import numpy as np

from sam_explore.number_text import text
from sam_explore.readings import Heatmap, Panel, Scale
from sam_explore.tracing import Trace

from ..common.logits import logit_scale, logits_in_words, span_knob
from ..common.probe import Probe, mask_knob, mask_shown, threshold_knob
from ..common.truth import ComparedWithTruth


@dataclass(frozen=True)
class MaskThreshold(ComparedWithTruth, Probe):
    """The logits of one mask at the picture's size, next to the mask at the threshold.

    Given a truth, the words hold the mask's true IoU against the predicted one.

    Reads: the trace's prediction.
    Returns: a Panel of two Heatmaps (row, column) of the picture's height and width: the logits,
        upscaled by the reference's two bilinear steps, and 1 where they exceed the threshold, else
        0.
    Unit: logits. The stability score and IoU, in the words, from 0 to 1.
    Source: https://github.com/facebookresearch/segment-anything/blob/dca509f/segment_anything/modeling/sam.py#L134
    """

    title = "Where does the threshold cut the logits?"

    mask: int = mask_knob()
    threshold: float = threshold_knob()
    span: float = span_knob()

    def read(self, trace: Trace) -> Panel:
        prediction = trace.prediction
        mask = mask_shown(self.mask, prediction)
        logits = prediction.upscaled[mask]
        stability = prediction.stability(self.threshold)[mask]
        words = logits_in_words(f"mask {mask} at the picture's size", logits, self.threshold)
        raw = Heatmap(
            logits,
            title=f"Mask {mask}: raw",
            words=words,
            scale=logit_scale(self.threshold, self.span),
            frame="picture",
        )
        binary = Heatmap(
            np.where(logits > self.threshold, 1.0, 0.0),
            title=f"Mask {mask}: above {text(self.threshold)}",
            words="1 is inside the mask and 0 outside.",
            scale=Scale(low=0.0, high=1.0, names=((0.0, "outside"), (1.0, "inside"))),
            frame="picture",
        )
        return Panel(
            (raw, binary),
            title=f"Mask {mask}, raw and binary, stability {stability:.2f}",
            words=f"{words} Its stability score is {stability:.2f}: the IoU of the masks cut "
            "one logit above and one below the threshold."
            f"{self.ious_in_words(trace, mask, self.threshold)}",
        )
