"""How a click becomes tokens, and what the answer owes to their parts.

Each function is called with `session.now`, or the session itself, and reads its run.
"""

from typing import Any

import numpy as np

from sam_explore.corrections import answering
from sam_explore.number_text import text
from sam_explore.probes.common.clicks import with_a_prompt
from sam_explore.probes.common.coordinates import frequencies_of, spread_of
from sam_explore.probes.common.logits import mask_overlap
from sam_explore.probes.common.numbers import counted
from sam_explore.probes.common.prompt_changes import CHANGES
from sam_explore.probes.prompts.coordinate_kernel import half_at
from sam_explore.probes.prompts.prompt_token_parts import parts_of

from .fact import Fact

PLACE, KIND, ALIKE = "place", "kind", "alike"
_ALIKE = 1.25  # lengths that differ by no more than this factor count as alike
_CHANGES = {
    "padding": "padding point on or off",
    "label": "foreground and background swapped",
    "corner": "first point as top left corner",
}
_WITHOUT = {
    "padding": "with the padding point taken away or added",
    "label": "with the click's label swapped",
    "corner": "with the click's place, but the kind of a box's corner",
}


def half_alike_at(now: Any) -> Fact:
    """How far apart two places are whose codes are alike by one half, on average over the waves.

    Returns a `Fact` with a percentage of the side of the model's input.
    """
    run = now.trace
    frequencies = frequencies_of(run)
    distance = half_at(spread_of(frequencies))
    tokens = distance * max(run.frame.grid)
    return Fact(
        100 * distance,
        "The codes of two places are alike by one half where they are "
        f"{text(100 * distance, 2)} % of the input's side apart, which is "
        f"{text(tokens, 2)} tokens; at twice that distance by {text(0.5**4, 2)}.",
    )


def place_or_kind(now: Any) -> Fact:
    """Which part of the first prompt token is longer: that of its place or that of its kind.

    Returns a `Fact` with "place", "kind", or "alike" if they differ by less than a factor of 1.25.
    """
    run, _ = with_a_prompt(now.trace)
    _, place, kind = parts_of(run)
    lengths = {PLACE: float(np.linalg.norm(place[0])), KIND: float(np.linalg.norm(kind[0]))}
    longer = max(lengths, key=lambda name: lengths[name])
    ratio = lengths[longer] / max(min(lengths.values()), 1e-12)
    name = run.decoder_tokens.prompt_names[0]
    return Fact(
        longer if ratio > _ALIKE else ALIKE,
        f"Of the token “{name}” the part of its place has a length of {text(lengths[PLACE])}, the "
        f"part of its kind one of {text(lengths[KIND])}.",
    )


def least_noticed(now: Any) -> Fact:
    """Which change of the prompt's tokens moves the logits of the mask least.

    Three are compared, as far as the prompt can have them: without the padding point (or with it,
    where there is none), with the label swapped, and with the kind of a corner.

    Returns a `Fact` with "padding", "label" or "corner".
    """
    run, _ = with_a_prompt(now.trace)
    before = run.prediction
    mask = answering(before, now.chosen)
    moved, left = {}, {}
    for name, change in ((name, CHANGES[full]) for name, full in _CHANGES.items()):
        if change.fits(run.prompts):
            after = change.make(run, now.token).prediction
            moved[name] = float(np.abs(after.visible[mask] - before.visible[mask]).mean())
            left[name] = mask_overlap(mask, before, after, now.threshold)
    each = "; ".join(f"{_WITHOUT[name]}, {text(share, 2)}" for name, share in left.items())
    return Fact(
        min(moved, key=lambda name: moved[name]),
        f"The mask's IoU with itself as it was: {each}.",
    )


def tokens_of_prompt(now: Any) -> Fact:
    """How many tokens this prompt became.

    Returns a `Fact` with their number.
    """
    tokens = now.trace.decoder_tokens
    names = tokens.prompt_names
    listed = f": {', '.join(names)}" if names else ""
    own = len(tokens) - len(names)
    return Fact(
        len(names),
        f"This prompt became {counted(len(names), 'token')}{listed}. The decoder puts {own} of its "
        f"own before them, so it works on {len(tokens)}.",
    )
