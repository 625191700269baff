"""What is said of the released models' prompts, mask tokens and scores, on one picture."""

from collections import Counter

import numpy as np
import torch
from torch import Tensor

from sam_explore.geometry import Prompts
from sam_explore.mask_overlap import mask_iou
from sam_explore.prediction import Prediction, predict, prediction_from, prompt_tensors
from sam_explore.tracing.attribution import MeanLogit, gradient, rank_correlation, value_of

from .rows import Row, Subject, logit_change, mask_change

MASKS, SCORES = "10_from_tokens_to_four_masks", "11_scores"
GRADIENTS, PHENOMENA = "14_gradients_and_attribution", "docs/phenomena"
LITTLE = 0.05  # of the mask, or of IoU
STEP = 0.25  # pixels that a click moves for a difference quotient


def scores_of_many_clicks(subject: Subject) -> list[Row]:
    """Predicted IoU and stability over a grid of clicks."""
    predicted = np.concatenate([each.iou for each in subject.grid])
    stability = np.concatenate([each.stability() for each in subject.grid])
    above, agreement = int((predicted > 1).sum()), rank_correlation(predicted, stability)
    return [
        Row("the predicted IoU is not limited to 0 to 1",
            f"from {predicted.min():.2f} to {predicted.max():.2f}; {above} of {len(predicted)} "
            "above 1", "some above 1", above > 0, SCORES),
        Row("stability and predicted IoU rank masks similarly",
            f"rank correlation {agreement:.2f}", "above 0", agreement > 0, SCORES),
    ]  # fmt: skip


def roles_of_the_mask_tokens(subject: Subject) -> list[Row]:
    """The order of size of the masks of tokens 1 to 3, click by click."""
    areas = np.array([each.masks()[1:].sum(axis=(1, 2)) for each in subject.grid])
    orders = Counter(tuple(int(token) for token in np.argsort(each) + 1) for each in areas)
    (order, count), *_ = orders.most_common(1)
    share = count / len(areas)
    clear = [mask_iou(each.masks()[0], each.masks()[each.chosen]) for each in subject.grid]
    return [
        Row("the masks of tokens 1 to 3 have a fixed order of size",
            f"{order[0]} < {order[1]} < {order[2]} in {100 * share:.0f} % of the clicks",
            "the same order in more than half (by chance a sixth)", share > 0.5, MASKS),
        Row("the mask of token 0 and the chosen one of the others, for one click",
            f"{np.mean(clear):.2f} mean IoU", where=MASKS),
    ]  # fmt: skip


def choice_among_the_masks(subject: Subject) -> list[Row]:
    """True IoU of the mask chosen by predicted IoU, for the clicks on the object."""
    found = []
    for each in subject.grid:
        x, y = each.prompts.points[0].astype(int)
        if subject.truth[y, x]:
            true = np.array([mask_iou(mask, subject.truth) for mask in each.masks()])
            found.append((true[each.chosen], true[1:].mean(), true[1:].max()))
    if not found:
        return [Row("choice among the masks", "no click of the grid is on the object")]
    chosen, mean, best = (float(each) for each in np.array(found).mean(axis=0))
    return [
        Row("choosing by predicted IoU is better than chance",
            f"true IoU {chosen:.2f}, where a random one of the three has {mean:.2f} and the best "
            f"{best:.2f} ({len(found)} clicks)", "better", chosen > mean, PHENOMENA),
    ]  # fmt: skip


@torch.no_grad()
def the_padding_point(subject: Subject) -> list[Row]:
    """One click without the padding point that follows it, and with a second one."""
    sam, encoded = subject.sam, subject.encoded
    points, labels, _, _ = prompt_tensors([subject.click], encoded.frame, sam.device)
    tokens = sam.encode_prompts(points, labels)
    before = _answer(subject, tokens)
    without = _answer(subject, tokens[:, :-1])
    further = _answer(subject, torch.cat([tokens, tokens[:, -1:]], dim=1))
    mask = before.chosen
    moved, more = (
        logit_change(before.visible[mask], other.visible[mask]) for other in (without, further)
    )
    changed = mask_change(before.visible[mask], without.visible[mask])
    return [
        Row("the padding point has a small effect",
            f"without it the logits change by {moved:.3f} standard deviations, and "
            f"{100 * changed:.1f} % of the mask change",
            f"the logits by over 0.01, the mask by under {100 * LITTLE:g} %",
            moved > 0.01 and changed < LITTLE, PHENOMENA),
        Row("a second padding point changes the prediction again",
            f"the logits by {more:.3f} standard deviations", "over 0.01", more > 0.01, PHENOMENA),
    ]  # fmt: skip


def mask_hints(subject: Subject) -> list[Row]:
    """The prediction's own logits as a hint: alone, with the click, and with a second click."""
    own = subject.answer.logits[subject.answer.chosen]
    second = _corrected(subject)
    hinted, alone, two, two_hinted = predict(
        subject.sam,
        subject.encoded,
        [subject.click.with_mask_hint(own), Prompts(mask_hint=own), second,
         second.with_mask_hint(own)],
    )  # fmt: skip
    click = mask_iou(subject.answer.masks()[subject.answer.chosen], subject.truth)
    with_click, single, before, after = (
        mask_iou(each.masks()[0], subject.truth) for each in (hinted, alone, two, two_hinted)
    )
    return [
        Row("a mask hint alone has little effect",
            f"true IoU {single:.2f} from the prediction's logits alone, {click:.2f} from the click",
            "less than the click", single < click, PHENOMENA),
        Row("a mask hint improves other prompts",
            f"two clicks: true IoU {after:.2f} with the hint and {before:.2f} without; one click "
            f"with it: {with_click:.2f}", "not less for two clicks", after >= before,
            PHENOMENA),
    ]  # fmt: skip


def gradient_by_the_click(subject: Subject) -> list[Row]:
    """The gradient with respect to the click's position, and a difference of two runs."""
    chosen, trace = subject.answer.chosen, subject.trace
    region = subject.answer.masks()[chosen]
    if not region.any():
        return [
            Row(
                "gradient with respect to the click",
                "the mask of the click is empty",
                where=GRADIENTS,
            )
        ]
    of = MeanLogit(chosen, region)
    slope = gradient(trace, of, "points")[0].astype(float)
    length = float(np.hypot(*slope))
    ends = [
        value_of(trace.with_prompts(Prompts(points=subject.click.points + sign * step)), of)
        for step in [STEP * slope / max(length, 1e-30)]
        for sign in (1, -1)
    ]
    quotient = (float(ends[0]) - float(ends[1])) / (2 * STEP)
    return [
        Row("the gradient with respect to the click predicts a small move",
            f"{length:.2e} logits a pixel, by a move of {STEP:g} pixels {quotient:.2e}",
            "equal to 10 %", abs(quotient - length) <= 0.1 * length, GRADIENTS),
    ]  # fmt: skip


CLAIMS = (
    scores_of_many_clicks,
    roles_of_the_mask_tokens,
    choice_among_the_masks,
    the_padding_point,
    mask_hints,
)


def _answer(subject: Subject, tokens: Tensor) -> Prediction:
    logits, iou_of_it = subject.sam.decode(subject.encoded.tokens, tokens)
    return prediction_from(logits[0], iou_of_it[0], subject.click, subject.encoded.frame)


def _corrected(subject: Subject) -> Prompts:
    """The click, and a second one in the middle of its error region."""
    wrong = subject.answer.masks()[subject.answer.chosen] ^ subject.truth
    rows, columns = np.nonzero(wrong if wrong.any() else subject.truth)
    nearest = int(np.hypot(rows - rows.mean(), columns - columns.mean()).argmin())
    y, x = int(rows[nearest]), int(columns[nearest])
    return subject.click.with_point((x, y), int(subject.truth[y, x]))
