"""What the mask decoder looks at, and what its masks are made of.

Each function is called with `session.now`, or the session itself, and reads its run.
"""

from typing import Any

import numpy as np
from jaxtyping import Float

from sam_explore.model.addresses import FINAL_ATTENTION, MASK_VECTORS
from sam_explore.number_text import text
from sam_explore.probes.common.cosines import cosines, least_and_greatest
from sam_explore.probes.common.decoder_attention import (
    AMONG,
    in_layer_of,
    inside_by_token,
    on_grid,
    pattern,
)
from sam_explore.probes.common.logits import overlap_in_logits, percent
from sam_explore.probes.common.numbers import array, counted, place_of_greatest
from sam_explore.probes.decoder.channel_off import without
from sam_explore.probes.decoder.mask_token_sources import unseen
from sam_explore.probes.decoder.upscaling_features import features_at, within_tokens
from sam_explore.readings import Heatmap, Scale
from sam_explore.tracing import Trace, answers
from sam_explore.tracing.attribution import control_of

from .direction import direction_in_words
from .fact import Fact, mask_of

OWN, PROMPT, OTHERS = "own", "prompt", "others"
SPARE = 0.95  # a channel can be spared if the mask without it has this IoU with the mask


def looked_at(now: Any) -> Heatmap:
    """What the token of the mask that is shown looks at, after the decoder's last layer.

    Returns a `Heatmap` by token of weights, in the mean over the heads.
    """
    weights = _looks(now)
    share = float(weights.max() * weights.size)
    return Heatmap(
        weights,
        "Looked at by the mask's token",
        f"The mask's token looks most at {place_of_greatest(weights)}: {text(share)} times an even "
        "share, in the mean over the heads.",
        Scale("weight", low=0.0),
        "tokens",
    )


def looks_inside(now: Any) -> Fact:
    """How much of what the mask's token looks at in the end lies inside its mask.

    Returns a `Fact` with a percentage of the weights, in the mean over the heads.
    """
    run = now.trace
    inside = inside_by_token(run.prediction, mask_of(now), now.threshold)
    share, area = float((_looks(now) * inside).sum()), float(inside.mean())
    return Fact(
        100 * share,
        f"After the last layer {percent(share)} of what the mask's token looks at lies inside its "
        f"mask, which covers {percent(area)} of the image tokens.",
    )


def needed_most(now: Any) -> Fact:
    """Which of the decoder's tokens the mask needs most, found by taking each away.

    Returns a `Fact` with "own" for the mask's own token, "prompt" for one of the prompt, and
    "others" for the IoU token or another mask's.
    """
    run = now.trace
    left = _left_without(now)
    needed = int(np.argmin(left))
    tokens = run.decoder_tokens
    name = tokens.names[needed]
    listed = ", ".join(
        f"{text(float(share), 2)} without “{each}”"
        for each, share in zip(tokens.names, left, strict=True)
    )
    is_own, is_prompt = needed == tokens.mask(mask_of(now)), name in tokens.prompt_names
    kind = OWN if is_own else PROMPT if is_prompt else OTHERS
    return Fact(
        kind, f"If nothing can look at a token any more, the mask keeps an IoU of {listed}."
    )


def looked_at_first(now: Any) -> Fact:
    """What is left of the mask without the token that its own looks at most in the first layer.

    Next to it stands the token that is needed most, with its own weight there.

    Returns a `Fact` with the IoU of the mask with itself, in percent.
    """
    run, mask = now.trace, mask_of(now)
    names, left = run.decoder_tokens.names, _left_without(now)
    looks = pattern(run, in_layer_of(0, AMONG))[:, run.decoder_tokens.mask(mask)].mean(axis=0)
    seen, needed = int(looks.argmax()), int(left.argmin())
    words = (
        f"In layer 0 mask {mask}'s token looks most at “{names[seen]}”, with a weight of "
        f"{text(float(looks[seen]), 2)}; without “{names[seen]}” the mask keeps an IoU of "
        f"{text(float(left[seen]), 2)}"
    )
    if seen == needed:
        return Fact(100 * float(left[seen]), f"{words}. Here the same token is needed most.")
    return Fact(
        100 * float(left[seen]),
        f"{words}. To “{names[needed]}” it gives {text(float(looks[needed]), 2)}; without that the "
        f"mask keeps {text(float(left[needed]), 2)}.",
    )


def vectors_alike(now: Any) -> Fact:
    """How alike the vectors of the four masks are, next to those of shuffled weights.

    Returns a `Fact` with the least cosine of two of them.
    """
    vectors = array(now.trace[MASK_VECTORS][0])
    alike = cosines(vectors)
    np.fill_diagonal(alike, np.nan)
    most, least = (np.unravel_index(f(alike), alike.shape) for f in (np.nanargmax, np.nanargmin))
    value = float(alike[least])
    shuffled = array(control_of(now.trace)[MASK_VECTORS][0])
    by_chance = " to ".join(text(each, 2) for each in least_and_greatest(cosines(shuffled)))
    return Fact(
        value,
        f"Of the {len(vectors)} masks' vectors those of masks {most[0]} and {most[1]} are most "
        f"alike, with a cosine of {text(float(alike[most]), 2)}, and those of masks {least[0]} and "
        f"{least[1]} least, with {text(value, 2)}. In a network that has learned nothing, since "
        f"its weights are shuffled, the cosines of two masks' vectors are {by_chance}.",
    )


def detail_of_upscaling(now: Any) -> Fact:
    """How much of what the upscaled features tell differs within tokens, and not between them.

    Returns a `Fact` with a percentage of the features' variance.
    """
    share = within_tokens(*features_at(now.trace, "second step"))
    return Fact(
        100 * share,
        f"Of the variance of the upscaled features {percent(share)} lies within tokens: made of "
        "one token each, without a look at its neighbours. The pattern that all tokens share is "
        "in it, too.",
    )


def spared_channels(now: Any) -> Fact:
    """How many channels of the upscaled features the mask can spare, one at a time.

    Returns a `Fact` with a percentage: without such a channel the mask has an IoU of 0.95 or more
    with the mask of all.
    """
    run, mask = now.trace, mask_of(now)
    count = array(run[MASK_VECTORS]).shape[-1]
    after = answers(without(run, channel) for channel in range(count))
    left = np.array(
        [overlap_in_logits(run.prediction, each, mask, now.threshold) for each in after]
    )
    spared, worst = int((left >= SPARE).sum()), int(left.argmin())
    return Fact(
        100 * spared / count,
        f"Of {counted(count, 'channel')} the mask can spare each of {spared}: without it, it keeps "
        f"an IoU of {text(SPARE, 2)} or more with the mask of all. It changes most without channel "
        f"{worst}, where it keeps {text(float(left[worst]), 2)}: "
        f"{direction_in_words(now, after[worst])}.",
    )


def _looks(now: Any) -> Float[np.ndarray, "row column"]:
    """The final attention of the token of the mask that is shown, in the mean over the heads."""
    run: Trace = now.trace
    number = run.decoder_tokens.mask(mask_of(now))
    return on_grid(pattern(run, FINAL_ATTENTION)[:, number].mean(axis=0), run)


def _left_without(now: Any) -> Float[np.ndarray, "token"]:
    """What the mask keeps of itself, as an IoU, if nothing looks at a token: for each of them."""
    run, mask = now.trace, mask_of(now)
    tokens = range(len(run.decoder_tokens))
    after = answers(run.with_interventions(*unseen(token)) for token in tokens)
    return np.array(
        [overlap_in_logits(run.prediction, each, mask, now.threshold) for each in after]
    )
