"""How do the masks and the cost depend on the size of the input?"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float

from sam_explore.number_text import text
from sam_explore.readings import Curve, Panel, Profile
from sam_explore.tracing import Trace, announce

from ..common.input_sizes import (
    FITS,
    bytes_of_scores,
    encoder_products,
    likeness,
    with_input,
    without_hint,
)
from ..common.logits import mask_overlap
from ..common.probe import Probe, mask_knob, mask_shown, threshold_knob
from ..common.truth import ComparedWithTruth, Target

OF_THE_TRAINED = (0.5, 1.0, 1.25)
MEASURES = {
    "overlap": "IoU with the run's mask",
    "cosine": "cosine of image tokens with the run's",
    "predicted": "predicted IoU",
    "true": "true IoU",
    "products": "billions of multiply-adds",
    "memory": "MB of the largest block's scores",
}


@dataclass(frozen=True)
class SizeSweep(ComparedWithTruth, Probe):
    """The answer and its cost for inputs of several sizes, padded, stretched and in proportion.

    Sides are a half, one and five quarters of the trained one, in whole patches. Of
    a square picture all three ways give the same input. What is compared, and how, is that of
    `InputSize`; here it is one mask, and the mean over the image tokens.

    Reads: the image tokens and the prediction of the run, and of one for each input.
    Returns: a Panel of Profiles over the longer side, with a curve for each way: overlap of the
        mask with the run's, cosine of the image tokens, predicted IoU, with a truth also true IoU,
        multiply-adds of the image encoder, and the memory of the largest block's scores, if they
        are formed at once.
    Unit: pixels of the input's longer side; IoU from 0 to 1; cosines from −1 to 1; billions; MB.
        Time is measured apart, by `component_seconds`.
    Source: "Exploring plain vision transformer backbones" (arXiv 2203.16527) for interpolating
        encodings to other sizes; the comparison is our own.
    """

    title = "How do masks and cost depend on the size of the input?"
    is_sweep = True
    runs_encoder = True

    mask: int = mask_knob()
    threshold: float = threshold_knob()

    def read(self, trace: Trace) -> Panel:
        run, config = without_hint(trace), trace.sam.config
        mask, target = mask_shown(self.mask, run.prediction), self.target(trace)
        counts = tuple(dict.fromkeys(max(1, round(part * config.grid)) for part in OF_THE_TRAINED))
        rows = {fit: np.zeros((len(counts), len(MEASURES))) for fit in FITS}
        known: dict[Any, tuple[float, ...]] = {}
        for fit, found in rows.items():
            for place, tokens in enumerate(counts):
                other = with_input(run, tokens, fit)
                # Of a square picture all ways are one input; both names normalise alike.
                key = other.frame, other.preprocessing == "medsam"
                if key not in known:
                    announce(f"{tokens} tokens along the longer side, {fit}")
                    known[key] = _measured(run, other, mask, target, self.threshold)
                found[place] = known[key]
        sides = np.array([float(tokens * config.patch_size) for tokens in counts])
        measured = dict(
            zip(MEASURES, np.stack(list(rows.values()), axis=-1).swapaxes(0, 1), strict=True)
        )
        words = _words(sides, measured, mask, config.image_size) + self.why_no_truth(trace)
        if trace.prompts.mask_hint is not None:
            words += " The mask hint is left out of all."
        charts = tuple(
            Profile(
                sides,
                tuple(Curve(each, fit) for fit, each in zip(FITS, values.T, strict=True)),
                title=MEASURES[name][0].upper() + MEASURES[name][1:],
                words=words,
                x_name="longer side of the input in pixels",
                y_name=name,
                x_marks=((float(config.image_size), "trained"),),
            )
            for name, values in measured.items()
            if np.isfinite(values).any()
        )
        return Panel(charts, f"Sizes of the input, and mask {mask}", words, across=2)


def _measured(
    run: Trace, other: Trace, mask: int, target: Target | None, threshold: float
) -> tuple[float, ...]:
    """The numbers of `MEASURES` for one input."""
    before, after = run.prediction, other.prediction
    true = np.nan if target is None else float(target.ious(after, threshold)[mask])
    side = other.frame.side
    return (
        mask_overlap(mask, before, after, threshold),
        float(np.nanmean(likeness(run, other))),
        float(after.iou[mask]),
        true,
        encoder_products(run.sam.config, side) / 1e9,
        bytes_of_scores(run.sam.config, side) / 1e6,
    )


def _by_fit(parts: list[str]) -> str:
    """What holds for each way, or for all of them, as for a square picture."""
    if len(set(parts)) == 1:
        return f"{parts[0]} in all three ways"
    return "; ".join(f"{part} {fit}" for fit, part in zip(FITS, parts, strict=True))


def _words(
    sides: Float[np.ndarray, "side"],
    measured: dict[str, Float[np.ndarray, "side fit"]],
    mask: int,
    trained: int,
) -> str:
    least, most = (f"{text(float(each))} pixels" for each in (sides[0], sides[-1]))
    cost = measured["products"]
    at = int(np.abs(sides - trained).argmin())
    parts = [
        f"{text(float(overlap[0]))}, {text(float(overlap[at]))} and {text(float(overlap[-1]))}"
        for overlap in measured["overlap"].T
    ]
    words = (
        f"With {least}, the trained side and {most}, mask {mask} overlaps with the run's by "
        f"{_by_fit(parts)}."
    )
    if np.isfinite(measured["true"]).all():
        parts = [text(float(value), decimals=2) for value in measured["true"][at]]
        words += f" Its true IoU at the trained side is {_by_fit(parts)}."
    return (
        f"{words} In proportion, {least} need {text(float(cost[0, -1]))} billion multiply-adds and "
        f"{most} {text(float(cost[-1, -1]))}."
    )
