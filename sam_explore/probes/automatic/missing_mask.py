"""Why is my object missing from the automatic masks?"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Bool, Int, Shaped, UInt8

from sam_explore.automatic import FATES, Filters, Verdicts, default_filters, judge
from sam_explore.automatic.of_trace import candidates_of
from sam_explore.geometry import FOREGROUND
from sam_explore.mask_overlap import mask_iou
from sam_explore.number_text import text
from sam_explore.readings import Heatmap, Matrix, Panel, Scale
from sam_explore.tracing import Trace
from sam_explore.truth import region_in_words

from ..common.found_regions import FOUND, best_masks, large_regions
from ..common.mask_picture import draw_boxes, draw_points, masks_over_picture
from ..common.numbers import counted
from ..common.probe import Probe, knob
from ..common.truth import ComparedWithTruth, Target, in_words

OWN = -1  # of a knob for a threshold: the model's own
_MOST_ROWS = 8
_TRUE = "true\nIoU"  # the name of a column
_MOST_PIXELS = 256  # of a map, along each side


def _threshold_knob(name: str, about: str) -> Any:
    return knob(
        float(OWN),
        about,
        low=float(OWN),
        high=1.0,
        names=((OWN, "the model's own"),),
        stands_for=lambda run: getattr(default_filters(run.config), name),
        matters=True,
    )


@dataclass(frozen=True)
class MissingMask(ComparedWithTruth, Probe):
    """What became of every candidate for an automatic mask that lies under the click.

    A grid of clicks gives the candidates, three masks each; filters then drop most of them. With a
    layer of crops, the same grid is also asked about in each of four overlapping quarters of the
    picture, which finds smaller objects. Without a click, the middle of the picture is asked about.
    The words also have the predicted IoU of the run's own answer. Given a truth, the table has the
    true IoU of each candidate with what the click means.

    The thresholds are the model's own at first: 0.88 and 0.95 for the released ones.

    Reads: the run's prediction, and those for a grid of clicks, which are kept for the last few
        runs, so that the thresholds run the filters alone.
    Returns: a Panel: a Heatmap (row, column) of how many kept masks cover a pixel, drawn as the
        masks over the picture, each in a colour of its own; one of the candidate with the best
        predicted IoU under the click; and a Matrix of up to eight candidates there by predicted
        IoU, stability, and the IoU of its box with the box of the one that it lost to. Given a
        truth, a last Heatmap has the regions of 1 % of the picture or more that no kept mask finds.
    Unit: masks; IoU and stability from 0 to 1.
    Source: https://github.com/facebookresearch/segment-anything/blob/dca509f/segment_anything/automatic_mask_generator.py#L197
    """

    title = "Why is my object missing from the automatic masks?"

    pred_iou_thresh: float = _threshold_knob("pred_iou_thresh", "predicted IoU above")
    stability_score_thresh: float = _threshold_knob("stability_score_thresh", "stability from")
    box_nms_thresh: float = knob(0.7, "IoU of boxes up to", low=0.0, high=1.0)
    points_per_side: int = knob(8, "points a side", low=1, high=16)
    crop_n_layers: int = knob(0, "layers of crops", low=0, high=1)

    def read(self, trace: Trace) -> Panel:
        candidates = candidates_of(trace, self.points_per_side, self.crop_n_layers)
        verdicts = judge(candidates, self.filters(trace))
        place, asked = _place(trace)
        under = candidates.containing(place)
        target = self.target(trace)
        counts = ", ".join(
            f"{count} dropped by {name}"
            for name, count in verdicts.counts.items()
            if count and name != "kept"
        )
        words = (
            f"{len(verdicts.kept)} of {len(candidates)} candidates are kept"
            f"{f', {counts}' if counts else ''}. {len(under)} of all candidates lie {asked}."
        )
        readings: list[Heatmap | Matrix] = [_cover(trace, verdicts)]
        if len(under):
            best = int(under[0])
            words += f" The one with the best predicted IoU there: {verdicts.reason(best)}."
            readings += [_candidate(verdicts, best), _table(trace, verdicts, under, target)]
        missed = self._missed(trace, verdicts)
        if missed is not None:
            readings.append(missed)
            words += f" {missed.words}"
        if len(trace.prompts.points):
            chosen = trace.prediction.chosen
            words += (
                f" Your prompts themselves are answered by mask {chosen}, at predicted IoU "
                f"{in_words(trace.prediction.iou[chosen])}."
            )
        if target is not None and target.mask is None:
            words += f" {target.why_none}"
        return Panel(tuple(readings), "Automatic masks and their candidates", words, across=2)

    def _missed(self, trace: Trace, verdicts: Verdicts) -> Heatmap | None:
        """The large regions of the truth that no kept mask finds; None where none are known."""
        here = None if self.truth is None else self.truth.of(trace.image)
        large = [] if here is None else large_regions(here.scene)
        if here is None or not large:
            return None
        scene, best = here.scene, best_masks(verdicts, here.scene, large)
        missed = [number for number, iou in zip(large, best.kept, strict=True) if iou < FOUND]
        masks = [scene.mask(number) for number in missed]
        names = ", ".join(region_in_words(scene, number) for number in missed)
        grey = _thinned(trace.image).mean(axis=2).astype(np.uint8)
        return Heatmap(
            _thinned(sum(masks, np.zeros(trace.image.shape[:2]))),
            title=f"Missed: {len(missed)} of {len(large)} regions",
            words=(
                f"Of {counted(len(large), 'region')} of 1 % of the picture or more, no kept mask "
                f"has an IoU of {text(FOUND)} with {len(missed)}{f': {names}' if names else ''}."
            ),
            scale=Scale(unit="regions", low=0.0),
            frame="picture",
            colours=masks_over_picture(grey, [_thinned(mask) for mask in masks]),
            points_at_values=True,
        )

    def filters(self, trace: Trace) -> Filters:
        """The thresholds of this run: those that are set, and else the model's own."""
        own = default_filters(trace.sam.config)
        iou, stability = self.pred_iou_thresh, self.stability_score_thresh
        return Filters(
            own.pred_iou_thresh if iou == OWN else iou,
            own.stability_score_thresh if stability == OWN else stability,
            self.box_nms_thresh,
        )


def _place(trace: Trace) -> tuple[tuple[int, int], str]:
    """x and y of the pixel asked about, and what it is, in words."""
    height, width = trace.image.shape[:2]
    clicks = trace.prompts.points[trace.prompts.labels == FOREGROUND]
    x, y = clicks[-1] if len(clicks) else (width / 2, height / 2)
    pixel = min(int(x), width - 1), min(int(y), height - 1)
    said = "under the click" if len(clicks) else "in the middle of the picture, without a click"
    return pixel, said


def _step(image_size: tuple[int, int]) -> int:
    """Maps show every so many pixels, so that they stay small."""
    return max(1, -(-max(image_size) // _MOST_PIXELS))


def _thinned(
    values: Shaped[np.ndarray, "height width ..."],
) -> Shaped[np.ndarray, "row column ..."]:
    step = _step(values.shape[:2])
    return values[::step, ::step]


def _cover(trace: Trace, verdicts: Verdicts) -> Heatmap:
    candidates, kept = verdicts.candidates, verdicts.kept
    count = np.zeros(candidates.image_size)
    masks = []
    for index in kept:
        mask = candidates.mask(int(index))
        count += mask
        masks.append(_thinned(mask))
    crops = "; dashed lines are the edges of crops" if len(candidates.crops) > 1 else ""
    return Heatmap(
        _thinned(count),
        title=counted(len(kept), "kept mask"),
        words=f"Up to {text(count.max())} kept masks cover a pixel, and "
        f"{100 * (count > 0).mean():.0f} % of the picture is covered by one or more. Each mask has "
        "a colour of its own and a white border, the smallest on top. Dots are the points of the "
        f"grid, bright those of kept masks{crops}.",
        scale=Scale(unit="masks", low=0.0),
        frame="picture",
        colours=_drawn(trace, verdicts, masks),
        points_at_values=True,
    )


def _drawn(
    trace: Trace, verdicts: Verdicts, masks: list[Bool[np.ndarray, "row column"]]
) -> UInt8[np.ndarray, "row column 3"]:
    """The kept masks over the picture, with the points that were asked about and the crops."""
    candidates, step = verdicts.candidates, _step(verdicts.candidates.image_size)
    grey = _thinned(trace.image).mean(axis=2).astype(np.uint8)
    painted = masks_over_picture(grey, masks)
    boxes = np.array([crop.box for crop in candidates.crops if crop.layer], int)
    draw_boxes(painted, -(-boxes.reshape(-1, 4) // step))
    asked, which = np.unique(candidates.points_px, axis=0, return_inverse=True)
    bright = np.zeros(len(asked), bool)
    bright[which.reshape(-1)[verdicts.kept]] = True
    draw_points(painted, asked / step, bright)
    return painted


def _candidate(verdicts: Verdicts, index: int) -> Heatmap:
    mask = verdicts.candidates.mask(index)
    fate = FATES[verdicts.fate[index]]
    return Heatmap(
        _thinned(mask.astype(float)),
        title=f"Candidate {index}: {fate if fate == 'kept' else f'dropped by {fate}'}",
        words=f"Candidate {index} is {verdicts.reason(index)}.",
        scale=Scale(low=0.0, high=1.0, names=((0.0, "outside"), (1.0, "inside"))),
        frame="picture",
    )


def _table(
    trace: Trace, verdicts: Verdicts, under: Int[np.ndarray, "found"], target: Target | None
) -> Matrix:
    candidates, some = verdicts.candidates, under[:_MOST_ROWS]
    columns = {
        "predicted\nIoU": candidates.predicted_iou[some],
        "stability": candidates.stability[some],
        "overlap\nof boxes": verdicts.overlap[some],
    }
    if target is not None and target.mask is not None:
        truth = target.mask
        columns[_TRUE] = np.array([mask_iou(candidates.mask(int(index)), truth) for index in some])
    best = ""
    if _TRUE in columns and target is not None:
        nearest = int(columns[_TRUE].argmax())
        best = (
            f" Nearest to {target.name} comes candidate {some[nearest]}, at IoU "
            f"{in_words(columns[_TRUE][nearest])}: {verdicts.reason(int(some[nearest]))}."
        )
    return Matrix(
        np.stack(list(columns.values()), axis=1).astype(float),
        rows=tuple(f"{index}: {FATES[verdicts.fate[index]]}" for index in some),
        columns=tuple(columns),
        title="Candidates there",
        words=f"{len(some)} of {len(under)} candidates there, by predicted IoU.{best}",
        row_name="candidate",
        column_name="",
        scale=Scale(low=0.0, high=1.0),
    )
