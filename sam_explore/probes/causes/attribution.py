"""Which parts of the picture does the answer depend on?"""

from dataclasses import dataclass
from itertools import chain

import numpy as np
from jaxtyping import Float

from sam_explore.number_text import text
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

from ..common.numbers import place_of_greatest
from ..common.probe import Probe, knob
from ..common.target_knobs import (
    ChosenMethod,
    ChosenNumber,
    agreement,
    capitalised,
    patches_in_words,
)

WEIGHTS = ("trained", "shuffled")
ALL = "all"
# Rows of the gallery of all methods: the gradient, then the occlusion that it approximates.
_BESIDE = tuple(
    (gradient, OCCLUSION[place])
    for gradient, place in METHODS.items()
    if gradient != OCCLUSION[place]
)


@dataclass(frozen=True)
class Attribution(ChosenNumber, ChosenMethod, Probe):
    """By how much a number of the prediction falls when a patch loses its content.

    Occlusion removes the content and runs the model: the patch's image tokens are replaced by their
    mean over the picture, or its pixels by the model's mean colour. The gradient methods estimate
    the same to first order, from one backward pass; the occlusion of the same patches is shown next
    to them. Positive patches raise the number.

    All results are in the unit of the number, and nothing is normalised: maps side by side share
    one colour scale, and the same colour means the same fall of the number. "all" shows four
    methods, those of the embedding above those of the pixels.

    With shuffled weights, the same is computed with a copy of the model in which the numbers within
    each weight are shuffled. A map that stays the same shows the picture, not what the model
    learned.

    Reads: the prediction, its gradients, and the prediction with patches removed. Occlusion of the
        pixels runs the whole model for each patch.
    Returns: a Gallery of a Heatmap (row, column) for each method, diverging around 0. Each token
        shows the value of its whole patch.
    Unit: that of the number, logits or predicted IoU, by patch.
    Source: occlusion is Zeiler and Fergus' (arXiv 1311.2901), the control that of "Sanity Checks
        for Saliency Maps" (arXiv 1810.03292).
    """

    title = "Which parts of the picture hold the answer up?"

    method: str = knob("gradient times embedding", "method", choices=(*METHODS, ALL), matters=True)
    weights: str = knob("trained", "weights", choices=WEIGHTS)

    is_sweep = True

    def read(self, trace: Trace) -> Gallery:
        shuffled = self.weights == "shuffled"
        of, name = self.scalar(trace, "with trained weights" if shuffled else "")
        patch = self.patch_side(trace.config)
        run = control_of(trace) if shuffled else trace
        maps = {each: attribute(run, of, each, patch) for each in self._methods()}
        words = [
            f"{capitalised(name)} is {text(value_of(run, of))}.{self.judged(trace, run)}",
            _shares(maps, patch, of.unit),
            *_agreements(maps, trace, patch),
        ]
        if run is not trace:
            trained = {each: attribute(trace, of, each, patch) for each in self._compared()}
            words.append(_against_trained(maps, trained, trace, patch))
        title = f"{capitalised(name)}, {self.weights} weights"
        return _gallery(maps, title, " ".join(words), patch, run, of)

    def _methods(self) -> tuple[str, ...]:
        """The methods that are shown, in the order of the maps."""
        if self.method == ALL:
            return tuple(chain(*_BESIDE))
        return tuple(dict.fromkeys((self.method, OCCLUSION[METHODS[self.method]])))

    def _compared(self) -> tuple[str, ...]:
        """Methods whose map is also computed with the trained weights."""
        return self._methods() if self.method == ALL else (self.method,)


def _shares(maps: dict[str, Float[np.ndarray, "down across"]], patch: int, unit: str) -> str:
    if len(maps) > 2:
        ranges = ", ".join(
            f"{method} {text(values.min())} to {text(values.max())}"
            for method, values in maps.items()
        )
        return f"All on one scale ({unit}), by {patches_in_words(patch)}: {ranges}."
    method, values = next(iter(maps.items()))
    kind = "token" if patch == 1 else "patch"
    return (
        f"By {method}, the shares of {patches_in_words(patch)} go from {text(values.min())} to "
        f"{text(values.max())}; the greatest is that of the {kind} at {place_of_greatest(values)}."
    )


def _agreements(
    maps: dict[str, Float[np.ndarray, "down across"]], trace: Trace, patch: int
) -> list[str]:
    """The rank correlation of each gradient with the occlusion of the same patches."""
    found = {
        pair[0]: _correlation(maps, maps, *pair, trace, patch)
        for pair in _BESIDE
        if all(method in maps for method in pair)
    }
    what = "The rank correlation with the occlusion of the same patches is"
    return [f"{what} {_listed(found, len(maps) > 2)}."] if found else []


def _against_trained(
    maps: dict[str, Float[np.ndarray, "down across"]],
    trained: dict[str, Float[np.ndarray, "down across"]],
    trace: Trace,
    patch: int,
) -> str:
    found = {
        method: _correlation(maps, trained, method, method, trace, patch) for method in trained
    }
    return (
        "These are shuffled weights; the rank correlation with the trained ones' map is "
        f"{_listed(found, len(trained) > 1)}."
    )


def _listed(correlations: dict[str, str], several: bool) -> str:
    """Such as "0.8", or with `several` methods "0.8 for gradient times pixels, 0.4 for …"."""
    return ", ".join(
        f"{each} for {method}" if several else each for method, each in correlations.items()
    )


def _correlation(
    maps: dict[str, Float[np.ndarray, "down across"]],
    others: dict[str, Float[np.ndarray, "down across"]],
    method: str,
    other: str,
    trace: Trace,
    patch: int,
) -> str:
    """The rank correlation over the patches with content."""
    holds = patches_with_content(trace, method, patch)
    return agreement(rank_correlation(maps[method][holds], others[other][holds]))


def _gallery(
    maps: dict[str, Float[np.ndarray, "down across"]],
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
            for method, values in maps.items()
        ),
        title=title,
        words=words,
        shared=scale,
    )
