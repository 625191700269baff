"""What does each click do, with and without the logits fed back?"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from sam_explore.geometry import Prompts
from sam_explore.mask_overlap import mask_iou
from sam_explore.number_text import text
from sam_explore.prediction import Prediction
from sam_explore.readings import Curve, Gallery, Heatmap, Panel, Profile
from sam_explore.tracing import Trace, answers
from sam_explore.tracing.step_callback import announce

from ..common.logits import logit_scale, logits_in_words
from ..common.numbers import counted
from ..common.probe import Probe, mask_knob, mask_shown, threshold_knob
from ..common.truth import ComparedWithTruth, Target

MOST_STEPS = 24  # of a replay
_FILMSTRIP = 8  # masks a row
_WAYS = ("logits fed back", "nothing fed back")


class Step(NamedTuple):
    """An answer on the way, and which of its masks is shown and corrected."""

    clicks: int
    answer: Prediction
    mask: int


@dataclass(frozen=True)
class ClickStory(ComparedWithTruth, Probe):
    """The run's clicks one after the other, with and without the logits fed back.

    The model is asked the first click, the first two, the first three. Once as people correct a
    mask: the logits of the mask that was shown go back with the next
    click. And once without, as a predictor does that is only given all points. A box comes first,
    as a step of its own. A mask hint of the run is left out, since it may itself be one that was
    fed back.

    Reads: the predictions for the run's first prompts, of which nothing is cached; at most 24 of
        them.
    Returns: a Panel: two Galleries of Heatmaps (row, column) of the shown mask's raw logits over
        the picture, the last eight steps with logits fed back and without; and a Profile over the
        number of clicks of the shown mask's predicted IoU and, given a truth, of its true IoU.
    Unit: logits; IoU from 0 to 1, though a predicted one can leave that range.
    Source: the training algorithm in appendix A of arXiv 2304.02643 feeds logits back;
        segment_anything's issues 54, 315, 330, 347 and 544 ask why its demo and its notebook
        differ.
    """

    title = "What does each click do, with and without logits fed back?"

    mask: int = mask_knob()
    threshold: float = threshold_knob()

    def read(self, trace: Trace) -> Panel:
        stories = {way: self.replayed(trace, way == _WAYS[0]) for way in _WAYS}
        truth = self.target(trace)
        target = None if truth is None or truth.mask is None else truth
        strips = tuple(self._strip(way, story, target) for way, story in stories.items())
        curves = _curves(stories, target, self.threshold)
        words = self._words(trace, stories, target)
        words += f" {truth.why_none}" if truth is not None and target is None else ""
        profile = Profile(
            np.array([step.clicks for step in stories[_WAYS[0]]], float),
            curves,
            title="IoU of the shown mask",
            words=words,
            x_name="clicks",
            y_name="IoU",
            y_reach=(0.0, 1.0),
        )
        title = f"{counted(len(trace.prompts.points), 'click')}, one after the other"
        return Panel((*strips, profile), title=title, words=words, across=1)

    def replayed(self, trace: Trace, feeds_back: bool) -> list[Step]:
        """The answers to the run's prompts one after the other."""
        hint, story, asked = None, [], _steps(trace.prompts)
        for number, prompts in enumerate(asked):
            announce(f"Step {number + 1} of {len(asked)}")
            (answer,) = answers([trace.with_prompts(prompts.with_mask_hint(hint))])
            mask = mask_shown(self.mask, answer)
            story.append(Step(len(prompts.points), answer, mask))
            hint = answer.logits[mask] if feeds_back else None
        return story

    def _strip(self, way: str, story: list[Step], target: Target | None) -> Gallery:
        maps = []
        for clicks, answer, mask in story[-_FILMSTRIP:]:
            logits = answer.visible[mask]
            title = f"{counted(clicks, 'click')}: mask {mask},\npredicted {_iou(answer.iou[mask])}"
            if target is not None:
                title += f", true {target.ious(answer, self.threshold)[mask]:.2f}"
            maps.append(
                Heatmap(
                    logits,
                    title=title,
                    words=logits_in_words(f"mask {mask}", logits, self.threshold),
                    scale=logit_scale(self.threshold),
                    frame="logits",
                )
            )
        name = way[0].upper() + way[1:]
        return Gallery(tuple(maps), name, f"{name}.", logit_scale(self.threshold))

    def _words(self, trace: Trace, stories: dict[str, list[Step]], target: Target | None) -> str:
        (with_, without) = (stories[way][-1] for way in _WAYS)
        said = f"After {counted(with_.clicks, 'click')}"
        words = (
            f"{said} the predicted IoU of the shown mask is {_iou(with_.answer.iou[with_.mask])} "
            f"with logits fed back and {_iou(without.answer.iou[without.mask])} without."
        )
        if target is not None:
            true = (
                target.ious(each.answer, self.threshold)[each.mask] for each in (with_, without)
            )
            words += " Its true IoU with {} is {:.2f} and {:.2f}.".format(target.name, *true)
        masks = (each.answer.visible[each.mask] > self.threshold for each in (with_, without))
        words += f" The two masks have an IoU of {text(mask_iou(*masks), decimals=2)}."
        left_out = len(trace.prompts.points) - with_.clicks
        if left_out:
            words += f" {counted(left_out, 'further click')} were not replayed."
        return words


def _iou(value: float | np.floating) -> str:
    return text(value, decimals=2)


def _steps(prompts: Prompts) -> list[Prompts]:
    """What is asked one after the other: a box, then its points one by one."""
    start = Prompts(box=prompts.box, unprompted=prompts.unprompted)
    steps = [start] if prompts.box is not None or not len(prompts.points) else []
    for count in range(1, len(prompts.points) + 1):
        points, labels = prompts.points[:count], prompts.labels[:count]
        steps.append(Prompts(points, labels, prompts.box))
    return steps[:MOST_STEPS]


def _curves(
    stories: dict[str, list[Step]], target: Target | None, threshold: float
) -> tuple[Curve, ...]:
    """Predicted IoU of the shown mask by step, both ways, and its true IoU if a truth is known."""
    curves = [
        Curve(np.array([step.answer.iou[step.mask] for step in story]), f"predicted, {way}")
        for way, story in stories.items()
    ]
    if target is not None:
        curves += [
            Curve(
                np.array([target.ious(step.answer, threshold)[step.mask] for step in story]),
                f"true, {way}",
            )
            for way, story in stories.items()
        ]
    return tuple(curves)
