"""What are the model's logits, before the threshold?"""

from dataclasses import dataclass

from sam_explore.number_text import text
from sam_explore.readings import Gallery, Heatmap
from sam_explore.tracing import Trace

from ..common.logits import checkerboard_in_words, logit_scale, logits_in_words, span_knob
from ..common.numbers import counted
from ..common.probe import Probe, threshold_knob


@dataclass(frozen=True)
class RawLogits(Probe):
    """The raw logits of all four masks on one scale, diverging around the threshold.

    A mask is where its logits exceed the threshold; by how much shows how sure the model is. Token
    0 is meant for several prompts, tokens 1 to 3 for an ambiguous one.

    Reads: the trace's prediction.
    Returns: a Gallery of four Heatmaps (row, column) with one cell for each raw logit, four a
        token, over the picture.
    Unit: logits. Predicted IoU and stability, in the titles, from 0 to 1 (the IoU is a guess and
        can leave that range).
    Source: the paper's section 3 (arXiv 2304.02643); the stability score is the reference's.
    """

    title = "What are the four masks cut from?"

    threshold: float = threshold_knob()
    span: float = span_knob()

    def read(self, trace: Trace) -> Gallery:
        prediction = trace.prediction
        stability = prediction.stability(self.threshold)
        chosen = prediction.visible[prediction.chosen]
        maps = tuple(
            Heatmap(
                logits,
                title=f"Token {mask}: predicted IoU {iou:.2f},\nstability {stable:.2f}",
                words=logits_in_words(f"mask {mask}", logits, self.threshold),
                scale=logit_scale(self.threshold, self.span),
                frame="logits",
            )
            for mask, (logits, iou, stable) in enumerate(
                zip(prediction.visible, prediction.iou, stability, strict=True)
            )
        )
        return Gallery(
            maps,
            title=f"Raw logits of {counted(len(maps), 'mask')}, threshold {text(self.threshold)}",
            words=" ".join(
                (
                    *(each.words for each in maps),
                    f"The model's choice is mask {prediction.chosen}.",
                    checkerboard_in_words(f"mask {prediction.chosen}", chosen),
                )
            ).strip(),
            shared=logit_scale(self.threshold, self.span),
        )
