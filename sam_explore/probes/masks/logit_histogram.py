"""How are a mask's logits distributed, and where does the threshold cut them?"""

from dataclasses import dataclass

import numpy as np

from sam_explore.readings import Curve, Profile
from sam_explore.tracing import Trace

from ..common.logits import logits_in_words, percent, span_knob
from ..common.probe import Probe, knob, mask_knob, mask_shown, threshold_knob
from ..common.truth import ComparedWithTruth


@dataclass(frozen=True)
class LogitHistogram(ComparedWithTruth, Probe):
    """A histogram of one mask's raw logits, with its range and the threshold marked.

    If both peaks are far from the threshold, the mask hardly depends on it. If the threshold is
    within a peak, the model is uncertain about many pixels. Given a truth, the words hold the
    mask's true IoU next to the predicted one.

    Reads: the trace's prediction.
    Returns: a Profile over logits: the share of the raw logits over the picture in each bin. With a
        `span`, bins reach that far on both sides of the threshold, and logits beyond are mentioned
        in the words only.
    Unit: logits; shares from 0 to 1.
    Source: a plain histogram of what the paper thresholds at 0 (arXiv 2304.02643, section 3).
    """

    title = "How are the logits of a mask distributed?"

    mask: int = mask_knob()
    threshold: float = threshold_knob()
    bins: int = knob(64, "bins", low=2, high=256)
    span: float = span_knob()

    def read(self, trace: Trace) -> Profile:
        mask = mask_shown(self.mask, trace.prediction)
        logits = trace.prediction.visible[mask]
        least, greatest = float(logits.min()), float(logits.max())
        low, high = least, greatest
        if self.span:
            low, high = self.threshold - self.span, self.threshold + self.span
        counts, edges = np.histogram(logits, self.bins, (low, high))
        beyond = 1 - counts.sum() / logits.size
        words = logits_in_words(f"mask {mask}", logits, self.threshold)
        if beyond:
            words += f" {percent(beyond)} of the logits lie beyond what is drawn."
        words += self.ious_in_words(trace, mask, self.threshold)
        ends = ((least, "least"), (greatest, "greatest"))
        marks = [(at, name) for at, name in ends if low <= at <= high]
        return Profile(
            x=(edges[:-1] + edges[1:]) / 2,
            curves=(Curve(counts / logits.size, "raw logits", style="steps"),),
            title=f"Raw logits of mask {mask}",
            words=words,
            x_name="logit",
            y_name="share of the logits",
            x_marks=(*marks, (self.threshold, "threshold")),
        )
