"""What does another size or shape of the input change?"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from sam_explore.number_text import text
from sam_explore.prediction import Prediction
from sam_explore.readings import Heatmap, Panel, Scale
from sam_explore.tracing import Trace

from ..common.input_sizes import (
    FITS,
    FLAT,
    IN_PROPORTION,
    NARROW,
    bytes_of_scores,
    encoder_products,
    likeness,
    with_input,
    without_hint,
)
from ..common.iou_table import iou_table, true_in_words, true_ious_of
from ..common.logits import logit_scale, mask_overlaps, percent
from ..common.probe import Probe, knob, mask_knob, mask_shown, threshold_knob
from ..common.truth import ComparedWithTruth, in_words

_HALF = 0


@dataclass(frozen=True)
class InputSize(ComparedWithTruth, Probe):
    """The run with an input of another size, padded, stretched or scaled in proportion.

    Padded, the longer side of the picture fills the input, and the rest is 0: as in training.
    Stretched, both sides fill a square, or one that is cut to half its height or width. In
    proportion, the input has the shape of the picture, to the nearest patch. Position encodings are
    interpolated to the grid, and so are the global blocks' tables of relative positions. Weights,
    windows and prompts stay; a mask hint has the size of the run's logits and is left out of both.

    Embeddings are compared at the same places of the picture: each image token of the run with the
    other's there, interpolated linearly, both less their mean.

    Reads: the image tokens and the prediction of the run, and those with the other input.
    Returns: a Panel of three Heatmaps: the raw logits of a mask before and after (row, column), at
        512 pixels along a side at most, and the likeness of the image tokens (row, column); and a
        Matrix (mask, IoU).
    Unit: logits; cosines from −1 to 1; IoU from 0 to 1. Time is measured apart, by
        `component_seconds`; the words give multiply-adds, and the memory of the largest tensor.
    Source: muggled_sam stretches, SAM pads (arXiv 2304.02643, appendix A); comparing is our own.
    """

    title = "What does another size or shape of the input change?"
    runs_encoder = True

    tokens: int = knob(
        _HALF,
        "tokens along the longer side",
        low=_HALF,
        high=lambda run: 2 * run.config.grid,
        names=((_HALF, "half as many as trained"),),
        matters=True,
    )
    fit: str = knob(IN_PROPORTION, "the picture is", choices=(*FITS, FLAT, NARROW), matters=True)
    mask: int = mask_knob()
    threshold: float = threshold_knob()

    def read(self, trace: Trace) -> Panel:
        run = without_hint(trace)
        tokens = self.tokens or max(1, trace.sam.config.grid // 2)
        other = with_input(run, tokens, self.fit)
        runs = run.prediction, other.prediction
        mask = mask_shown(self.mask, runs[0])
        alike = likeness(run, other)
        overlaps = mask_overlaps(*runs, self.threshold)
        target = self.target(trace)
        true = true_ious_of(target, runs, self.threshold)
        words = self._words(run, other, mask, alike, overlaps)
        words += true_in_words(mask, target, true)
        if trace.prompts.mask_hint is not None:
            words += " The mask hint is left out of both."
        map_of_cosines = Heatmap(
            alike,
            "Likeness of the image tokens",
            words,
            Scale("cosine", low=min(0.0, float(np.nanmin(alike))), high=1.0),
            "tokens",
        )
        table = iou_table(runs, overlaps, true, "in the run")
        title = f"{self.fit[0].upper()}{self.fit[1:]}, {_size_in_words(other)}"
        maps = _masks(mask, runs, self.threshold, words)
        return Panel((*maps, map_of_cosines, table), title, words, across=2)

    def _words(
        self,
        run: Trace,
        other: Trace,
        mask: int,
        alike: Float[np.ndarray, "row column"],
        overlaps: tuple[float, ...],
    ) -> str:
        config, sides = run.sam.config, (run.frame.side, other.frame.side)
        products = [encoder_products(config, side) / 1e9 for side in sides]
        memory = [bytes_of_scores(config, side) / 1e6 for side in sides]
        before, after = run.prediction, other.prediction
        return (
            f"The input is {_size_in_words(other)} instead of {_size_in_words(run)}. Image tokens "
            f"keep a cosine of {text(float(np.nanmean(alike)), 2)} in the mean with those at the "
            f"same places. Mask {mask} has an overlap of {in_words(overlaps[mask])} with the "
            f"run's, and its predicted IoU goes from {in_words(before.iou[mask])} to "
            f"{in_words(after.iou[mask])}. The image encoder needs "
            f"{percent(products[1] / products[0])} of the multiply-adds, {text(products[1])} "
            f"instead of {text(products[0])} billion, and the scores of its largest block need "
            f"{text(memory[1])} instead of {text(memory[0])} MB, if they are formed at once."
        )


def _size_in_words(run: Trace) -> str:
    """Such as "16 × 12 tokens (48 of padding)"."""
    (rows, columns), (shown_rows, shown_columns) = run.frame.grid, run.frame.tokens_shown
    padding = rows * columns - shown_rows * shown_columns
    return f"{rows} × {columns} tokens" + (f" ({padding} of padding)" if padding else "")


def _masks(
    mask: int, runs: tuple[Prediction, Prediction], threshold: float, words: str
) -> tuple[Heatmap, ...]:
    """The mask in both runs, over the picture and on one scale."""
    maps = [each.sampled[mask].astype(float) for each in runs]
    reach = max(float(np.abs(each - threshold).max()) for each in maps)
    return tuple(
        Heatmap(each, f"Mask {mask} {when}", words, logit_scale(threshold, reach), "picture")
        for each, when in zip(maps, ("in the run", "with the other input"), strict=True)
    )
