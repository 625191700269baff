"""What is left of the mask if parts of the image encoder are taken away or replaced.

Each function is called with `session.now`, or the session itself, and reads its run.
"""

from typing import Any

import numpy as np
from jaxtyping import Bool, Float
from PIL import Image

from sam_explore.model.addresses import in_block
from sam_explore.number_text import text
from sam_explore.prediction import Prediction
from sam_explore.probes.causes.patched_tokens import PatchedTokens, followed
from sam_explore.probes.common.clicks import clicked_tokens
from sam_explore.probes.common.decoder_attention import inside_by_token
from sam_explore.probes.common.logits import overlap_in_logits, percent
from sam_explore.probes.common.numbers import array, counted
from sam_explore.probes.common.target_knobs import agreement
from sam_explore.scenes import example
from sam_explore.tracing import Trace, answers, answers_without_heads, mirror_of
from sam_explore.tracing.attribution import rank_correlation
from sam_explore.tracing.interventions import AblateHead, AblateMlp, PatchTokens

from .direction import direction_in_words
from .fact import Fact, mask_of

ZERO, MEAN, ALIKE, FIRST, LAST = "zero", "mean", "alike", "first", "last"
SPARE = 0.95  # a head can be spared if the mask without it has this IoU with the mask
OTHER, REACH = "flower", 2  # the picture of `foreign_run`, and how far its tokens reach
_ALIKE = 0.1  # of the mask: two shares that lie no further apart count as the same


def left_without_one_head(now: Any) -> Fact:
    """How much of the mask is left without the head whose removal changes it most.

    Each head gives zero in turn, which takes a run from its block on; they are kept.

    Returns a `Fact` with the IoU of the mask with the mask of all heads, in percent.
    """
    left = _left_without_heads(now)
    block, head = np.unravel_index(int(left.argmin()), left.shape)
    least = float(left.min())
    return Fact(
        100 * least,
        f"Of {counted(left.size, 'head')}, the mask changes most without head {head} of block "
        f"{block}, where it keeps an IoU of {text(least, 2)} with the mask of all heads: "
        f"{direction_in_words(now, _without(now)[block][head])}. Without the median head it keeps "
        f"{text(float(np.median(left)), 2)}.",
    )


def same_heads_by_two_numbers(now: Any) -> Fact:
    """Whether the heads that change the mask most are those that change its predicted IoU most.

    Returns a `Fact` with the rank correlation over all heads of what is lost of the mask with the
    size of the predicted IoU's change; NaN if one of them is the same for all.
    """
    plain, mask = now.trace.prediction, mask_of(now)
    left = _left_without_heads(now)
    scores = np.array([[float(each.iou[mask]) for each in heads] for heads in _without(now)])
    changes = np.abs(scores - float(plain.iou[mask]))
    by_score = np.unravel_index(int(changes.argmax()), changes.shape)
    by_mask = np.unravel_index(int(left.argmin()), left.shape)
    value = rank_correlation(1 - left, changes)
    return Fact(
        value,
        f"By the mask, head {by_mask[1]} of block {by_mask[0]} has the greatest effect; by its "
        f"predicted IoU it is head {by_score[1]} of block {by_score[0]}. Over all heads the rank "
        f"correlation of the two effects is {agreement(value)}.",
    )


def spared_heads(now: Any) -> tuple[tuple[int, int], ...]:
    """Block and head of all that the mask can spare, one at a time.

    Without such a head the mask has an IoU of 0.95 or more with the mask of all heads.
    """
    found = np.argwhere(_left_without_heads(now) >= SPARE).tolist()
    return tuple((block, head) for block, head in found)


def left_without_spared_heads(now: Any) -> Fact:
    """How much of the mask is left without all the heads together that it can spare one by one.

    Returns a `Fact` with the IoU of the mask with the mask of all heads, in percent.
    """
    run, heads = now.trace, spared_heads(now)
    count = run.sam.config.encoder_depth * run.sam.config.encoder_heads
    if not heads:
        return Fact(100.0, "There is no head that this mask can spare.")
    (answer,) = answers([run.with_interventions(*(AblateHead(*each) for each in heads))])
    left = _overlap(now, answer)
    return Fact(
        100 * left,
        f"Of {counted(count, 'head')}, each of {len(heads)} can be taken away alone, and the mask "
        f"keeps an IoU of {text(SPARE, 2)} or more. Without all of these together it keeps "
        f"{text(left, 2)}.",
    )


def zero_or_mean(now: Any) -> Fact:
    """What leaves more of the mask: the last block's MLP gives nothing, or its mean everywhere.

    Returns a `Fact` with "zero", "mean", or "alike" if the two lie within 0.1 of the mask.
    """
    run = now.trace
    last = run.sam.config.encoder_depth - 1
    both = answers(run.with_interventions(AblateMlp(last, to)) for to in (ZERO, MEAN))
    zero, mean = both
    left = [_overlap(now, each) for each in both]
    given = np.linalg.norm(array(run[in_block(last, "mlp.hook_out")][0]), axis=-1)
    inside = _inside(now)
    lengths = ""
    if inside.any() and not inside.all():
        lengths = (
            f" In the mean, what it adds to a token is {text(float(given[inside].mean()), 2)} long "
            f"inside the mask and {text(float(given[~inside].mean()), 2)} outside."
        )
    areas = [percent(_area(now, each)) for each in (run.prediction, zero, mean)]
    return Fact(
        _greater(left, (ZERO, MEAN)),
        f"If the MLP of block {last} gives zero, the mask keeps an IoU of {text(left[0], 2)} with "
        f"the mask as it was; if it gives every token its mean, {text(left[1], 2)}. The mask "
        f"covers {areas[0]} of the picture, then {areas[1]} and {areas[2]}.{lengths}",
    )


def patched_early_or_late(now: Any) -> Fact:
    """When foreign tokens leave more of the mask: put in after the first block, or after the last.

    The tokens inside the mask are replaced by those of the same places in the picture's mirror
    image.

    Returns a `Fact` with "first", "last", or "alike" if the two lie within 0.1 of the mask.
    """
    run = now.trace
    inside = [(int(row), int(column)) for row, column in np.argwhere(_inside(now))]
    if not inside:
        return Fact(ALIKE, "The mask covers no token, so there is nothing to replace.")
    other, last = mirror_of(run), run.sam.config.encoder_depth - 1
    left = [
        _overlap(now, each)
        for each in answers(
            run.with_interventions(PatchTokens(other, block, inside)) for block in (0, last)
        )
    ]
    return Fact(
        _greater(left, (FIRST, LAST)),
        f"With the mirror image's tokens in place of the {len(inside)} inside the mask, put in "
        f"after block 0, the mask keeps an IoU of {text(left[0], 2)}; put in after block {last}, "
        f"{text(left[1], 2)}.",
    )


def follows_a_patch(now: Any) -> Fact:
    """When the mask follows foreign tokens more: put in after the first or the last block.

    The tokens in a square around the first click, or without one the picked token, are those of
    `foreign_run`.

    Returns a `Fact` with "first", "last", or "alike" if the two shares of the way lie within 0.1.
    """
    run, other = now.trace, foreign_run(now)
    token = next(iter(clicked_tokens(run)), now.token)
    places = PatchedTokens(token=token, reach=REACH).places(run.frame.grid)
    blocks = (0, run.sam.config.encoder_depth - 1)
    patched = [run.with_interventions(PatchTokens(other, block, places)) for block in blocks]
    shares = [followed(mask_of(now), run, each, other, places) for each in patched]
    left = [_overlap(now, each) for each in answers(patched)]
    return Fact(
        _greater(shares, (FIRST, LAST)),
        f"{len(places)} tokens around your click come from the picture of the flower. Put in after "
        f"block 0, the logits there go {text(shares[0], 2)} of the way to the flower's; after "
        f"block {blocks[1]}, {text(shares[1], 2)}. The mask keeps an IoU of {text(left[0], 2)} and "
        f"{text(left[1], 2)} with itself.",
    )


def foreign_run(now: Any) -> Trace:
    """A run on a picture of a flower, scaled to the size of this run's picture, with no prompt."""
    run = now.trace
    height, width = run.image.shape[:2]
    picture = example(OTHER)
    if picture.shape[:2] != (height, width):
        picture = np.asarray(Image.fromarray(picture).resize((width, height)))
    return Trace(
        run.sam, picture, windows=run.windows, preprocessing=run.preprocessing, side=run.side,
        keep_aspect=run.keep_aspect,
    )  # fmt: skip


def _without(now: Any) -> list[list[Prediction]]:
    """The answer without each head, by block."""
    run: Trace = now.trace
    return [answers_without_heads(run, block) for block in range(run.sam.config.encoder_depth)]


def _left_without_heads(now: Any) -> Float[np.ndarray, "block head"]:
    """The IoU of the mask with the mask of all heads, without each of them."""
    return np.array([[_overlap(now, each) for each in heads] for heads in _without(now)])


def _overlap(now: Any, answer: Prediction) -> float:
    return overlap_in_logits(now.trace.prediction, answer, mask_of(now), now.threshold)


def _area(now: Any, answer: Prediction) -> float:
    """The share of the picture that the mask covers."""
    return float((answer.visible[mask_of(now)] > now.threshold).mean())


def _inside(now: Any) -> Bool[np.ndarray, "row column"]:
    """The tokens of which at least half lies inside the mask."""
    return inside_by_token(now.trace.prediction, mask_of(now), now.threshold) >= 0.5


def _greater(left: list[float], names: tuple[str, str]) -> str:
    if abs(left[0] - left[1]) <= _ALIKE:
        return ALIKE
    return names[int(np.argmax(left))]
