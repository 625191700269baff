"""What in the picture is the answer owed to?"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from sam_explore.readings import Gallery, Heatmap, Scale
from sam_explore.tracing import Trace
from sam_explore.tracing.attribution import (
    METHODS,
    OCCLUSION,
    Scalar,
    attribute,
    control_of,
    patches_with_content,
    rank_correlation,
    spread,
    value_of,
)

from .numbers import place_of_greatest, text
from .owing import ChosenMethod, ChosenNumber, agreement, capitalised, patches_in_words
from .probe import Probe, knob

WEIGHTS = ("trained", "shuffled")


@dataclass(frozen=True)
class Attribution(ChosenNumber, ChosenMethod, Probe):
    """By how much a number of the prediction falls when a patch loses its content.

    Occlusion takes the content away and looks: the mean of the picture's image tokens takes the
    place of the patch's, or the model's mean colour that of its pixels. The gradient's methods say
    the same to first order, from one pass backwards; beside them stands the occlusion of the same
    patches. All are on one scale. What is positive holds the number up.

    With shuffled weights, the same is asked of a copy of the model in which each weight's numbers
    have changed places. A map that stays as it was shows the picture, not what the model learned.

    Reads: the prediction, its gradients, and the prediction with patches taken away. Occlusion of
        the pixels runs the whole model for each patch.
    Returns: a Gallery of a Heatmap (row, column), diverging around 0, and for the gradient's
        methods a second one of the occlusion. Each token shows the value of its whole patch.
    Unit: that of the number, logits or predicted IoU, by patch.
    Source: occlusion is Zeiler and Fergus' (arXiv 1311.2901), the control that of "Sanity Checks
        for Saliency Maps" (arXiv 1810.03292).
    """

    weights: str = knob("trained", "weights", choices=WEIGHTS)

    is_sweep = True

    def read(self, trace: Trace) -> Gallery:
        of, name = self.scalar(trace)
        patch = self.patch_side(trace.config)
        run = control_of(trace) if self.weights == "shuffled" else trace
        patches = attribute(run, of, self.method, patch)
        holds = patches_with_content(trace, self.method, patch)
        maps = [(self.method, patches)]
        words = _words(value_of(run, of), name, self.method, patches, patch)
        causal = OCCLUSION[METHODS[self.method]]
        if self.method != causal:
            effects = attribute(run, of, causal, patch)
            maps.append((causal, effects))
            words += (
                " The rank correlation with the occlusion of the same patches is "
                f"{agreement(rank_correlation(patches[holds], effects[holds]))}."
            )
        if self.weights == "shuffled":
            trained = attribute(trace, of, self.method, patch)
            words += (
                " These are shuffled weights; the rank correlation with the trained ones' map is "
                f"{agreement(rank_correlation(patches[holds], trained[holds]))}."
            )
        return _gallery(maps, f"{capitalised(name)}, {self.weights} weights", words, patch, run, of)


def _words(value: float, name: str, method: str, patches: np.ndarray, patch: int) -> str:
    kind = "token" if patch == 1 else "patch"
    return (
        f"{capitalised(name)} is {text(value)}. By {method}, the shares of "
        f"{patches_in_words(patch)} go from {text(patches.min())} to {text(patches.max())}; the "
        f"greatest is that of the {kind} at {place_of_greatest(patches)}."
    )


def _gallery(
    maps: list[tuple[str, Float[np.ndarray, "down across"]]],
    title: str,
    words: str,
    patch: int,
    trace: Trace,
    of: Scalar,
) -> Gallery:
    scale = Scale(of.unit, centre=0.0)
    return Gallery(
        tuple(
            Heatmap(
                spread(values, patch, trace.frame.grid),
                title=capitalised(method),
                words=f"{capitalised(method)}: {text(values.min())} to {text(values.max())}.",
                scale=scale,
                frame="tokens",
            )
            for method, values in maps
        ),
        title=title,
        words=words,
        shared=scale,
    )
