"""A model's answers as figures, beside the goals, for people and for programs."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .asking import CORRECTIONS, FOUND, Answer
from .measures import Bin, calibration, spearman
from .tables import Groups, group_rows, markdown, mean_by_group

_COLUMNS = {
    "one click, best of 3": lambda answer: answer.best,
    "one click, chosen": lambda answer: answer.chosen,
    "box": lambda answer: answer.by_box,
    f"{CORRECTIONS} corrections": lambda answer: answer.corrected[-1],
    "ceiling, hard": lambda answer: answer.ceilings[0],
    "ceiling, graded": lambda answer: answer.ceilings[1],
}
GOALS = dict(zip(_COLUMNS, (0.85, 0.75, 0.90, 0.93, None, None), strict=True))
SPEARMAN_GOAL = 0.6
NESTED_GOAL = 0.6


@dataclass(frozen=True)
class Report:
    """What the exam found.

    mean_iou: by group of targets, for each kind of prompt; the ceilings are what the targets
        themselves keep at the resolution of the logits.
    after_corrections: mean IoU after one click and after each correction.
    spearman: correlation of predicted with true IoU over one-click prompts, for the masks of tokens
        1 to 3, and for the chosen ones alone.
    calibration: the curve of predicted against true IoU of tokens 1 to 3.
    nested: share of part and sub-part clicks whose masks have both the target and a region that
        holds it.
    """

    scenes: int
    mean_iou: Groups
    after_corrections: list[float]
    spearman: dict[str, float]
    calibration: list[Bin]
    nested: dict[str, float]

    def as_json(self) -> dict:
        """Plain lists, dicts and numbers."""
        points = [point._asdict() for point in self.calibration]
        goals = GOALS | {"spearman": SPEARMAN_GOAL, "nested": NESTED_GOAL}
        return {**vars(self), "calibration": points, "goals": goals}

    def lines(self) -> list[str]:
        """The report in markdown."""
        means = [*group_rows(self.mean_iou), ["goal", "", *(_goal(each) for each in GOALS)]]
        steps = [f"{i}: {mean:.3f}" for i, mean in enumerate(self.after_corrections)]
        nested = [f"{level} {share:.1%}" for level, share in self.nested.items()]
        return [
            f"Mean IoU over {self.mean_iou['all']['targets']} targets in {self.scenes} scenes.",
            "",
            *markdown(means),
            "",
            f"Mean IoU by number of corrections after one click: {', '.join(steps)}.",
            "",
            f"Part and sub-part clicks whose three masks hold both the target and a region around "
            f"it, each at IoU over {FOUND}: {', '.join(nested)} (goal {NESTED_GOAL:.0%}).",
            "",
            f"Spearman correlation of predicted with true IoU for one click: "
            f"{self.spearman['all three masks']:.3f} over all three masks, "
            f"{self.spearman['chosen mask']:.3f} over the chosen ones (goal {SPEARMAN_GOAL}).",
            "",
            *markdown([["predicted IoU", "masks", "mean predicted", "mean true"],
                       *([f"{b.start:.1f} to {b.stop:.1f}", *b[2:]] for b in self.calibration)]),
        ]  # fmt: skip


def _goal(column: str) -> object:
    return "" if GOALS[column] is None else GOALS[column]


def report(answers: Sequence[Answer], scenes: int) -> Report:
    """The figures of a model's answers in so many scenes."""
    asked = [(answer.kind, answer.target) for answer in answers]
    columns = {name: np.array([of(each) for each in answers]) for name, of in _COLUMNS.items()}
    predicted = np.stack([answer.predicted for answer in answers])
    true = np.stack([answer.by_click for answer in answers])
    best = predicted.argmax(axis=1)
    rows = np.arange(len(answers))
    return Report(
        scenes=scenes,
        mean_iou=mean_by_group(asked, columns),
        after_corrections=np.mean([answer.corrected for answer in answers], axis=0).tolist(),
        spearman={
            "all three masks": spearman(predicted.ravel(), true.ravel()),
            "chosen mask": spearman(predicted[rows, best], true[rows, best]),
        },
        calibration=calibration(predicted.ravel(), true.ravel()),
        nested=_nested(answers),
    )


def _nested(answers: Sequence[Answer]) -> dict[str, float]:
    asked = [answer for answer in answers if answer.nested is not None]
    groups = {"both": asked} | {
        level: [answer for answer in asked if answer.target.level == level]
        for level in ("part", "sub-part")
    }
    return {
        name: float(np.mean([answer.nested for answer in group]))
        for name, group in groups.items()
        if group
    }
