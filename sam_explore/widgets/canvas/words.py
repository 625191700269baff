"""Describes what a view shows in words."""

import numpy as np

from ...corrections import BEST, Choice, answering
from ...geometry import BACKGROUND, FOREGROUND, Prompts
from ...number_text import text
from ...prediction import Prediction, stability_of
from ...readings import Scale

INVITATION = "Click on an object to ask for its mask, or drag a box around it."
EXAMPLE = "An example, drawn with dashes: your first click takes its place."
WAITING = "Your prompts are kept, and answered as soon as the picture is encoded."


def value_in_words(value: float, scale: Scale) -> str:
    """A value of a map: its name if it has one, else the number with its unit."""
    if np.isnan(value):
        return "no value"
    unit = f" {scale.unit}" if scale.unit else ""
    return dict(scale.names).get(value, f"{text(value, 4)}{unit}")


def describe_prompts(prompts: Prompts) -> str:
    """The prompts in words, such as "A box, 2 foreground points and 1 background point"."""
    parts = ["a box"] if prompts.box is not None else []
    for label, kind in ((FOREGROUND, "foreground"), (BACKGROUND, "background")):
        count = int((prompts.labels == label).sum())
        if count:
            parts.append(f"{count} {kind} point{'s' if count > 1 else ''}")
    if prompts.mask_hint is not None:
        parts.append("a mask hint")
    if prompts.has_padding and not len(prompts.points):
        parts.append("the padding point alone")
    *first, last = parts or ["nothing"]
    words = f"{', '.join(first)} and {last}" if first else last
    return words[0].upper() + words[1:]


def describe(
    prediction: Prediction, chosen: Choice, threshold: float, fed_back: bool = False
) -> str:
    """The mask that is shown in words: why that one, and its scores.

    Stability and the covered share are measured on `Prediction.sampled`.

    Args:
        prediction: the prediction that is shown.
        chosen: the user's choice of the mask; None for the model's choice.
        threshold: the logit above which a pixel is in the mask.
        fed_back: whether the mask hint is logits that were fed back.
    """
    mask = answering(prediction, chosen)
    iou = text(prediction.iou[mask], decimals=2)
    stability = text(stability_of(prediction.sampled, threshold)[mask], decimals=2)
    if chosen == BEST:
        why = f"Mask {mask}, whose predicted IoU {iou} is the best of all"
    elif chosen is not None:
        why = f"Mask {mask}, chosen by you; its predicted IoU is {iou}"
    elif len(prediction.iou) == 1:
        why = f"Mask 0, the only one of this model; its predicted IoU is {iou}"
    elif mask == 0:
        why = f"Mask 0, the one meant for several prompts; its predicted IoU is {iou}"
    else:
        last = len(prediction.iou) - 1
        among = f"of tokens 1–{last}, chosen because its predicted IoU {iou} is the best"
        alone = f"the one meant for a single prompt; its predicted IoU is {iou}"
        why = f"Mask {mask} {among}" if last > 1 else f"Mask 1, {alone}"
    cover = _share(float((prediction.sampled[mask] > threshold).mean()))
    at = f" at threshold {text(threshold, decimals=1)}" if threshold else ""
    prompts = prediction.prompts
    asked = describe_prompts(prompts.with_mask_hint(None) if fed_back else prompts)
    back = ", with the logits of the mask before fed back" if fed_back else ""
    return f"{asked}{back}. {why}; stability {stability}; covers {cover} of the picture{at}."


def _share(share: float) -> str:
    if share == 0:
        return "nothing"
    return "less than 1 %" if share < 0.005 else f"{100 * share:.0f} %"
