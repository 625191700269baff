"""What mask comes out without the directions that a read-out reads?"""

from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from jaxtyping import Float

from sam_explore.automatic.kept import Kept
from sam_explore.model.addresses import in_block
from sam_explore.read_only import ReadOnlyArrays
from sam_explore.readings import Gallery, Heatmap, Matrix, Panel, Scale
from sam_explore.tracing import Trace
from sam_explore.tracing.interventions import RemoveDirections

from ..common.clicks import with_a_prompt
from ..common.fact_tokens import (
    SceneTokens,
    fact_knob,
    halves,
    joined,
    learned,
    run_key,
    scene_tokens,
    scenes_knob,
)
from ..common.intervals import interval_in_words
from ..common.logits import logit_scale, logits_in_words, overlap_in_logits
from ..common.numbers import counted
from ..common.probe import Probe, block_knob, knob, mask_knob, mask_shown, threshold_knob
from ..common.read_outs import Asked, directions_to_remove, without_directions
from ..common.token_truth import FACTS
from ..common.truth import ComparedWithTruth, in_words

_RUNS = (
    "as it is",
    "without what is read",
    "as much, random directions",
    "without random directions",
)


@dataclass(frozen=True, eq=False)
class Removable(ReadOnlyArrays):
    """Directions of a question's read-outs at one place, and random ones.

    Args:
        read, random: of length 1, and at right angles to the others of the table.
        right: the share of right answers in each scene that was not learned from, of a read-out
            that is learned again: as it is, without these, and without the random ones.
    """

    read: Float[np.ndarray, "channel direction"]
    random: Float[np.ndarray, "channel direction"]
    right: Float[np.ndarray, "scene 3"]


_kept: Kept[Removable] = Kept(most=32)


@dataclass(frozen=True)
class RemovedDirections(ComparedWithTruth, Probe):
    """The mask of a run in which a question can no longer be read off the tokens of one block.

    Read-outs are learned as in `KnownByDepth`. All tokens then get the mean of all along the
    directions that the first one reads, another one is learned and removed, and so on. A new one,
    learned on what is left, says how much was removed: the table has its share of right answers,
    the mean over scenes that were not learned from. Later blocks may work the answer out again from
    what is left.

    Any change of the tokens may change a mask. So two controls stand next to it. As much is taken
    off each token, but along random directions; and as many random directions are removed, which
    mostly takes off less. The mask needs what is read if it loses more than in both.

    Given a truth, the words hold the mask's true IoU before and after, next to the predicted one.

    Reads: image_encoder.vit.blocks.N.hook_residual_post of drawn scenes; and the predictions of
        the run with the directions removed there.
    Returns: a Panel of a Gallery of Heatmaps (row, column) over the picture, raw logits as they
        are, without the directions and in both controls; and a Matrix of these runs by right
        answers, overlap with the mask as it is, and predicted IoU.
    Unit: logits; shares and IoU from 0 to 1, in the frame of the logits, two empty masks 1.
    Source: iterative null-space projection (arXiv 2004.07667), and random directions as its
        control (arXiv 2006.00995), for language models.
    """

    title = "What mask comes out without what a read-out reads?"
    makes_a_click = True
    runs_encoder = True
    is_sweep = True

    fact: str = fact_knob()
    block: int = block_knob(matters=True)
    directions: int = knob(8, "directions removed", low=1, high=16)
    scenes: int = scenes_knob(16)
    mask: int = mask_knob()
    threshold: float = threshold_knob()

    def coarser(self, trace: Trace) -> tuple["RemovedDirections", ...]:
        return (replace(self, scenes=8),) if self.scenes > 8 else ()

    def read(self, trace: Trace) -> Panel:
        trace, said = with_a_prompt(trace)
        at = in_block(self.block, "hook_residual_post")
        found = removable(trace, self.fact, self.scenes, at, self.directions)
        runs = runs_without(trace, at, found)
        mask = mask_shown(self.mask, trace.prediction)
        overlaps = [
            overlap_in_logits(trace.prediction, run.prediction, mask, self.threshold)
            for run in runs
        ]
        answers = trace.prediction, runs[1].prediction
        true = self.change_of_ious_in_words(trace, answers, mask, self.threshold)
        words = f"{said}{self._words(found, overlaps, mask)}{true}"
        return Panel(
            (self._maps(runs, mask), self._table(runs, found, overlaps, mask, words)),
            f"Mask {mask} without “{self.fact}” after block {self.block}",
            words,
            across=1,
        )

    def _maps(self, runs: list[Trace], mask: int) -> Gallery:
        scale = logit_scale(self.threshold)
        maps = tuple(
            Heatmap(
                run.prediction.visible[mask],
                title=name[0].upper() + name[1:],
                words=logits_in_words(
                    f"mask {mask} {name}", run.prediction.visible[mask], self.threshold
                ),
                scale=scale,
                frame="logits",
            )
            for name, run in zip(_RUNS, runs, strict=True)
        )
        return Gallery(maps, f"Logits of mask {mask}", maps[0].words, scale)

    def _table(
        self, runs: list[Trace], found: Removable, overlaps: list[float], mask: int, words: str
    ) -> Matrix:
        whole, removed, random = found.right.mean(axis=0)
        right = [whole, removed, np.nan, random]
        ious = [float(run.prediction.iou[mask]) for run in runs]
        return Matrix(
            np.stack([right, overlaps, ious], axis=1),
            rows=_RUNS,
            columns=("right answers\nread again", "overlap with\nthe mask", "predicted\nIoU"),
            title=f"{counted(found.read.shape[1], 'direction')} of each token",
            words=words,
            row_name="run",
            column_name="",
            scale=Scale("share or IoU", low=0.0, high=1.0),
        )

    def _words(self, found: Removable, overlaps: list[float], mask: int) -> str:
        whole, removed, random = (interval_in_words(each) for each in found.right.T)
        _, without, as_much, others = map(in_words, overlaps)
        return (
            f"{counted(found.read.shape[1], 'direction')} of {found.read.shape[0]} are removed "
            f"after block {self.block}. Of the questions {FACTS[self.fact].asks}, a read-out "
            f"answers {whole} rightly there, a new one {removed} without them, and {random} "
            f"without as many random ones. The overlap with mask {mask} as it is: {without} "
            f"without what is read, {as_much} where as much is taken off along random directions, "
            f"{others} without the random directions."
        )


def runs_without(trace: Trace, at: str, found: Removable) -> list[Trace]:
    """A run as it is, without what is read at a place, and in both controls, in this order."""
    changes = (
        RemoveDirections(at, found.read),
        RemoveDirections(at, found.read, found.random),
        RemoveDirections(at, found.random),
    )
    return [trace, *map(trace.with_interventions, changes)]


def removable(trace: Trace, fact: str, count: int, at: str, directions: int) -> Removable:
    """Directions at a place; kept for the last few models, questions and places."""
    trace.engine.refuse_changed_weights()  # also where the answer is kept
    key = run_key(trace), fact, count, at, directions
    return _kept.get(key, partial(_compute, trace, fact, count, at, directions))


def _compute(trace: Trace, fact: str, count: int, at: str, directions: int) -> Removable:
    learning, testing = halves(scene_tokens(trace, fact, count, [at]))
    questions = joined([each.asked[0] for each in learning])
    centre = questions.first.mean(axis=0)
    form, answers = FACTS[fact].form, len(FACTS[fact].answers)
    read = directions_to_remove(form, questions, answers, directions)
    chance = np.random.default_rng(0)
    random = np.linalg.qr(chance.normal(size=read.shape))[0]
    gone = (read[:, :0], read, random)
    right = [_right(fact, learning, testing, centre, each) for each in gone]
    return Removable(read, random, np.array(right).T)


def _right(
    fact: str,
    learning: list[SceneTokens],
    testing: list[SceneTokens],
    centre: Float[np.ndarray, "channel"],
    gone: Float[np.ndarray, "channel direction"],
) -> list[float]:
    """By a read-out that is learned without some directions, in each scene to test on."""

    def left(asked: Asked) -> Asked:
        first, second = (
            without_directions(each, centre, gone) for each in (asked.first, asked.second)
        )
        return Asked(first, second, asked.answers)

    read_out = learned(fact, left(joined([each.asked[0] for each in learning])))
    return [read_out.right(left(each.asked[0])) for each in testing]
