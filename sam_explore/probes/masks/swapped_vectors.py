"""Does the vector hold which object is meant, or the image features?"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

from sam_explore.geometry import Prompts
from sam_explore.mask_overlap import mask_iou
from sam_explore.readings import Gallery, Heatmap, Matrix, Panel, Scale
from sam_explore.tracing import Trace

from ..common.attention import token_in_words
from ..common.clicks import middle_of
from ..common.hints import over_the_picture
from ..common.logit_products import features_and_vector
from ..common.logits import logit_scale, logits_in_words
from ..common.probe import Probe, mask_knob, mask_shown, threshold_knob, token_knob
from ..common.truth import ComparedWithTruth, in_words

_RUNS = ("prompt", "click")


@dataclass(frozen=True)
class SwappedVectors(ComparedWithTruth, Probe):
    """A mask of the run's prompts and one of another click, with their vectors swapped.

    A mask is a product of image features with the mask's vector, and the prompt has a part in both:
    the image tokens read it, and so does the mask token. The other click is a single one in the
    middle of the picked token, with the same mask token. If the swapped masks are those of the
    features' own run, it is the features that hold which object is meant, and the vector says
    only how to read them. Given a truth, the masks' true IoU is said.

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
        whole = {(of, by): product(read[of][0], read[by][1]) for of in _RUNS for by in _RUNS}
        logits = {pair: over_the_picture(values, trace.frame) for pair, values in whole.items()}
        overlaps = self._overlaps(logits)
        words = (
            f"The other click is at {token_in_words(self.token)}. With the prompt's features and "
            f"the click's vector, the mask's overlap is {in_words(overlaps[0, 0])} with the "
            f"prompt's own mask and {in_words(overlaps[0, 1])} with the click's. With the click's "
            f"features and the prompt's vector, it is {in_words(overlaps[1, 0])} and "
            f"{in_words(overlaps[1, 1])}. The two own masks have {in_words(self._own(logits))} in "
            f"common.{self._truth_in_words(trace, whole)}"
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

    def _truth_in_words(
        self, trace: Trace, logits: dict[tuple[str, str], Float[np.ndarray, "height width"]]
    ) -> str:
        """What the true IoU of the four masks is, after other sentences; "" without a truth."""
        target = self.target(trace)
        if target is None or target.mask is None:
            return self.why_no_truth(trace)
        own, swapped, other, click = (
            in_words(target.iou_of(values, trace.prediction, self.threshold))
            for values in logits.values()
        )
        return (
            f" Their true IoU with {target.name}: the prompt's own mask {own}, its features with "
            f"the click's vector {swapped}, the click's features with the prompt's vector {other}, "
            f"the click's own mask {click}."
        )

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
    features: Float[np.ndarray, "channel height width"], vector: Float[np.ndarray, "channel"]
) -> Float[np.ndarray, "height width"]:
    """The logits that features and a vector make, padding included."""
    return np.einsum("c,chw->hw", vector, features)
