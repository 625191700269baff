"""A model's answers as figures, next to the goals, for people and for programs."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .asking import CORRECTIONS, FEW_CORRECTIONS, FOUND, Answer
from .measures import Bin, calibration, spearman
from .tables import Groups, group_rows, markdown, mean_by_group
from .worlds import EXAM, World

_COLUMNS = {
    "one click, best of 3": lambda answer: answer.best,
    "one click, chosen": lambda answer: answer.chosen,
    "box": lambda answer: answer.by_box,
    f"{FEW_CORRECTIONS} corrections": lambda answer: answer.corrected[FEW_CORRECTIONS],
    f"{CORRECTIONS} corrections": lambda answer: answer.corrected[-1],
    "ceiling, hard": lambda answer: answer.ceilings[0],
    "ceiling, graded": lambda answer: answer.ceilings[1],
}
_SLACK = 0.01  # of IoU, within which corrections count as no worse


@dataclass(frozen=True)
class Report:
    """The results of the exam.

    mean_iou: by group of targets, for each kind of prompt; the ceilings are what the targets
        themselves keep at the resolution of the logits.
    after_corrections: mean IoU after one click and after each correction.
    spearman: correlation of predicted with true IoU over one-click prompts, for the masks of tokens
        1 to 3, and for the chosen ones alone.
    calibration: the curve of predicted against true IoU of tokens 1 to 3.
    nested: share of part and sub-part clicks whose masks have both the target and a region that
        holds it.
    by_rule: for each rule for corrections the mean IoU after two, and the share of targets for
        which that is no worse than the mask chosen for one click.
    goals: see `World.goals`.
    """

    scenes: int
    mean_iou: Groups
    after_corrections: list[float]
    spearman: dict[str, float]
    calibration: list[Bin]
    nested: dict[str, float]
    by_rule: dict[str, dict[str, float]]
    goals: dict[str, float]

    def as_json(self) -> dict:
        """Plain lists, dicts and numbers."""
        points = [point._asdict() for point in self.calibration]
        return {**vars(self), "calibration": points}

    def lines(self) -> list[str]:
        """The report in markdown."""
        means = [*group_rows(self.mean_iou), ["goal", "", *map(self._goal, _COLUMNS)]]
        steps = [f"{i}: {mean:.3f}" for i, mean in enumerate(self.after_corrections)]
        nested = [f"{level} {share:.1%}" for level, share in self.nested.items()]
        return [
            f"Mean IoU over {self.mean_iou['all']['targets']} targets in {self.scenes} scenes.",
            "",
            *markdown(means),
            "",
            f"Mean IoU by number of corrections after one click: {', '.join(steps)}.",
            "",
            *markdown(self._rules()),
            "",
            f"Part and sub-part clicks whose three masks hold both the target and a region around "
            f"it, each at IoU over {FOUND}: {', '.join(nested)} (goal {self.goals['nested']:.0%}).",
            "",
            f"Spearman correlation of predicted with true IoU for one click: "
            f"{self.spearman['all three masks']:.3f} over all three masks, "
            f"{self.spearman['chosen mask']:.3f} over the chosen ones "
            f"(goal {self.goals['spearman']}).",
            "",
            *markdown([["predicted IoU", "masks", "mean predicted", "mean true"],
                       *([f"{b.start:.1f} to {b.stop:.1f}", *b[2:]] for b in self.calibration)]),
        ]  # fmt: skip

    def _goal(self, column: str) -> object:
        return self.goals.get(column, "")

    def _rules(self) -> list[list[object]]:
        head: list[object] = [
            f"{FEW_CORRECTIONS} corrections by the rule",
            "mean IoU",
            "no worse than one click",
        ]
        rows = [[name, *row.values()] for name, row in self.by_rule.items()]
        goals = [
            "goal for the first",
            *map(self._goal, (f"{FEW_CORRECTIONS} corrections", "no worse")),
        ]
        return [head, *rows, goals]


def report(answers: Sequence[Answer], scenes: int, world: World = EXAM) -> Report:
    """The report on a model's results in a number of scenes of a world."""
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
        by_rule=_by_rule(answers),
        goals=world.goals,
    )


def _by_rule(answers: Sequence[Answer]) -> dict[str, dict[str, float]]:
    before = np.array([answer.chosen for answer in answers])
    found = {}
    for name in answers[0].by_rule:
        after = np.array([answer.by_rule[name] for answer in answers])
        no_worse = float((after >= before - _SLACK).mean())
        found[name] = {"mean IoU": float(after.mean()), "no worse": no_worse}
    return found


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
