"""What does each prompt do for the mask?"""

from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float

from sam_explore.geometry import FOREGROUND, Prompts
from sam_explore.mask_overlap import mask_iou
from sam_explore.model.addresses import PREDICTED_IOU
from sam_explore.origins import Operation, explain
from sam_explore.readings import Cell, Gallery, Heatmap, Matrix, Panel, Scale
from sam_explore.tracing import Trace
from sam_explore.tracing import answers as answers_of

from ..common.logits import logit_scale, logits_in_words
from ..common.numbers import counted
from ..common.origins import of_logit
from ..common.probe import Probe, mask_knob, mask_shown, threshold_knob
from ..common.truth import ComparedWithTruth, in_words

_MOST = 15  # prompts of one picture that are left out
_ALL = "all prompts"


@dataclass(frozen=True)
class LeftOutPrompts(ComparedWithTruth, Probe):
    """The mask again without each of the prompts in turn: each click, the box, the mask hint.

    A prompt whose absence changes nothing was not needed, next to the others. Two that say the
    same can both be left out, but not together: what is shown is not the share of a prompt.

    Reads: the predictions for these prompts; of more than 15 prompts, for the first 15.
    Returns: a Panel of a Gallery of Heatmaps (row, column) over the picture: raw logits with all
        prompts and without each; and a Matrix (prompt left out, number) of the IoU with the mask of
        all, predicted IoU and, given a truth, true IoU.
    Unit: logits; IoU from 0 to 1, of which the predicted one has no bounds.
    Source: our own.
    """

    title = "What does each prompt do for the mask?"

    mask: int = mask_knob()
    threshold: float = threshold_knob()

    def read(self, trace: Trace) -> Panel:
        mask = mask_shown(self.mask, trace.prediction)
        asked = without_each(trace.prompts)
        names = (_ALL, *asked)
        answers = [
            trace.prediction,
            *answers_of(trace.with_prompts(each) for each in asked.values()),
        ]
        cut = [answer.visible[mask] > self.threshold for answer in answers]
        columns = {
            "overlap": np.array([mask_iou(cut[0], each) for each in cut]),
            "predicted": np.array([answer.iou[mask] for answer in answers]),
        }
        target = self.target(trace)
        if target is not None and target.mask is not None:
            true = [target.ious(answer, self.threshold)[mask] for answer in answers]
            columns["true"] = np.array(true)
        words = self._words(trace, mask, names, columns)
        scale = logit_scale(self.threshold)
        maps = Gallery(
            tuple(
                Heatmap(
                    answer.visible[mask],
                    title=f"With {name}" if name == _ALL else f"Without {name}",
                    words=logits_in_words(f"mask {mask}", answer.visible[mask], self.threshold),
                    scale=scale,
                    frame="logits",
                )
                for name, answer in zip(names, answers, strict=True)
            ),
            title=f"Logits of mask {mask}",
            words=words,
            shared=scale,
        )
        table = Matrix(
            np.stack(list(columns.values()), axis=1), names, tuple(columns), "IoU", words,
            "left out", "", Scale("IoU", low=0.0, high=1.0),
        )  # fmt: skip
        table = replace(table, rows=("nothing", *asked))
        return Panel((maps, table), f"Mask {mask} without each prompt", words, across=2)

    def origin(self, trace: Trace, cell: Cell) -> Operation | None:
        runs = [trace, *map(trace.with_prompts, without_each(trace.prompts).values())]
        mask = mask_shown(self.mask, trace.prediction)
        if cell.part == 0:
            return of_logit(runs[cell.map], mask, cell)
        if cell.column == 1:
            return explain(runs[cell.row], PREDICTED_IOU, (0, mask))
        return None  # an overlap of masks

    def _words(
        self,
        trace: Trace,
        mask: int,
        names: tuple[str, ...],
        columns: dict[str, Float[np.ndarray, "prompt"]],
    ) -> str:
        count = len(names) - 1
        words = f"Mask {mask} has {counted(count, 'prompt')} to leave out."
        if count:
            overlaps = columns["overlap"]
            least, most = 1 + int(overlaps[1:].argmin()), 1 + int(overlaps[1:].argmax())
            words += (
                f" Without {names[least]} it changes most, and keeps an overlap of "
                f"{in_words(overlaps[least])}"
            )
            but = f"; without {names[most]} it keeps {in_words(overlaps[most])}"
            words += f"{but}." if count > 1 else "."
        if "true" in columns:
            target = self.target(trace)
            name = "" if target is None else target.name
            true = columns["true"]
            words += f" The true IoU with {name} is {in_words(true[0])} with all prompts"
            words += f", and at best {in_words(true[1:].max())} without one." if count else "."
        return words + self.why_no_truth(trace)


def without_each(prompts: Prompts) -> dict[str, Prompts]:
    """The prompts without each of them in turn, by the name of what is left out."""
    found = {}
    for index, label in enumerate(prompts.labels):
        points, labels = (np.delete(each, index, 0) for each in (prompts.points, prompts.labels))
        sign = "+" if label == FOREGROUND else "−"
        found[f"{sign} click {index + 1}"] = replace(prompts, points=points, labels=labels)
    if prompts.box is not None:
        found["the box"] = prompts.with_box(None)
    if prompts.mask_hint is not None:
        found["the hint"] = prompts.with_mask_hint(None)
    return dict(list(found.items())[:_MOST])
