"""A mask before and after a change: its maps, and what changed in words."""

import numpy as np

from sam_explore.number_text import text
from sam_explore.prediction import Prediction
from sam_explore.readings import Heatmap, Scale

from .logits import logit_scale, logits_in_words, mask_overlap, percent


def masks_before_and_after(
    mask: int, before: Prediction, after: Prediction, threshold: float
) -> tuple[Heatmap, Heatmap]:
    """The raw logits of one mask in two runs, as far as the picture reaches, on one scale."""
    runs = {"before": before.visible[mask], "after": after.visible[mask]}
    reach = max(float(np.abs(each - threshold).max()) for each in runs.values())
    first, second = (
        Heatmap(
            logits,
            title=f"Mask {mask} {when}",
            words=logits_in_words(f"mask {mask} {when}", logits, threshold),
            scale=logit_scale(threshold, reach),
            frame="logits",
        )
        for when, logits in runs.items()
    )
    return first, second


def change_of_mask(mask: int, before: Prediction, after: Prediction, words: str) -> Heatmap:
    """The difference of the raw logits, after less before, diverging around 0."""
    return Heatmap(
        after.visible[mask] - before.visible[mask],
        title=f"Change of mask {mask}",
        words=words,
        scale=Scale("logit", centre=0.0),
        frame="logits",
    )


def growth_in_words(mask: int, before: Prediction, after: Prediction, threshold: float) -> str:
    """Such as "it grows from 24 % to 30 % of the picture", of one mask in two runs."""
    was, is_now = (float((each.visible[mask] > threshold).mean()) for each in (before, after))
    if was == is_now:
        return f"it covers {percent(was)} of the picture as before"
    way = "grows" if is_now > was else "shrinks"
    return f"it {way} from {percent(was)} to {percent(is_now)} of the picture"


def change_in_words(mask: int, before: Prediction, after: Prediction, threshold: float) -> str:
    """How the mask's mean logit and its shape change, and the model's choice."""
    inside = before.visible[mask] > threshold
    where = f"where it lay above {text(threshold)}"
    if not inside.any():
        inside, where = ~inside, "over the whole picture"
    means = [text(float(each.visible[mask][inside].mean())) for each in (before, after)]
    words = (
        f"Mask {mask}'s mean logit {where} goes from {means[0]} to {means[1]}, and its overlap "
        f"with the mask before is {mask_overlap(mask, before, after, threshold):.2f}."
    )
    if after.chosen != before.chosen:
        words += f" The model's choice goes from mask {before.chosen} to mask {after.chosen}."
    return words
