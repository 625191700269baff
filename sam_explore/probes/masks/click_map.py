"""What would a click at each place be answered with?"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float

from sam_explore.geometry import BACKGROUND, FOREGROUND, Frame, Prompts
from sam_explore.mask_overlap import mask_iou
from sam_explore.number_text import text
from sam_explore.prediction import Prediction
from sam_explore.readings import Heatmap, Panel, Scale
from sam_explore.tracing import Trace, announce
from sam_explore.tracing import answers as answers_of
from sam_explore.tracing.attribution import PredictedIoU, click_gradients, rank_correlation

from ..common.logits import percent
from ..common.numbers import counted
from ..common.probe import Probe, knob, mask_knob, mask_shown, threshold_knob
from ..common.target_knobs import agreement
from ..common.truth import ComparedWithTruth, in_words

_ALONE = "alone"
_LABELS = {"one more, foreground": FOREGROUND, "one more, background": BACKGROUND}
_PLACES = 8  # of a click along the longer side, unless asked for
_AT_ONCE = 32  # clicks between two reports of progress
_COARSE = 4  # places along the longer side of a first answer
_TITLES = {
    "mask": "Which mask answers",
    "predicted": "Its predicted IoU",
    "true": "Its true IoU",
    "overlap": "IoU with the mask shown",
}
_LONG = 90  # the percentile of the gradients' lengths that is drawn as long as a cell


@dataclass(frozen=True)
class ClickMap(ComparedWithTruth, Probe):
    """The answer of one click at every place of a grid over the picture, and where it should go.

    Each click is asked by itself: alone, or as one more next to the prompts that are there. Four
    maps show which mask answers, its predicted IoU, given a truth its true IoU, and how much it has
    in common with the mask that is shown now.

    The truth is what the run's own prompts mean. If they mean nothing, each click is compared with
    what lies under it.

    Arrows are the gradient of the predicted IoU by the place of the click: they point to where the
    model expects to do better. The longest tenth are cut to the length of a cell.

    Reads: the predictions for these clicks, and their gradients by the click.
    Returns: a Panel of Heatmaps (row, column), a cell for each click, in whose middle it lies: the
        mask's number, predicted IoU, true IoU if a truth is given, and the IoU with the run's mask.
    Unit: IoU, of which the predicted one has no bounds; with the run's mask in the frame of the
        logits, with the truth at the pixels of `Prediction.sampled`.
    Source: the paper asks a grid of single points for its masks of everything (arXiv 2304.02643,
        section 4); the question is our own.
    """

    title = "Where should I click?"
    is_sweep = True

    points: int = knob(
        _PLACES,
        "places along the longer side",
        low=2,
        high=lambda run: max(_PLACES, run.config.grid),
        matters=True,
    )
    click: str = knob(_ALONE, "a click", choices=(_ALONE, *_LABELS), matters=True)
    arrows: bool = knob(True, "gradient arrows", choices=(True, False))
    mask: int = mask_knob()
    threshold: float = threshold_knob()

    def coarser(self, trace: Trace) -> tuple["ClickMap", ...]:
        sizes: list[int] = []
        size = self.points // 2
        while size >= _COARSE:
            sizes.insert(0, size)
            size //= 2
        return tuple(replace(self, points=each) for each in sizes)

    def read(self, trace: Trace) -> Panel:
        places = grid_of_clicks(self.points, trace.frame)
        shape, clicks = places.shape[:2], places.reshape(-1, 2)
        prompts = [self._asked(trace.prompts, click) for click in clicks]
        answers = _answered(trace, prompts)
        masks = [mask_shown(self.mask, answer) for answer in answers]
        numbers = self._numbers(trace, prompts, answers, masks)
        pairs = zip(answers, masks, strict=True)
        covered = [(answer.visible[mask] > self.threshold).mean() for answer, mask in pairs]
        words = self._words(trace, clicks, numbers)
        words += f" In the mean the masks cover {percent(float(np.mean(covered)))} of the picture."
        arrows = None
        if self.arrows:
            ofs = [PredictedIoU(mask) for mask in masks]
            slopes = click_gradients(trace, ofs, prompts).astype(float)
            arrows = _as_arrows(slopes).reshape(*shape, 2)
            words += f" {_steepest(clicks, slopes)}"
        tokens = tuple((float(each), f"mask {each}") for each in range(len(answers[0].iou)))
        scales = {"mask": Scale(low=0.0, high=tokens[-1][0], names=tokens)}
        maps = tuple(
            Heatmap(
                each.reshape(shape),
                _TITLES[name],
                words,
                scales.get(name, Scale("IoU", low=0.0, high=1.0)),
                frame="picture",
                arrows=arrows if name == "predicted" else None,
            )
            for name, each in numbers.items()
        )
        return Panel(maps, f"{counted(len(clicks), 'click')}, each {self.click}", words, across=2)

    def _numbers(
        self,
        trace: Trace,
        prompts: Sequence[Prompts],
        answers: Sequence[Prediction],
        masks: Sequence[int],
    ) -> dict[str, Float[np.ndarray, "click"]]:
        """Mask, predicted and true IoU and overlap of each answer; the true one if it is known."""
        pairs = zip(answers, masks, strict=True)
        found = {
            "mask": np.array(masks, float),
            "predicted": np.array([answer.iou[mask] for answer, mask in pairs], float),
        }
        true = self._true(trace, prompts, answers, masks)
        if true is not None:
            found["true"] = true
        return found | {"overlap": self._overlaps(trace, answers, masks)}

    def _asked(self, prompts: Prompts, click: Float[np.ndarray, "2"]) -> Prompts:
        if self.click == _ALONE:
            return Prompts(points=[click])
        return prompts.with_point(click, _LABELS[self.click])

    def _true(
        self,
        trace: Trace,
        prompts: Sequence[Prompts],
        answers: Sequence[Prediction],
        masks: Sequence[int],
    ) -> Float[np.ndarray, "click"] | None:
        """True IoU of each answer; NaN where nothing is meant, None if no click means anything."""
        target = self.target(trace)
        if target is None:
            return None
        found = np.full(len(prompts), np.nan)
        for at, (asked, answer) in enumerate(zip(prompts, answers, strict=True)):
            own = target if target.mask is not None else self.target(trace.with_prompts(asked))
            if own is not None:
                found[at] = own.ious(answer, self.threshold)[masks[at]]
        return found if np.isfinite(found).any() else None

    def _overlaps(
        self, trace: Trace, answers: Sequence[Prediction], masks: Sequence[int]
    ) -> Float[np.ndarray, "click"]:
        shown = trace.prediction
        own = shown.visible[mask_shown(self.mask, shown)] > self.threshold
        pairs = zip(answers, masks, strict=True)
        return np.array([mask_iou(answer.visible[m] > self.threshold, own) for answer, m in pairs])

    def _words(
        self,
        trace: Trace,
        clicks: Float[np.ndarray, "click 2"],
        numbers: dict[str, Float[np.ndarray, "click"]],
    ) -> str:
        predicted, masks, overlaps = (numbers[each] for each in ("predicted", "mask", "overlap"))
        best = int(predicted.argmax())
        words = (
            f"Of {counted(len(clicks), 'click')}, each {self.click}, the one at "
            f"{_place(clicks[best])} has the best predicted IoU, {in_words(predicted[best])}, by "
            f"mask {int(masks[best])}. {int((overlaps > 0.5).sum())} of their masks have more than "
            "half in common with the one that is shown."
        )
        if "true" not in numbers:
            return words + self.why_no_truth(trace)
        true = numbers["true"]
        target = self.target(trace)
        what = target.name if target is not None and target.mask is not None else ""
        best_true = int(np.nanargmax(true))
        known = np.isfinite(true)
        correlation = rank_correlation(predicted[known], true[known])
        return (
            f"{words} The true IoU with {what or 'what lies under each click'} is best at "
            f"{_place(clicks[best_true])}, {in_words(true[best_true])}. The rank correlation of "
            f"predicted and true over the clicks is {agreement(correlation)}."
            f"{self.why_no_truth(trace)}"
        )


def grid_of_clicks(points: int, frame: Frame) -> Float[np.ndarray, "row column 2"]:
    """x and y of places in pixels of the picture, so many along its longer side, evenly spaced."""
    height, width = frame.image_size
    longer = max(height, width)
    rows, columns = (max(1, round(points * length / longer)) for length in (height, width))
    y = (np.arange(rows) + 0.5) * height / rows
    x = (np.arange(columns) + 0.5) * width / columns
    return np.stack(np.meshgrid(x, y), axis=-1)


def _answered(trace: Trace, prompts: Sequence[Prompts]) -> list[Prediction]:
    """The answers to these prompts, some at a time, so that progress is seen."""
    found: list[Prediction] = []
    for start in range(0, len(prompts), _AT_ONCE):
        announce(f"Click {start + 1} of {len(prompts)}")
        found += answers_of(map(trace.with_prompts, prompts[start : start + _AT_ONCE]))
    return found


def _as_arrows(slopes: Float[np.ndarray, "click 2"]) -> Float[np.ndarray, "click 2"]:
    """Gradients as arrows: of length 1 from a high percentile of the lengths on."""
    lengths = np.linalg.norm(slopes, axis=1, keepdims=True)
    return slopes / np.maximum(lengths, float(np.percentile(lengths, _LONG)) or 1.0)


def _steepest(clicks: Float[np.ndarray, "click 2"], slopes: Float[np.ndarray, "click 2"]) -> str:
    lengths = np.linalg.norm(slopes, axis=1)
    at = int(lengths.argmax())
    return (
        f"The predicted IoU changes most with the click at {_place(clicks[at])}, by "
        f"{text(float(lengths[at]))} a pixel."
    )


def _place(click: Float[np.ndarray, "2"]) -> str:
    x, y = click
    return f"x {text(float(x))}, y {text(float(y))}"
