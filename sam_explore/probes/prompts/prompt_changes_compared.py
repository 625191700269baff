"""Which change of a prompt changes the answer most?"""

from dataclasses import dataclass
from textwrap import fill

import numpy as np

from sam_explore.number_text import text
from sam_explore.readings import Curve, Matrix, Panel, Profile, Scale
from sam_explore.tracing import Trace

from ..common.logits import mask_overlap
from ..common.numbers import counted
from ..common.probe import Probe, mask_knob, mask_shown, threshold_knob, token_knob
from ..common.prompt_changes import CHANGES

_LETTERS = 18  # of a row's name in one line
_DECIMALS = 4  # of logits: what is smaller comes from another order of summing


@dataclass(frozen=True)
class PromptChangesCompared(Probe):
    """Every change that this prompt can have, in one table; each alone: see ChangedPrompt.

    The predicted IoU is what the model thinks of its answer; whether the answer is right, only the
    truth of a scene can say.

    Reads: the prediction, and the prediction of each changed run.
    Returns: a Panel of a Matrix (change, three IoU): overlap with the mask before, predicted IoU
        before and now; and a Profile over the changes, the mean distance of the mask's logits from
        those before, to four decimals.
    Unit: IoU from 0 to 1, though a predicted one can leave that range; logits.
    Source: our own.
    """

    title = "Which change of the prompt changes the answer?"
    is_sweep = True

    token: tuple[int, int] = token_knob()
    mask: int = mask_knob()
    threshold: float = threshold_knob()

    def read(self, trace: Trace) -> Panel:
        before = trace.prediction
        mask = mask_shown(self.mask, before)
        changed = {
            name: change.make(trace, self.token)
            for name, change in CHANGES.items()
            if change.fits(trace.prompts)
        }
        # Cached, they would take the place of the reader's own prompts.
        made = {name: each.answer_to(each.prompts) for name, each in changed.items()}
        table = np.array(
            [
                (
                    mask_overlap(mask, before, after, self.threshold),
                    before.iou[mask],
                    after.iou[mask],
                )
                for after in made.values()
            ]
        )
        distances = np.array(
            [np.abs(after.visible[mask] - before.visible[mask]).mean() for after in made.values()]
        ).round(_DECIMALS)
        names = tuple(made)
        words = _words(mask, names, table[:, 0], distances)
        return Panel(
            (_table(table, names, words), _chart(distances, names, words)),
            title=f"Mask {mask} with other prompts",
            words=words,
            across=1,
        )


def _table(values: np.ndarray, names: tuple[str, ...], words: str) -> Matrix:
    return Matrix(
        values,
        rows=tuple(fill(name, _LETTERS) for name in names),
        columns=("overlap", "predicted\nbefore", "predicted\nnow"),
        title="IoU",
        words=words,
        row_name="",
        column_name="IoU",
        scale=Scale("IoU", low=0.0, high=1.0),
    )


def _chart(distances: np.ndarray, names: tuple[str, ...], words: str) -> Profile:
    return Profile(
        np.arange(len(names), dtype=float),
        (Curve(distances, "mean distance of the logits", style="points"),),
        title="How far the logits move",
        words=words,
        x_name="change, as in the table from above",
        y_name="logits, mean distance",
        x_labels=tuple(str(number) for number in range(1, len(names) + 1)),
    )


def _words(mask: int, names: tuple[str, ...], overlaps: np.ndarray, distances: np.ndarray) -> str:
    most, least = int(distances.argmax()), int(distances.argmin())
    left_out = [name for name in CHANGES if name not in names]
    words = (
        f"Of {counted(len(names), 'change')}, “{names[most]}” moves the logits of mask {mask} "
        f"most, by {text(distances[most])} in the mean; the overlap with the mask before is then "
        f"{overlaps[most]:.2f}. “{names[least]}” moves them least, by {text(distances[least])}."
    )
    if left_out:
        words += (
            f" This prompt can't have {counted(len(left_out), 'change')}: {', '.join(left_out)}."
        )
    return words
