"""What predicted IoU and stability are worth, next to the truth.

Each function is called with `session.now`, or the session itself, and reads its run. Most are about
clicks on drawn scenes, as in `ScoreReliability`.
"""

from dataclasses import astuple
from functools import partial
from itertools import islice
from typing import Any

import numpy as np
from jaxtyping import Float

from sam_explore.automatic.kept import Kept
from sam_explore.number_text import text
from sam_explore.prediction import stability_of
from sam_explore.probes.common.asked_objects import asked_levels
from sam_explore.probes.common.fact_tokens import run_key
from sam_explore.probes.common.input_sizes import AS_IN_RUN, encoded_as_in
from sam_explore.probes.common.intervals import interval_in_words
from sam_explore.probes.common.numbers import counted
from sam_explore.probes.common.score_cases import agreement_within, choose, scored
from sam_explore.probes.masks.stability_curve import StabilityCurve
from sam_explore.tracing import Trace, announce

from .fact import Fact, mask_of

TOO_HIGH, RIGHT, TOO_LOW = "too high", "right", "too low"
BEST, ANOTHER, UNKNOWN = "best", "another", "unknown"
SCENES, CLICKS = 16, 3
_NEAR = 0.1  # IoU, up to which a guess counts as right
_ALIKE = (0.6, 0.8)  # true IoU of masks that have much the same
_FEWEST = 10  # masks, of which a tenth can be taken

Scores = Float[np.ndarray, "scene click mask score"]  # as in `ScoredMask`

_kept: Kept[Scores] = Kept(most=4)


def guesses_are(now: Any) -> Fact:
    """Whether the predicted IoU is too high or too low, in the mean over clicks on drawn scenes.

    A mask is compared with the level under the click that fits it best; the words have the mean
    over all of them as well, since the click does not say which is meant.

    Returns a `Fact` with "too high", "too low", or "right" if it is off by 0.1 at most.
    """
    scores = _scores(now.trace)
    predicted, true, meant = scores[..., 0], scores[..., 2], scores[..., 5]
    off = float((predicted - true).mean())
    by_best, by_meant = ((predicted - each).mean(axis=(1, 2)) for each in (true, meant))
    within = [agreement_within(click) for scene in scores for click in scene]
    return Fact(
        RIGHT if abs(off) <= _NEAR else TOO_HIGH if off > 0 else TOO_LOW,
        f"Over {predicted.size} masks of {len(scores)} scenes the predicted IoU is "
        f"{text(float(predicted.mean()), 2)} in the mean. The true one with the level that fits "
        f"best is {text(float(true.mean()), 2)}, so that the guess is off by "
        f"{interval_in_words(by_best)}. In the mean over all levels under the click, any of which "
        f"may be meant, it is {text(float(meant.mean()), 2)}, and the guess is off by "
        f"{interval_in_words(by_meant)}. Within the masks of one prompt the rank correlation of "
        f"predicted IoU and best fit is {text(float(np.nanmean(within)), 2)}.",
    )


def guesses_by_levels(now: Any) -> Fact:
    """Whether the predicted IoU is low because a click does not say what is meant.

    Returns a `Fact` with the predicted IoU less the true one in the mean over the levels that may
    be meant, of clicks with the most levels under them.
    """
    every = _scores(now.trace).reshape(-1, _scores(now.trace).shape[-1])
    levels = every[:, 6]
    said = []
    for count in sorted(set(levels.tolist()), reverse=True):
        predicted, _, true, _, _, meant, _ = every[levels == count].mean(axis=0)
        under = f"With {counted(int(count), 'level')} under the click: {text(float(predicted), 2)}"
        if count > 1:
            under += f" predicted, {text(float(meant), 2)} in the mean over what may be meant"
            said.append(f"{under}, {text(float(true), 2)} with the best fit")
        else:
            said.append(f"{under} predicted, {text(float(true), 2)} true")
    predicted, _, _, _, _, meant, _ = every[levels == levels.max()].mean(axis=0)
    return Fact(float(predicted - meant), f"The masks' mean IoU. {'. '.join(said)}.")


def gained_by_choosing(now: Any) -> Fact:
    """How much of what a perfect choice among the alternatives gains the predicted IoU gains.

    Returns a `Fact` with a percentage of the difference in true IoU between the best of them and
    one by chance.
    """
    scores = _scores(now.trace)
    by_way = np.array([[astuple(choose(click)) for click in scene] for scene in scores])
    predicted, stability, _, chance, best = by_way.mean(axis=(0, 1))
    gained = gained_of(predicted, chance, best)
    against = (by_way[..., 1] - by_way[..., 0]).mean(axis=1)
    return Fact(
        100 * gained,
        f"Of the alternatives, the one with the best predicted IoU has a true IoU of "
        f"{text(predicted, 2)} in the mean, one by chance {text(chance, 2)}, and the best "
        f"{text(best, 2)}: choosing by predicted IoU gains {text(100 * gained, 2)} % of what there "
        f"is to gain. The most stable one has {text(stability, 2)}; the difference from the "
        f"predicted IoU's choice is {interval_in_words(against)}.",
    )


def hidden_by_one_number(now: Any) -> Fact:
    """How far apart masks of much the same true IoU can be, by the distance of their borders.

    Returns a `Fact` with the 90th percentile of the distance of a mask's border from the true one,
    over the 10th, of all masks with a true IoU from 0.6 to 0.8; NaN if there are fewer than ten.
    """
    low, high = _ALIKE
    distances = borders_between(_scores(now.trace), low, high)
    said = f"a true IoU between {text(low)} and {text(high)}"
    if len(distances) < _FEWEST:
        return Fact(float("nan"), f"Only {len(distances)} of the masks have {said}.")
    near, far = map(float, np.percentile(distances, (10, 90)))
    ratio = far / near if near else float("inf")
    return Fact(
        ratio,
        f"Of the masks, {len(distances)} have {said}. In the nearest tenth of them the border lies "
        f"{text(near, 2)} cells of the logits or less from the true one, in the farthest tenth "
        f"{text(far, 2)} or more: {text(ratio, 2)} times as far.",
    )


def scores_of_this_click(now: Any) -> Fact:
    """The scores of the mask that is shown, next to its true IoU if the truth is shown.

    Returns a `Fact` with "best" if it is the best of the masks by true IoU, "another" if another
    one is, and "unknown" without a truth.
    """
    run, mask = now.trace, mask_of(now)
    stability = stability_of(run.prediction.sampled, now.threshold)[mask]
    words = (
        f"Mask {mask}, which is shown, has a predicted IoU of "
        f"{text(float(run.prediction.iou[mask]), 2)} and a stability of {text(float(stability), 2)}"
    )
    target = StabilityCurve(truth=now.shown_truth).target(run)
    if target is None or target.mask is None:
        return Fact(UNKNOWN, f"{words}. Its true IoU is not known.")
    true = target.ious(run.prediction, now.threshold)
    best = int(true.argmax())
    which = "the best of all" if best == mask else f"mask {best} has {text(float(true[best]), 2)}"
    return Fact(
        BEST if best == mask else ANOTHER,
        f"{words}; its true IoU with {target.name} is {text(float(true[mask]), 2)}, {which}.",
    )


def gained_of(chosen: float, chance: float, best: float) -> float:
    """The share of the way from chance to the best that a choice goes; 1 where there is none."""
    return (chosen - chance) / (best - chance) if best > chance else 1.0


def borders_between(scores: Scores, low: float, high: float) -> Float[np.ndarray, "found"]:
    """The distances of the borders of all masks whose true IoU lies between two numbers."""
    flat = scores.reshape(-1, scores.shape[-1])
    true, border = flat[:, 2], flat[:, 3]
    return border[(true >= low) & (true <= high) & np.isfinite(border)]


def _scores(run: Trace) -> Scores:
    """Of the masks for clicks on drawn scenes; kept for the last few models."""
    run.engine.refuse_changed_weights()  # also where the answer is kept
    return _kept.get(run_key(run), partial(_compute, run))


def _compute(run: Trace) -> Scores:
    found = []
    for number, asked in enumerate(islice(asked_levels(), SCENES), start=1):
        announce(f"Scene {number} of {SCENES}")
        found.append(scored(run.sam, encoded_as_in(run, asked.image, AS_IN_RUN), asked, CLICKS))
    return np.array(found)
