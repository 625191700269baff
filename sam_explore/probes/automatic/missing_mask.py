"""Why is my object missing from the automatic masks?"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from sam_explore.automatic import FATES, Filters, Verdicts, default_filters, judge
from sam_explore.automatic.of_trace import candidates_of
from sam_explore.geometry import FOREGROUND
from sam_explore.mask_overlap import mask_iou
from sam_explore.model import TOY
from sam_explore.number_text import text
from sam_explore.readings import Heatmap, Matrix, Panel, Scale
from sam_explore.tracing import Trace

from ..common.probe import Probe, knob
from ..common.truth import ComparedWithTruth, Target, in_words

_OF_THE_SHIPPED = default_filters(TOY)
_MOST_ROWS = 8
_MOST_PIXELS = 128  # of a map, along each side


@dataclass(frozen=True)
class MissingMask(ComparedWithTruth, Probe):
    """What became of every candidate for an automatic mask that lies under the click.

    A grid of clicks gives the candidates, three masks each; filters then drop most of them. Without
    a click, the middle of the picture is asked about. The words also have the predicted IoU of the
    run's own answer. Given a truth, the table has the true IoU of each candidate with what the
    click means.

    Reads: the run's prediction, and those for a grid of clicks, which are kept for the last few
        runs, so that the thresholds run the filters alone. No crops.
    Returns: a Panel: a Heatmap (row, column) over the picture of how many kept masks cover a pixel;
        one of the candidate with the best predicted IoU under the click; and a Matrix of up to
        eight candidates there by predicted IoU, stability, and the IoU of its box with the box of
        the one that it lost to.
    Unit: masks; IoU and stability from 0 to 1.
    Source: https://github.com/facebookresearch/segment-anything/blob/dca509f/segment_anything/automatic_mask_generator.py#L197
    """

    title = "Why is my object missing from the automatic masks?"

    pred_iou_thresh: float = knob(
        _OF_THE_SHIPPED.pred_iou_thresh, "predicted IoU above", low=0.0, high=1.0, matters=True
    )
    stability_score_thresh: float = knob(
        _OF_THE_SHIPPED.stability_score_thresh, "stability from", low=0.0, high=1.0, matters=True
    )
    box_nms_thresh: float = knob(0.7, "IoU of boxes up to", low=0.0, high=1.0)
    points_per_side: int = knob(8, "points a side", low=1, high=16)

    def read(self, trace: Trace) -> Panel:
        candidates = candidates_of(trace, self.points_per_side)
        filters = Filters(self.pred_iou_thresh, self.stability_score_thresh, self.box_nms_thresh)
        verdicts = judge(candidates, filters)
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
        readings: list[Heatmap | Matrix] = [_cover(verdicts)]
        if len(under):
            best = int(under[0])
            words += f" The one with the best predicted IoU there: {verdicts.reason(best)}."
            readings += [_candidate(verdicts, best), _table(trace, verdicts, under, target)]
        if len(trace.prompts.points):
            chosen = trace.prediction.chosen
            words += (
                f" Your prompts themselves are answered by mask {chosen}, at predicted IoU "
                f"{in_words(trace.prediction.iou[chosen])}."
            )
        if target is not None and target.mask is None:
            words += f" {target.why_none}"
        return Panel(tuple(readings), "Automatic masks and their candidates", words, across=2)


def _place(trace: Trace) -> tuple[tuple[int, int], str]:
    """x and y of the pixel asked about, and what it is, in words."""
    height, width = trace.image.shape[:2]
    clicks = trace.prompts.points[trace.prompts.labels == FOREGROUND]
    x, y = clicks[-1] if len(clicks) else (width / 2, height / 2)
    pixel = min(int(x), width - 1), min(int(y), height - 1)
    said = "under the click" if len(clicks) else "in the middle of the picture, without a click"
    return pixel, said


def _thinned(values: Float[np.ndarray, "height width"]) -> Float[np.ndarray, "row column"]:
    """Every so many pixels, so that the map stays small."""
    step = max(1, -(-max(values.shape) // _MOST_PIXELS))
    return values[::step, ::step]


def _cover(verdicts: Verdicts) -> Heatmap:
    candidates = verdicts.candidates
    count = np.zeros(candidates.image_size)
    for index in verdicts.kept:
        count += candidates.mask(int(index))
    return Heatmap(
        _thinned(count),
        title=f"The {len(verdicts.kept)} kept masks",
        words=f"Up to {text(count.max())} kept masks cover a pixel, and "
        f"{100 * (count > 0).mean():.0f} % of the picture is covered by one or more.",
        scale=Scale(unit="masks", low=0.0),
        frame="picture",
    )


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
        "predicted IoU": candidates.predicted_iou[some],
        "stability": candidates.stability[some],
        "box IoU with the winner": verdicts.overlap[some],
    }
    if target is not None and target.mask is not None:
        truth = target.mask
        columns["true IoU"] = np.array(
            [mask_iou(candidates.mask(int(index)), truth) for index in some]
        )
    best = ""
    if "true IoU" in columns and target is not None:
        nearest = int(columns["true IoU"].argmax())
        best = (
            f" Nearest to {target.name} comes candidate {some[nearest]}, at IoU "
            f"{in_words(columns['true IoU'][nearest])}: {verdicts.reason(int(some[nearest]))}."
        )
    return Matrix(
        np.stack(list(columns.values()), axis=1).astype(float),
        rows=tuple(
            f"{index}, token {candidates.tokens[index]}: {FATES[verdicts.fate[index]]}"
            for index in some
        ),
        columns=tuple(columns),
        title="Candidates there",
        words=f"{len(some)} of {len(under)} candidates there, by predicted IoU.{best}",
        row_name="candidate",
        column_name="",
        scale=Scale(low=0.0, high=1.0),
    )
