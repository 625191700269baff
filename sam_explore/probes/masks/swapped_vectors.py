"""Does the vector hold which object is meant, or the image features?"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

from sam_explore.geometry import Frame, Prompts
from sam_explore.mask_overlap import mask_iou
from sam_explore.readings import Gallery, Heatmap, Matrix, Panel, Scale
from sam_explore.tracing import Trace

from ..common.attention import token_in_words
from ..common.clicks import middle_of
from ..common.hints import over_the_picture
from ..common.logit_products import features_and_vector
from ..common.logits import logit_scale, logits_in_words
from ..common.probe import Probe, mask_knob, mask_shown, threshold_knob, token_knob
from ..common.truth import in_words

_RUNS = ("prompt", "click")


@dataclass(frozen=True)
class SwappedVectors(Probe):
    """A mask of the run's prompts and one of another click, with their vectors swapped.

    A mask is a product of image features with the mask's vector, and the prompt has a part in both:
    the image tokens read it, and so does the mask token. The other click is a single one in the
    middle of the picked token, with the same mask token. If the swapped masks are those of the
    features' own run, it is the features that hold which object is meant, and the vector says
    only how to read them.

    Reads: mask_decoder.mask_generator.hook_features and
        mask_decoder.mask_generator.hook_mask_vectors of both runs, and the prediction.
    Returns: a Panel of a Gallery of four Heatmaps (row, column) of raw logits, as far as the
        picture reaches: both runs' own masks, and the two with swapped vectors; and a Matrix
        (swapped mask, own mask) of their IoU.
    Unit: logits; IoU from 0 to 1 at the logits' resolution, two empty masks 1.
    Source: our own.
    """

    title = "Is the object in the vector or in the features?"

    token: tuple[int, int] = token_knob()
    mask: int = mask_knob()
    threshold: float = threshold_knob()

    def read(self, trace: Trace) -> Panel:
        mask = mask_shown(self.mask, trace.prediction)
        click = Prompts(points=[middle_of(self.token, trace.frame)])
        runs = {"prompt": trace, "click": trace.with_prompts(click)}
        read = {name: features_and_vector(run, mask) for name, run in runs.items()}
        logits = {
            (of, by): product(read[of][0], read[by][1], trace.frame) for of in _RUNS for by in _RUNS
        }
        overlaps = self._overlaps(logits)
        words = (
            f"The other click is at {token_in_words(self.token)}. With the prompt's features and "
            f"the click's vector, the mask's overlap is {in_words(overlaps[0, 0])} with the "
            f"prompt's own mask and {in_words(overlaps[0, 1])} with the click's. With the click's "
            f"features and the prompt's vector, it is {in_words(overlaps[1, 0])} and "
            f"{in_words(overlaps[1, 1])}. The two own masks have {in_words(self._own(logits))} in "
            "common."
        )
        maps = Gallery(
            tuple(self._map(mask, *pair, values) for pair, values in logits.items()),
            title=f"Mask {mask}: features times vector",
            words=words,
            shared=logit_scale(self.threshold),
        )
        table = Matrix(
            overlaps,
            ("prompt's features,\nclick's vector", "click's features,\nprompt's vector"),
            ("prompt's mask", "click's mask"),
            title="Overlap of the swapped masks",
            words=words,
            row_name="",
            column_name="",
            scale=Scale("IoU", low=0.0, high=1.0),
        )
        return Panel((maps, table), f"Mask {mask}, vectors swapped", words, across=2)

    def _cut(
        self, logits: dict[tuple[str, str], Float[np.ndarray, "row column"]], of: str, by: str
    ) -> Bool[np.ndarray, "row column"]:
        return logits[of, by] > self.threshold

    def _own(self, logits: dict[tuple[str, str], Float[np.ndarray, "row column"]]) -> float:
        one, other = (self._cut(logits, run, run) for run in _RUNS)
        return mask_iou(one, other)

    def _overlaps(
        self, logits: dict[tuple[str, str], Float[np.ndarray, "row column"]]
    ) -> Float[np.ndarray, "swapped own"]:
        swapped = (("prompt", "click"), ("click", "prompt"))
        return np.array(
            [
                [mask_iou(self._cut(logits, *pair), self._cut(logits, run, run)) for run in _RUNS]
                for pair in swapped
            ]
        )

    def _map(self, mask: int, of: str, by: str, logits: Float[np.ndarray, "row column"]) -> Heatmap:
        own = f"the {of}'s own vector" if of == by else f"the {by}'s vector"
        name = f"mask {mask} of the {of}'s features with {own}"
        return Heatmap(
            logits,
            title=f"The {of}'s features,\n{own}",
            words=logits_in_words(name, logits, self.threshold),
            scale=logit_scale(self.threshold),
            frame="logits",
        )


def product(
    features: Float[np.ndarray, "channel height width"],
    vector: Float[np.ndarray, "channel"],
    frame: Frame,
) -> Float[np.ndarray, "row column"]:
    """The logits that features and a vector make, over the picture."""
    return over_the_picture(np.einsum("c,chw->hw", vector, features), frame)
