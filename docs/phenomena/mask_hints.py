"""A mask hint helps together with other prompts, and does little alone.

python docs/phenomena/mask_hints.py --help
"""

import argparse
from itertools import pairwise

import numpy as np
import torch
import torch.nn.functional as F
from common import Case, Row, cases, run
from jaxtyping import Bool, Float

from sam_explore.geometry import Prompts
from sam_explore.mask_overlap import mask_iou
from sam_explore.model import Sam
from sam_explore.prediction import encode, predict

CLEAR = 0  # the token that answers a mask hint in training, and in the reference's examples


def hint_of(
    mask: Bool[np.ndarray, "height width"], side: int, size: float
) -> Float[np.ndarray, "side side"]:
    """A mask of a square picture as logits: `size` inside, -`size` outside, between at the edge."""
    share = F.adaptive_avg_pool2d(torch.tensor(mask)[None].float(), side)[0]
    return ((2 * share - 1) * size).numpy()


def corrected(case: Case, mask: Bool[np.ndarray, "height width"]) -> Prompts:
    """The click, and a second one in the error of the mask; in the object if there is none."""
    wrong = mask ^ case.truth
    places = np.flatnonzero(wrong if wrong.any() else case.truth)
    y, x = divmod(int(np.random.default_rng((case.seed, 3)).choice(places)), mask.shape[1])
    return case.click.with_point((x, y), int(case.truth[y, x]))


def measure(sam: Sam, options: argparse.Namespace) -> list[Row]:
    """Own logits and the true mask as hints, with clicks and alone."""
    # One scene more: each takes its foreign hint from the one before.
    pairs = pairwise(cases(sam.config.image_size, options.scenes + 1))
    found = np.array([_one(sam, case, other) for other, case in pairs])
    click, own, foreign, two, two_own, two_foreign, true, *alone = found.T
    alone_clear, alone_chosen, foreign_clear, foreign_chosen = alone
    other, logits = "a hint from another scene", "two clicks with the first one's logits"
    clear, chosen = "the true mask alone, token 0", "the true mask alone, the chosen token"
    return [
        Row("a click with its own logits", own, "the click alone", click),
        Row("a click with its own logits", own, other, foreign),
        Row(logits, two_own, "the two clicks alone", two),
        Row(logits, two_own, other, two_foreign),
        Row("a click with the true mask", true, "the click alone", click),
        Row(clear, alone_clear, "a click with the true mask", true),
        Row(clear, alone_clear, "a click alone", click),
        Row(chosen, alone_chosen, "a click alone", click),
        Row(clear, alone_clear, f"{other}, alone", foreign_clear),
        Row(chosen, alone_chosen, f"{other}, alone", foreign_chosen),
    ]


def _one(sam: Sam, case: Case, other: Case) -> tuple[float, ...]:
    """True IoUs, in the order of `measure`."""
    encoded, side = encode(sam, case.drawn.image), sam.config.mask_size
    first = predict(sam, encoded, case.click)
    own, answer = first.logits[first.chosen], first.masks()[first.chosen]
    # Hints of true masks are as strong as the model's own logits are.
    size = float(np.abs(own).mean())
    true, foreign = hint_of(case.truth, side, size), hint_of(other.truth, side, size)
    two = corrected(case, answer)
    with_a_click = [
        case.click.with_mask_hint(own),
        case.click.with_mask_hint(foreign),
        two,
        two.with_mask_hint(own),
        two.with_mask_hint(foreign),
        case.click.with_mask_hint(true),
    ]
    clear = [each.masks()[CLEAR] for each in predict(sam, encoded, with_a_click)]
    for each in predict(sam, encoded, [Prompts(mask_hint=true), Prompts(mask_hint=foreign)]):
        clear += [each.masks()[CLEAR], each.masks()[each.chosen]]
    return tuple(mask_iou(mask, case.truth) for mask in (answer, *clear))


def claims(rows: list[Row]) -> dict[str, int]:
    own, own_foreign, two, two_foreign, true, true_and_click, *alone = rows
    clear, chosen, foreign_clear, foreign_chosen = (row.sign for row in alone)
    return {
        "its own logits help a click": min(own.sign, own_foreign.sign),
        "its own logits help two clicks": min(two.sign, two_foreign.sign),
        "the true mask helps a click": true.sign,
        "the true mask does less alone than with a click": -true_and_click.sign,
        "the true mask alone does less than a click": min(-clear, -chosen),
        "the true mask alone says more than another scene's": min(foreign_clear, foreign_chosen),
    }


def main(arguments: list[str] | None = None) -> None:
    run(__file__, __doc__, measure, claims, arguments)


if __name__ == "__main__":
    main()
