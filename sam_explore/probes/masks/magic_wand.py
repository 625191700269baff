"""What would a magic wand select from the same click?"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, UInt8

from sam_explore.geometry import FOREGROUND, Prompts
from sam_explore.magic_wand import flood_fill, grow_region
from sam_explore.mask_overlap import mask_iou
from sam_explore.number_text import text
from sam_explore.prediction import Prediction
from sam_explore.readings import Curve, Gallery, Heatmap, Panel, Profile, Scale
from sam_explore.tracing import Trace, answers

from ..common.logits import percent
from ..common.probe import Probe, knob, mask_knob, mask_shown, threshold_knob
from ..common.sampling import sample_places
from ..common.truth import ComparedWithTruth, in_words

_TOLERANCES = (2, 4, 6, 9, 13, 18, 25, 35, 50, 70, 100)
_GROWING = {"flood fill": flood_fill, "region growing": grow_region}
_SAM = "SAM"
_INSIDE = Scale(low=0.0, high=1.0, names=((0.0, "outside"), (1.0, "inside")))

Masks = dict[str, Bool[np.ndarray, "row column"]]


@dataclass(frozen=True)
class MagicWand(ComparedWithTruth, Probe):
    """Flood fill, region growing and SAM from one and the same click.

    Flood fill takes the connected pixels whose colour differs from the clicked one by the tolerance
    at most. Region growing goes on from neighbour to neighbour as long as each step is no larger,
    so it follows gradual changes. Neither knows an object from a patch of colour. Each has a
    tolerance that one must choose for every picture; the chart goes through them, and SAM has none.

    The click is the run's first foreground point, or the middle of its box, or the middle of the
    picture; SAM gets it alone. All is done at up to 192 evenly spaced pixels a side.

    Reads: the picture, and the prediction for the click.
    Returns: a Panel of a Gallery of three Heatmaps (row, column) over the picture, 1 inside and 0
        outside; and a Profile over the tolerance of the IoU of both wands with the truth, next to
        SAM's; without a truth, with SAM's mask.
    Unit: tolerances in grey levels of the channel that differs most; IoU from 0 to 1.
    Source: the descriptions of SAM that call it a more intelligent magic wand (muggled_sam).
    """

    title = "What would a magic wand select?"
    makes_a_click = True

    tolerance: int = knob(18, "tolerance of 255", low=0, high=255, matters=True)
    mask: int = mask_knob()
    threshold: float = threshold_knob()

    def read(self, trace: Trace) -> Panel:
        click, said = clicked(trace)
        (answer,) = answers([trace.with_prompts(Prompts(points=[click]))])
        mask = mask_shown(self.mask, answer)
        picture, start = reduced(trace.image, click)
        places = sample_places(trace.image.shape[:2])
        own = answer.upscaled_at(*places, mask) > self.threshold
        masks = {name: grow(picture, start, self.tolerance) for name, grow in _GROWING.items()}
        masks[_SAM] = own
        target = self.target(trace.with_prompts(Prompts(points=[click])))
        truth = None if target is None or target.mask is None else target.mask[np.ix_(*places)]
        by_tolerance = {
            name: np.array([
                mask_iou(grow(picture, start, each), own if truth is None else truth)
                for each in _TOLERANCES
            ])
            for name, grow in _GROWING.items()
        }  # fmt: skip
        if truth is not None:
            by_tolerance[_SAM] = np.full(len(_TOLERANCES), mask_iou(own, truth))
        name = "" if target is None else target.name
        words = said + self._words(answer, mask, masks, truth, name, by_tolerance)
        words += "" if target is None or not target.why_none else f" {target.why_none}"
        maps = Gallery(
            tuple(_map(each, inside, truth) for each, inside in masks.items()),
            title=f"From the click, with a tolerance of {self.tolerance}",
            words=words,
            shared=_INSIDE,
        )
        chart = Profile(
            np.array(_TOLERANCES, float),
            tuple(Curve(each, f"{name}") for name, each in by_tolerance.items()),
            title=f"IoU with {name}" if truth is not None else "IoU with SAM's mask",
            words=words,
            x_name="tolerance",
            y_name="true IoU" if truth is not None else "IoU",
            x_marks=((float(self.tolerance), "shown"),),
            y_reach=(0.0, 1.0),
        )
        return Panel((maps, chart), "A magic wand and SAM", words, across=2)

    def _words(
        self,
        answer: Prediction,
        mask: int,
        masks: Masks,
        truth: Bool[np.ndarray, "row column"] | None,
        name: str,
        by_tolerance: dict[str, np.ndarray],
    ) -> str:
        sizes = ", ".join(f"{each} {percent(float(m.mean()))}" for each, m in masks.items())
        words = f"With a tolerance of {self.tolerance}, of the picture are selected: {sizes}."
        wands = [each for each in by_tolerance if each != _SAM]
        best = {each: int(by_tolerance[each].argmax()) for each in wands}
        tuned = ", ".join(
            f"{each} {in_words(by_tolerance[each][at])} with {_TOLERANCES[at]}"
            for each, at in best.items()
        )
        if truth is None:
            return f"{words} With the best tolerance they overlap SAM's mask by: {tuned}."
        found = ", ".join(f"{each} {in_words(mask_iou(m, truth))}" for each, m in masks.items())
        return (
            f"{words} The true IoU with {name} is: {found}; with the tolerance that is best here: "
            f"{tuned}. SAM's predicted IoU is {in_words(answer.iou[mask])}."
        )


def clicked(trace: Trace) -> tuple[tuple[float, float], str]:
    """x and y of the click, and a sentence if there is none."""
    prompts = trace.prompts
    foreground = prompts.points[prompts.labels == FOREGROUND]
    if len(foreground):
        return (float(foreground[0][0]), float(foreground[0][1])), ""
    height, width = trace.frame.image_size
    if prompts.box is not None:
        x, y = np.clip(prompts.box.reshape(2, 2).mean(axis=0), 0, (width, height))
        return (float(x), float(y)), ""
    said = (
        ""
        if len(prompts.points)
        else "There is no click; one in the middle of the picture is taken. "
    )
    return (width / 2, height / 2), said


def reduced(
    image: UInt8[np.ndarray, "h w 3"], click: tuple[float, float]
) -> tuple[UInt8[np.ndarray, "row column 3"], tuple[int, int]]:
    """The picture at these pixels, and x and y of the click in it."""
    height, width = image.shape[:2]
    rows, columns = sample_places((height, width))
    x, y = (
        min(int(at * len(kept) / length), len(kept) - 1)
        for at, kept, length in zip(click, (columns, rows), (width, height), strict=True)
    )
    return image[np.ix_(rows, columns)], (x, y)


def _map(
    name: str, inside: Bool[np.ndarray, "row column"], truth: Bool[np.ndarray, "row column"] | None
) -> Heatmap:
    true = "" if truth is None else f",\ntrue IoU {text(mask_iou(inside, truth), decimals=2)}"
    return Heatmap(
        inside.astype(float),
        title=f"{name[0].upper()}{name[1:]}{true}",
        words=f"Inside are {percent(float(inside.mean()))} of the picture.",
        scale=_INSIDE,
        frame="picture",
    )
