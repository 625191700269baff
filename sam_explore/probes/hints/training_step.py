"""What would one training step do with this picture and prompt?"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Bool, Float, Int

from sam_explore.corrections import TOKEN_0, correction_clicks
from sam_explore.geometry import FOREGROUND
from sam_explore.mask_overlap import mask_iou
from sam_explore.number_text import text
from sam_explore.prediction import Prediction
from sam_explore.readings import Gallery, Heatmap, Matrix, Panel, Scale
from sam_explore.tracing import Trace, answers
from sam_explore.tracing.step_callback import announce

from ..common.clicks import with_a_prompt
from ..common.mask_losses import mask_loss
from ..common.numbers import counted
from ..common.probe import PUBLISHED_MASK, Probe, knob, mask_shown
from ..common.sampling import sample_places
from ..common.truth import ComparedWithTruth, in_words

_FINEST = 64  # pixels along a side, so that the one that is clicked can be seen
_MOST = 8  # corrections with a click, in the published algorithm
_ERROR = Scale(
    centre=0.0, low=-1.0, high=1.0, names=((-1.0, "too much"), (0.0, "right"), (1.0, "missed"))
)
_IOU = Scale("IoU", low=0.0, high=1.0)


class Round(NamedTuple):
    """One answer on the way.

    losses: of each mask.
    learns: the mask whose loss is the step's.
    shown: the mask that is corrected.
    error: 1 where the region was missed, -1 where the mask has too much.
    ious: of each mask with the region.
    click: x and y of the next click in pixels, and its label; None after the last.
    cell: row and column of the pixel that it is on, of those that are looked at.
    """

    losses: Float[np.ndarray, "mask"]
    learns: int
    shown: int
    error: Float[np.ndarray, "row column"]
    ious: Float[np.ndarray, "mask"]
    click: tuple[tuple[float, float], int] | None
    cell: tuple[int, int]


@dataclass(frozen=True)
class TrainingStep(ComparedWithTruth, Probe):
    """One step of the published training, as far as the losses: nothing is learned here.

    The model is asked the run's prompt and the masks are compared with the true region under it.
    After a single prompt three masks answer, and only the one with the least loss is trained. Then
    a click is drawn where the shown mask is wrong, all places alike: foreground where the region
    was missed, background where the mask has too much. It goes back with the logits of that mask,
    and from then on token 0 answers and is trained. Which mask's errors are clicked after the
    first prompt, the paper leaves open; here it is the one with the best predicted IoU.

    Without a truth there is nothing to learn from. Then the best predicted of the masks that are
    not shown stands in for it, so that the course of a step can still be seen.

    Left out are the loss of the predicted IoU, the two rounds in which no click is added, and the
    mean over a batch. Both masks are looked at in up to 64 evenly spaced pixels a side.

    Reads: the predictions, one after the other.
    Returns: a Panel: a Gallery of Heatmaps (row, column) over the picture, round by round, 1 where
        the region was missed, -1 where the mask has too much, 0 where it is right; and two Matrices
        (round, mask), one below the other: the losses, and the IoUs with the region.
    Unit: 20 times the focal loss plus the dice loss, without a unit; IoU from 0 to 1.
    Source: the training algorithm in appendix A of arXiv 2304.02643. The small model's own training
        differs: see its model card, docs/toy_model.md.
    """

    title = "What would one training step do?"
    makes_a_click = True

    corrections: int = knob(3, "corrections", low=0, high=_MOST, matters=True)
    chance: int = knob(0, "drawn clicks, number", low=0, high=99, matters=True)

    def read(self, trace: Trace) -> Panel:
        trace, said = with_a_prompt(trace)
        name, truth, why_none = self._meant(trace)
        rounds = self._rounds(trace, truth)
        words = f"{said}{_words(rounds, name)} {why_none}".rstrip()
        maps = Gallery(
            tuple(_map(number, each) for number, each in enumerate(rounds)),
            "Where the shown mask is wrong",
            words,
            _ERROR,
        )
        names = tuple(_name(number, each) for number, each in enumerate(rounds))
        masks = tuple(f"mask {mask}" for mask in range(len(rounds[0].losses)))
        tables = (
            Matrix(np.array(values), names, masks, title, words, "", "", scale)
            for title, values, scale in (
                ("Loss of each mask", [each.losses for each in rounds], Scale("loss", low=0.0)),
                ("IoU of each mask", [each.ious for each in rounds], _IOU),
            )
        )
        title = f"One step with {counted(len(rounds) - 1, 'correction')}"
        return Panel((maps, *tables), title, words, across=1)

    def rounds(self, trace: Trace) -> list[Round]:
        """The answers to the run's prompts and to the corrections, until nothing is wrong."""
        _, truth, _ = self._meant(trace)
        return self._rounds(trace, truth)

    def _rounds(self, trace: Trace, truth: Bool[np.ndarray, "row column"]) -> list[Round]:
        generator = torch.Generator().manual_seed(self.chance)
        prompts, found = trace.prompts.with_mask_hint(None), list[Round]()
        while True:
            announce(f"Round {len(found) + 1} of {self.corrections + 1}")
            (answer,) = answers([trace.with_prompts(prompts)])
            is_last = len(found) == self.corrections
            found.append(_looked_at(answer, truth, trace, None if is_last else generator))
            click = found[-1].click
            if click is None:
                return found
            prompts = TOKEN_0.prompts(answer, found[-1].shown, *click)

    def _meant(self, trace: Trace) -> tuple[str, Bool[np.ndarray, "row column"], str]:
        """The name of the region that is compared with, the region, and why there is no truth."""
        target = self.target(trace)
        if target is not None and target.mask is not None:
            return target.name, target.mask[np.ix_(*_places(trace))], ""
        (answer,) = answers([trace.with_prompts(trace.prompts.with_mask_hint(None))])
        taken = _next_best(answer)
        region = answer.upscaled_at(*_places(trace), taken) > 0
        why = "" if target is None else target.why_none
        return f"mask {taken} of the first answer, since no truth is given", region, why


def _looked_at(
    answer: Prediction,
    truth: Bool[np.ndarray, "row column"],
    trace: Trace,
    generator: torch.Generator | None,
) -> Round:
    """An answer's losses, its errors, and the next click unless there is no generator."""
    logits = answer.upscaled_at(*_places(trace))
    losses = mask_loss(logits, truth)
    shown = mask_shown(PUBLISHED_MASK, answer)
    several = len(answer.prompts.points) + (answer.prompts.box is not None) > 1
    learns = 0 if several or len(losses) == 1 else 1 + int(losses[1:].argmin())
    mask = logits[shown] > 0
    error = truth.astype(float) - mask
    click, cell = None, (0, 0)
    if generator is not None and error.any():
        points, labels = correction_clicks(
            torch.from_numpy(mask[None]), torch.from_numpy(truth[None]), generator
        )
        height, width = trace.image.shape[:2]
        x, y = (points[0].numpy() * (width, height)).tolist()
        click = (x, y), int(labels[0])
        across, down = (
            int(share * cells) for share, cells in zip(points[0], mask.shape[::-1], strict=True)
        )
        cell = down, across
    ious = np.array([mask_iou(each > 0, truth) for each in logits])
    return Round(losses, learns, shown, error, ious, click, cell)


def _places(trace: Trace) -> tuple[Int[np.ndarray, "row"], Int[np.ndarray, "column"]]:
    return sample_places(trace.image.shape[:2], _FINEST)


def _words(rounds: list[Round], name: str) -> str:
    """What each round does, in words."""
    first, last = rounds[0], rounds[-1]
    learner = f"mask {first.learns}, with {text(first.losses[first.learns], decimals=2)}"
    words = f"Compared with {name}: after the first prompt {learner}, is trained."
    if first.click is not None:
        kind = "foreground" if first.click[1] == FOREGROUND else "background"
        words += f" The next click falls where mask {first.shown} is wrong, as {kind}."
    if len(rounds) > 1:
        words += (
            f" From the first answer to the last, after {counted(len(rounds) - 1, 'correction')}, "
            f"the IoU of the shown mask goes from {in_words(first.ious[first.shown])} to "
            f"{in_words(last.ious[last.shown])}, and its loss from "
            f"{text(first.losses[first.shown], decimals=2)} to "
            f"{text(last.losses[last.shown], decimals=2)}."
        )
    return words


def _of_shown(each: Round) -> str:
    """IoU and loss of the mask that a round shows, such as "mask 1: IoU 0.73, loss 0.68"."""
    iou, loss = each.ious[each.shown], text(each.losses[each.shown], decimals=2)
    return f"mask {each.shown}: IoU {in_words(iou)}, loss {loss}"


def _next_best(answer: Prediction) -> int:
    """The mask with the best predicted IoU among those that are not shown."""
    shown = mask_shown(PUBLISHED_MASK, answer)
    others = [mask for mask in np.argsort(-answer.iou, kind="stable") if mask != shown]
    return int([*others, shown][0])


def _name(number: int, each: Round) -> str:
    asked = "first prompt" if number == 0 else counted(number, "correction")
    return f"{asked}: mask {each.learns} learns"


def _map(number: int, each: Round) -> Heatmap:
    """Where a round's mask is wrong, with the next click marked."""
    missed, added = (float((each.error == side).mean()) for side in (1, -1))
    words = (
        f"Mask {each.shown} misses {100 * missed:.1f} % of the picture and has "
        f"{100 * added:.1f} % too much."
    )
    title = f"{_name(number, each)},\n{_of_shown(each)}"
    marks = () if each.click is None else (each.cell,)
    return Heatmap(each.error, title, words, _ERROR, "picture", marks)
