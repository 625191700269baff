"""Which change of a prompt changes the answer most?"""

from dataclasses import dataclass
from textwrap import fill

import numpy as np

from sam_explore.number_text import text
from sam_explore.prediction import Prediction
from sam_explore.readings import Curve, Matrix, Panel, Profile, Scale
from sam_explore.tracing import Trace, answers

from ..common.logits import mask_overlap
from ..common.numbers import counted
from ..common.probe import Probe, mask_knob, mask_shown, threshold_knob, token_knob
from ..common.prompt_changes import CHANGES
from ..common.truth import ComparedWithTruth, Target, in_words

_LETTERS = 18  # of a row's name in one line
_DECIMALS = 4  # of logits: what is smaller comes from another order of summing


@dataclass(frozen=True)
class PromptChangesCompared(ComparedWithTruth, Probe):
    """Every change that this prompt can have, in one table; each alone: see ChangedPrompt.

    The predicted IoU is what the model thinks of its answer; whether the answer is right, only the
    truth of a scene can say. Where it is known, the true IoU stands next to the predicted one.

    Reads: the prediction, and the prediction of each changed run.
    Returns: a Panel of a Matrix (change, IoU): overlap with the mask before, predicted IoU before
        and now, each followed by the true one given a truth; and a Profile over the changes, the
        mean distance of the mask's logits from those before, to four decimals.
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
        made = dict(zip(changed, answers(changed.values()), strict=True))
        target = self.target(trace)
        table = {
            "overlap": [mask_overlap(mask, before, each, self.threshold) for each in made.values()],
            **self._ious("before", [before] * len(made), mask, target),
            **self._ious("now", list(made.values()), mask, target),
        }
        distances = np.array(
            [np.abs(after.visible[mask] - before.visible[mask]).mean() for after in made.values()]
        ).round(_DECIMALS)
        names = tuple(made)
        words = _words(mask, names, np.array(table["overlap"]), distances)
        words += _true_in_words(mask, names, table, target)
        return Panel(
            (_table(table, names, words), _chart(distances, names, words)),
            title=f"Mask {mask} with other prompts",
            words=words,
            across=1,
        )

    def _ious(
        self, when: str, answers: list[Prediction], mask: int, target: Target | None
    ) -> dict[str, list[float]]:
        """A column of predicted IoU, and given a truth one of true IoU, NaN if none is meant."""
        columns = {f"predicted\n{when}": [float(each.iou[mask]) for each in answers]}
        if target is not None:
            true = [float(target.ious(each, self.threshold)[mask]) for each in answers]
            columns[f"true\n{when}"] = true
        return columns


def _table(columns: dict[str, list[float]], names: tuple[str, ...], words: str) -> Matrix:
    return Matrix(
        np.array(list(columns.values())).T,
        rows=tuple(fill(name, _LETTERS) for name in names),
        columns=tuple(columns),
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


def _true_in_words(
    mask: int, names: tuple[str, ...], table: dict[str, list[float]], target: Target | None
) -> str:
    if target is None or target.mask is None:
        return "" if target is None else f" {target.why_none}"
    now = table["true\nnow"]
    best = int(np.argmax(now))
    before, predicted = in_words(table["true\nbefore"][0]), in_words(table["predicted\nnow"][best])
    return (
        f" Mask {mask}'s true IoU with {target.name} was {before} before; it is highest with "
        f"“{names[best]}”, {in_words(now[best])}, where {predicted} is predicted."
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
