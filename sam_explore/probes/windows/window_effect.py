"""What do other windows change in the masks?"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from sam_explore.model import SamConfig
from sam_explore.number_text import text
from sam_explore.origins import Operation
from sam_explore.prediction import Prediction
from sam_explore.readings import Cell, Heatmap, Panel, Scale
from sam_explore.tracing import Trace

from ..common.iou_table import iou_table, true_in_words, true_ious_of
from ..common.logits import logit_scale, mask_overlaps, percent
from ..common.origins import of_change, of_logit
from ..common.probe import Probe, knob, mask_knob, mask_shown, threshold_knob
from ..common.truth import ComparedWithTruth, in_words
from ..common.windows import (
    ChosenBlocks,
    arithmetic,
    blocks_in_words,
    others_in_words,
    tables_knob,
    window_in_words,
    with_window,
)


@dataclass(frozen=True)
class WindowEffect(ChosenBlocks, ComparedWithTruth, Probe):
    """The prediction with other windows in some blocks, compared with the trained windows.

    The blocks are those of a stage, or of all, that were trained with windows, globally, or both;
    or one block alone. The other blocks keep the trace's windows, trained or not. The comparison is
    always with the trained windows in all blocks: the change is that of all windows together.

    Tables of relative positions are interpolated to the window, as the reference does, which gives
    a distance the vector of another one; or cropped, which keeps each distance's own vector and
    only works for smaller windows. The knob sets it for all blocks, overriding the trace.

    Reads: the prediction with the trained windows and the one with the changed windows; edits stay.
    Returns: a Panel of the changed raw logits, their difference from the trained windows' (both
        row, column, over the picture), and a Matrix (mask, three IoU): overlap of the changed mask
        with the trained windows' mask, predicted IoU before and after. Given a truth, it is a
        Matrix (mask, five IoU), with true IoU next to each predicted one.
    Unit: logits; IoU from 0 to 1, though a predicted one can leave that range. Time is not
        included, since a reading must not depend on the machine: `tracing.encoder_seconds` measures
        it, and the words give the arithmetic.
    Source: ViTDet (arXiv 2203.16527, tables 2 and 3), for the windows; the comparison is our own.
    """

    title = "What do other windows do to the answer?"
    runs_encoder = True

    window: int = knob(
        4,
        "window in tokens (0: global)",
        low=0,
        high=lambda run: run.config.grid,
        matters=True,
    )
    relative_positions: str = tables_knob()
    mask: int = mask_knob()
    threshold: float = threshold_knob()

    def read(self, trace: Trace) -> Panel:
        config = trace.sam.config
        blocks = self.blocks(config)
        windows = with_window(trace.windows, blocks, self.window)
        before = trace.with_windows(None).prediction
        after = trace.with_windows(windows, self.relative_positions).prediction
        mask = mask_shown(self.mask, before)
        logits = after.visible[mask]
        change = logits - before.visible[mask]
        overlaps = mask_overlaps(before, after, self.threshold)
        target = self.target(trace)
        true = true_ious_of(target, (before, after), self.threshold)
        what = f"{window_in_words(self.window)} in {blocks_in_words(blocks)}"
        what = what[0].upper() + what[1:]
        return Panel(
            (
                Heatmap(
                    logits,
                    title=f"Mask {mask}: raw logits",
                    words=f"The raw logits of mask {mask} with the changed windows.",
                    scale=logit_scale(self.threshold),
                    frame="logits",
                ),
                Heatmap(
                    change,
                    title="Change of the logits",
                    words=_change_in_words(mask, change),
                    scale=Scale("logit", centre=0.0),
                    frame="logits",
                ),
                iou_table((before, after), overlaps, true, "in the trained windows"),
            ),
            title=what,
            words=(
                f"{what}; tables of relative positions {_DONE[self.relative_positions]}."
                f"{others_in_words(config, windows, blocks, trace.frame.grid)} "
                f"{_change_in_words(mask, change)} {_iou_in_words(mask, before, after, overlaps)}"
                f"{true_in_words(mask, target, true)} "
                f"{_arithmetic_in_words(config, windows, trace.frame.grid)}"
            ),
            across=2,
        )

    def origin(self, trace: Trace, cell: Cell) -> Operation | None:
        if cell.part == 2:  # IoU of masks
            return None
        windows = with_window(trace.windows, self.blocks(trace.sam.config), self.window)
        before = trace.with_windows(None)
        after = trace.with_windows(windows, self.relative_positions)
        mask = mask_shown(self.mask, before.prediction)
        if cell.part == 0:
            return of_logit(after, mask, cell)
        return of_change(before, after, mask, cell)


_DONE = {"interpolate": "interpolated", "crop": "cropped"}


def _change_in_words(mask: int, change: Float[np.ndarray, "row column"]) -> str:
    size = np.abs(change)
    return (
        f"The logits of mask {mask} change by {text(float(size.mean()))} in the mean and "
        f"{text(float(size.max()))} at most."
    )


def _iou_in_words(
    mask: int, before: Prediction, after: Prediction, overlaps: tuple[float, ...]
) -> str:
    words = (
        f"Its overlap with the mask in the trained windows is {in_words(overlaps[mask])}, and its "
        f"predicted IoU goes from {in_words(before.iou[mask])} to {in_words(after.iou[mask])}."
    )
    if after.chosen != before.chosen:
        words += f" The model's choice goes from mask {before.chosen} to mask {after.chosen}."
    return words


def _arithmetic_in_words(config: SamConfig, windows: tuple[int, ...], grid: tuple[int, int]) -> str:
    share = arithmetic(config, windows, grid) / arithmetic(config, config.windows, grid)
    return f"The image encoder's blocks need {percent(share)} of the arithmetic."
