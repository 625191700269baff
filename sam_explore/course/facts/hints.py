"""What a mask hint does next to a click, and what feeding logits back does.

Each function is called with `session.now`, or the session itself, and reads its run.
"""

from typing import Any

import numpy as np
from jaxtyping import Bool

from sam_explore.corrections import answering
from sam_explore.geometry import Prompts
from sam_explore.mask_overlap import mask_iou
from sam_explore.number_text import text
from sam_explore.prediction import Prediction
from sam_explore.probes.common.hints import moved_away, over_the_picture, scaled_to
from sam_explore.probes.common.numbers import counted
from sam_explore.probes.hints.click_story import ClickStory
from sam_explore.tracing import Trace, answers

from .fact import Fact

CLICK, HINT, NEITHER, AS_WITHOUT = "click", "hint", "neither", "as without"
LARGEST = 10.0  # logit of the hints
_FOLLOWS = 0.5  # the least IoU with what is followed


def hint_alone(now: Any) -> Fact:
    """How well a hint alone is followed: the mask's own logits, scaled to 10, and no other prompt.

    Returns a `Fact` with the IoU of the answer with the hint's mask, in percent.
    """
    run, mask, plain = _without_hint(now)
    hint = scaled_to(plain.logits[mask].astype(float), LARGEST, run.frame)
    nothing, meant = np.zeros_like(hint), over_the_picture(hint, run.frame) > 0
    alone, zeros = answers([run.with_prompts(Prompts(mask_hint=each)) for each in (hint, nothing)])
    followed, by_nothing = (mask_iou(_inside(each, mask, now), meant) for each in (alone, zeros))
    return Fact(
        100 * followed,
        f"Given its own logits of mask {mask} as a hint, scaled to {text(LARGEST)}, and nothing "
        f"else, the model answers with a mask that has an IoU of {text(followed, 2)} with the "
        f"hint's. The control: a hint of zeros, which says nothing of any place, gives a mask that "
        f"has {text(by_nothing, 2)} with it.",
    )


def hint_elsewhere(now: Any) -> Fact:
    """Where the mask is if the hint, alone, lies half a picture lower than the mask it was made of.

    Returns a `Fact` with "hint" or "as without" for whichever mask the answer has the greater IoU
    with, that of the moved hint or that of a hint of zeros; "neither" if both are below 0.5.
    """
    run, mask, plain = _without_hint(now)
    hint = scaled_to(plain.logits[mask].astype(float), LARGEST, run.frame)
    moved = moved_away(hint, run.frame)
    hints = (moved, np.zeros_like(hint))
    there, zeros = answers([run.with_prompts(Prompts(mask_hint=each)) for each in hints])
    answer = _inside(there, mask, now)
    shares = {
        HINT: mask_iou(answer, over_the_picture(moved, run.frame) > 0),
        AS_WITHOUT: mask_iou(answer, _inside(zeros, mask, now)),
    }
    follows = max(shares, key=lambda name: shares[name])
    return Fact(
        follows if shares[follows] >= _FOLLOWS else NEITHER,
        f"Half a picture lower (what leaves below comes in at the top), and alone, the hint gives "
        f"a mask that has an IoU of "
        f"{text(shares[HINT], 2)} with that of the moved hint, and of "
        f"{text(shares[AS_WITHOUT], 2)} with the mask of a hint of zeros.",
    )


def click_or_hint(now: Any) -> Fact:
    """Which of the two the mask follows if a hint says the opposite of the click.

    The hint is the mask's own logits, scaled to 10 and negated.

    Returns a `Fact` with "click", "hint", or "neither" if the mask has an IoU below 0.5 with the
    mask of the click and with that of the hint.
    """
    run, mask, plain = _without_hint(now)
    hint = -scaled_to(plain.logits[mask].astype(float), LARGEST, run.frame)
    both, zeros = answers(
        [run.with_prompts(run.prompts.with_mask_hint(each)) for each in (hint, np.zeros_like(hint))]
    )
    answer, by_click = _inside(both, mask, now), _inside(plain, mask, now)
    shares = {
        CLICK: mask_iou(answer, by_click),
        HINT: mask_iou(answer, over_the_picture(hint, run.frame) > 0),
    }
    follows = max(shares, key=lambda name: shares[name])
    return Fact(
        follows if shares[follows] >= _FOLLOWS else NEITHER,
        f"With the negated hint of {text(LARGEST)} logits the mask has an IoU of "
        f"{text(shares[CLICK], 2)} with the mask of the prompts alone, and of "
        f"{text(shares[HINT], 2)} with that of the hint. The control: with a hint of zeros the "
        f"mask has {text(mask_iou(_inside(zeros, mask, now), by_click), 2)} with that of the "
        "prompts alone.",
    )


def zeros_are_no_hint(now: Any) -> Fact:
    """What a hint of zeros, which says nothing, changes in the mask.

    Returns a `Fact` with the IoU of the mask with that of no hint, in percent.
    """
    run, mask, plain = _without_hint(now)
    zeros = np.zeros_like(plain.logits[mask], dtype=float)
    (answer,) = answers([run.with_prompts(run.prompts.with_mask_hint(zeros))])
    left = mask_iou(_inside(answer, mask, now), _inside(plain, mask, now))
    return Fact(
        100 * left,
        f"A hint of zeros is not the same as none: with it the mask has an IoU of {text(left, 2)} "
        "with the mask without a hint.",
    )


def fed_back(now: Any) -> Fact:
    """How far the masks of the last click lie apart with and without the logits fed back.

    As in `ClickStory`: those of each mask go back with the next click, from the first on.

    Returns a `Fact` with their IoU in percent; NaN where there is only one click.
    """
    clicks = len(now.trace.prompts.points)
    if clicks < 2:
        return Fact(float("nan"), "There is no second click yet, so no logits to feed back.")
    with_, without = (_last_of_story(now, feeds_back) for feeds_back in (True, False))
    alike = mask_iou(_inside(with_, with_.chosen, now), _inside(without, without.chosen, now))
    return Fact(
        100 * alike,
        f"After {counted(clicks, 'click')} the masks with and without logits fed back have an IoU "
        f"of {text(alike, 2)} with each other.",
    )


def _last_of_story(now: Any, feeds_back: bool) -> Prediction:
    """The answer to the last click, asked click by click."""
    probe = ClickStory(threshold=now.threshold)
    return probe.replayed(now.trace, feeds_back)[-1].answer


def _without_hint(now: Any) -> tuple[Trace, int, Prediction]:
    """The run without a hint, the number of the mask that is shown, and the answer."""
    run = now.trace.with_prompts(now.trace.prompts.with_mask_hint(None))
    (plain,) = answers([run])
    return run, answering(plain, now.chosen), plain


def _inside(answer: Prediction, mask: int, now: Any) -> Bool[np.ndarray, "row column"]:
    return answer.visible[mask] > now.threshold
