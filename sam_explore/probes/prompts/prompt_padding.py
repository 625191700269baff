"""What if a prompt were padded to the length of a longer one?"""

from dataclasses import dataclass

import numpy as np

from sam_explore.number_text import text
from sam_explore.origins import Operation
from sam_explore.readings import Cell, Curve, Panel, Profile
from sam_explore.tracing import Trace, answers

from ..common.before_after import change_in_words, change_of_mask, masks_before_and_after
from ..common.numbers import counted
from ..common.origins import of_before_and_after
from ..common.probe import Probe, knob, mask_knob, mask_shown, threshold_knob
from ..common.prompt_changes import with_padding
from ..common.truth import ComparedWithTruth


@dataclass(frozen=True)
class PromptPadding(ComparedWithTruth, Probe):
    """The answer to a prompt that is filled up with padding points, as a batch could need it.

    Prompts of different length make different numbers of tokens, and a tensor has room for one
    length only. Filling up the shorter ones with the padding point would make room, and change the
    answer: the decoder attends to each of those points, and no mask hides them from it. So
    `sam_explore.predict` groups prompts of one length instead.

    Reads: the prediction, and that of the padded prompts.
    Returns: a Panel of three maps of one mask (row, column), as far as the picture reaches: before
        and after on one scale, and their difference; and a Profile over the number of further
        padding points, the mean and the greatest distance of the mask's logits from those before.
        Given a truth, the words have the predicted and the true IoU before and after.
    Unit: logits.
    Source: our own. The padding point:
        https://github.com/facebookresearch/segment-anything/blob/dca509f/segment_anything/modeling/prompt_encoder.py#L81
    """

    title = "What if a prompt were padded for a batch?"

    further: int = knob(1, "further padding points", low=1, high=8)
    mask: int = mask_knob()
    threshold: float = threshold_knob()

    def read(self, trace: Trace) -> Panel:
        before = trace.prediction
        mask = mask_shown(self.mask, before)
        padded = [with_padding(trace, count) for count in range(1, self.further + 1)]
        found = answers(padded)
        after = found[-1]
        distances = np.array(
            [np.abs(each.visible[mask] - before.visible[mask]) for each in (before, *found)]
        )
        mean, most = distances.mean(axis=(1, 2)), distances.max(axis=(1, 2))
        size = float(np.abs(before.visible[mask]).mean())
        words = (
            f"With {counted(self.further, 'further padding point')} the logits of mask {mask} move "
            f"by {text(mean[-1])} in the mean and {text(most[-1])} at most; they themselves lie "
            f"{text(size)} from 0 in the mean. "
            f"{change_in_words(mask, before, after, self.threshold)}"
            f"{self.change_of_ious_in_words(trace, (before, after), mask, self.threshold)}"
        )
        chart = Profile(
            np.arange(len(mean), dtype=float),
            (Curve(mean, "mean"), Curve(most, "greatest")),
            title="Distance of the logits from those before",
            words=words,
            x_name="further padding points",
            y_name="logits",
        )
        maps = masks_before_and_after(mask, before, after, self.threshold)
        change = change_of_mask(mask, before, after, words)
        title = f"{counted(self.further, 'further padding point')}"
        return Panel((*maps, change, chart), title, words, across=2)

    def origin(self, trace: Trace, cell: Cell) -> Operation | None:
        if cell.part == 3:  # distances of all logits
            return None
        mask, after = mask_shown(self.mask, trace.prediction), with_padding(trace, self.further)
        return of_before_and_after(trace, after, mask, cell)
