"""What are the model's logits, before the threshold?"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from sam_explore.number_text import text
from sam_explore.origins import Operation
from sam_explore.prediction import Prediction
from sam_explore.readings import Cell, Gallery, Heatmap
from sam_explore.tracing import Trace

from ..common.logits import (
    checkerboard_in_words,
    logit_scale,
    logits_in_words,
    percent,
    span_knob,
)
from ..common.numbers import counted
from ..common.origins import of_logit
from ..common.probe import Probe, threshold_knob
from ..common.truth import ComparedWithTruth, Target, in_words


@dataclass(frozen=True)
class RawLogits(ComparedWithTruth, Probe):
    """The raw logits of all four masks on one scale, diverging around the threshold.

    A mask is where its logits exceed the threshold; by how much shows how sure the model is. Token
    0 is meant for several prompts, tokens 1 to 3 for an ambiguous one. Given a truth, the true IoU
    of each mask stands next to the predicted one.

    Reads: the trace's prediction.
    Returns: a Gallery of four Heatmaps (row, column) with one cell for each raw logit, four a
        token, over the picture.
    Unit: logits. Predicted IoU and stability, in the titles, from 0 to 1 (the IoU is a guess and
        can leave that range); true IoU from 0 to 1.
    Source: the paper's section 3 (arXiv 2304.02643); the stability score is the reference's.
    """

    title = "What are the four masks cut from?"

    threshold: float = threshold_knob()
    span: float = span_knob()

    def read(self, trace: Trace) -> Gallery:
        prediction, target = trace.prediction, self.target(trace)
        chosen = prediction.visible[prediction.chosen]
        ious = None if target is None else target.ious(prediction, self.threshold)
        maps = tuple(
            Heatmap(
                logits,
                title=title,
                words=logits_in_words(f"mask {mask}", logits, self.threshold),
                scale=logit_scale(self.threshold, self.span),
                frame="logits",
            )
            for mask, (logits, title) in enumerate(
                zip(prediction.visible, _titles(prediction, self.threshold, ious), strict=True)
            )
        )
        return Gallery(
            maps,
            title=f"Raw logits of {counted(len(maps), 'mask')}, threshold {text(self.threshold)}",
            words=" ".join(
                (
                    f"The model's choice is mask {prediction.chosen}.",
                    maps[prediction.chosen].words,
                    _areas_in_words(prediction, self.threshold),
                    *_truth_in_words(prediction, target, ious),
                    checkerboard_in_words(f"mask {prediction.chosen}", chosen),
                )
            ).strip(),
            shared=logit_scale(self.threshold, self.span),
        )

    def origin(self, trace: Trace, cell: Cell) -> Operation:
        return of_logit(trace, cell.map, cell)


def _titles(
    prediction: Prediction, threshold: float, true: Float[np.ndarray, "mask"] | None
) -> list[str]:
    """Number, true IoU if it is known, predicted IoU and stability of each mask.

    The first line is enough where two runs are compared.
    """
    known = np.full(len(prediction.iou), np.nan) if true is None else true
    stability = prediction.stability(threshold)
    titles = []
    for mask, (iou, predicted, stable) in enumerate(
        zip(known, prediction.iou, stability, strict=True)
    ):
        said = f"predicted IoU {in_words(predicted)}"
        first, rest = (said, "") if np.isnan(iou) else (f"true IoU {in_words(iou)}", f"{said}, ")
        titles.append(f"Mask {mask}: {first},\n{rest}stability {in_words(stable)}")
    return titles


def _areas_in_words(prediction: Prediction, threshold: float) -> str:
    """Which mask covers least of the picture, and which most; "" for a single mask."""
    shares = (prediction.visible > threshold).mean(axis=(1, 2))
    if len(shares) == 1:
        return ""
    least, most = int(shares.argmin()), int(shares.argmax())
    return (
        f"The smallest mask is mask {least} ({percent(shares[least])} of the picture), the largest "
        f"mask {most} ({percent(shares[most])})."
    )


def _truth_in_words(
    prediction: Prediction, target: Target | None, true: Float[np.ndarray, "mask"] | None
) -> tuple[str, ...]:
    """Which mask is best by true and by predicted IoU; the titles have the others' numbers."""
    if target is None or true is None:
        return ()
    if target.mask is None:
        return (target.why_none,)
    if not true.any():
        return (f"None of them has a pixel of {target.name}.",)
    best, hoped = int(true.argmax()), int(prediction.iou.argmax())
    is_true = f"by true IoU with {target.name} ({in_words(true[best])})"
    is_hoped = f"by predicted IoU ({in_words(prediction.iou[hoped])})"
    if best == hoped:
        return (f"Mask {best} is the best {is_true} and {is_hoped}.",)
    return (f"Mask {best} is the best {is_true}, mask {hoped} {is_hoped}.",)
