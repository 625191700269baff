"""A lens: the mask that is read from the network before its end, stage by stage."""

from collections.abc import Iterable

import numpy as np
from jaxtyping import Float

from sam_explore.readings import Curve, Gallery, Heatmap, Panel, Profile
from sam_explore.tracing import Trace

from .logits import logit_scale, logits_in_words
from .truth import ComparedWithTruth, in_words


def lens_panel(
    logits: dict[str, Float[np.ndarray, "row column"]],
    mask: int,
    threshold: float,
    curves: Iterable[Curve],
    words: str,
) -> Panel:
    """Logits by stage over the picture, and below them curves over the stages.

    Args:
        logits: as far as the picture reaches, by the name of the stage, such as "after layer 0".
        mask: its number.
        threshold: in logits.
        curves: IoU, a value for each stage.
        words: of the panel.
    """
    scale = logit_scale(threshold)
    maps = tuple(
        Heatmap(
            values,
            title=f"Read {stage}",
            words=logits_in_words(f"mask {mask} {stage}", values, threshold),
            scale=scale,
            frame="logits",
        )
        for stage, values in logits.items()
    )
    chart = Profile(
        np.arange(float(len(logits))),
        tuple(curves),
        title="Overlap with the mask at the end",
        words=words,
        x_name="",
        y_name="IoU",
        x_labels=tuple(stage.replace("the ", "") for stage in logits),
        y_reach=(0.0, 1.0),
    )
    gallery = Gallery(maps, f"Logits of mask {mask}", words, scale)
    return Panel((gallery, chart), f"Mask {mask}, read early", words, across=1)


def true_curve(
    probe: ComparedWithTruth,
    trace: Trace,
    logits: Iterable[Float[np.ndarray, "height width"]],
    threshold: float,
) -> tuple[tuple[Curve, ...], str]:
    """The true IoU by stage as a curve, and as a sentence after others; nothing without a truth.

    Args:
        probe: has the truth.
        trace: the run.
        logits: of each stage, padding included.
        threshold: in logits.
    """
    target = probe.target(trace)
    if target is None or target.mask is None:
        return (), probe.why_no_truth(trace)
    ious = [target.iou_of(each, trace.prediction, threshold) for each in logits]
    said = f" The true IoU with {target.name}, stage by stage: {', '.join(map(in_words, ious))}."
    return (Curve(np.array(ious), f"true, {target.name}"),), said


def most_above(stages: Iterable[str], overlaps: Float[np.ndarray, "stage curve"]) -> str:
    """Before the end, where the first curve is most above all the others, as a sentence."""
    early = overlaps[:-1, 0] - overlaps[:-1, 1:].max(axis=1)
    best = int(early.argmax())
    if early[best] > 0:
        where = list(stages)[best]
        return f"Before the end the lens is most above both {where}, by {in_words(early[best])}."
    return "Before the end the lens is nowhere above both."
