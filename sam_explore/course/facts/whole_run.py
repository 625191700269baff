"""What a run consists of, from the picture to the masks.

Each function is called with `session.now`, or the session itself, and reads its run.
"""

from math import prod
from typing import Any

from sam_explore.model.addresses import IMAGE_TOKENS, PROMPT_TOKENS
from sam_explore.number_text import text

from .fact import Fact


def steps_for_a_click(now: Any) -> Fact:
    """How many steps of a run are computed again for another click on the same picture.

    Returns a `Fact` with a percentage of the steps.
    """
    description = now.trace.sam.description
    again = [link for link in description.chain if link.step not in description.image_encoder]
    names = list(dict.fromkeys(link.component.lower() for link in again))
    kept = len(description.chain) - len(again)
    return Fact(
        100 * len(again) / len(description.chain),
        f"A run has {len(description.chain)} steps. For another click on the same picture "
        f"{len(again)} of them run again: those of the {' and the '.join(names)}. The {kept} of "
        "the image encoder don't depend on the prompt, so their results are kept.",
    )


def numbers_on_the_way(now: Any) -> Fact:
    """How many numbers the picture is where it comes in, and where it reaches the decoder.

    Returns a `Fact` with the ratio of the second to the first.
    """
    run = now.trace
    pixels, tokens = tuple(run.pixels.shape), tuple(run[IMAGE_TOKENS].shape)
    channels, places = tokens[1], prod(tokens[2:])
    prompt = run[PROMPT_TOKENS].shape[-2]
    masks, *cells = run.prediction.logits.shape
    ratio = channels * places / prod(pixels)
    return Fact(
        ratio,
        f"The picture goes in as {_product(pixels)} = {prod(pixels)} numbers, padding included. "
        f"It reaches the mask decoder as {places} tokens of {channels}, {places * channels} "
        f"numbers: {text(ratio, 2)} times as many. The prompt reaches it as {prompt} tokens of "
        f"{channels}, {prompt * channels} numbers. Out come {masks} masks of {_product(cells)}, "
        f"{masks * prod(cells)} logits.",
    )


def _product(sizes: Any) -> str:
    return " × ".join(map(str, sizes))
