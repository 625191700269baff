"""Do maps that are in wide use find what the answer depends on?"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from sam_explore.number_text import text
from sam_explore.readings import Gallery, Heatmap, Matrix, Panel, Scale
from sam_explore.tracing import Trace
from sam_explore.tracing.attribution import (
    BASELINES,
    OCCLUSION,
    Scalar,
    attribute,
    baseline,
    control_of,
    patches_with_content,
    pooled,
    rank_correlation,
    removal_curves,
    spread,
)

from ..common.probe import Probe, knob
from ..common.target_knobs import ChosenNumber, agreement, capitalised, patches_in_words

_STEPS = 8
_RANDOM_ORDERS = 2  # and as many in the reverse order, which need no other runs

Patches = Float[np.ndarray, "down across"]


@dataclass(frozen=True)
class AttributionBaselines(ChosenNumber, Probe):
    """A map by a method that people ask for, in the checks that every attribution gets here.

    Grad-CAM and integrated gradients are about the image tokens that the decoder reads; attention
    rollout and relevance about the pixels of each token. Their scales have nothing in common, so
    that only the order of the patches can be compared. It is held against what happens: the same
    patches taken away one after the other (occlusion), and taken away and put back in the map's
    order, against random orders and that of the occlusion itself. And the same map is made with
    shuffled weights: if it stays as it was, it shows the picture and not what the model learned.

    Rollout follows all attention alike, from the tokens of the mask; it takes no gradient, and
    knows nothing of the number but where it is taken.

    Reads: the prediction, its gradients, image_encoder.vit.blocks.*.attention.hook_pattern, and the
        prediction with patches removed; for rollout and relevance each of these runs the whole
        model.
    Returns: a Panel of a Gallery of three Heatmaps (row, column): the method's, the occlusion's and
        the method's with shuffled weights, each with a scale of its own; and a Matrix of the areas
        under the deletion and insertion curves by order.
    Unit: of the occlusion and the areas that of the number, logits or predicted IoU; of the maps
        none, but of integrated gradients that of the number.
    Source: Grad-CAM (arXiv 1610.02391), integrated gradients (1703.01365), attention rollout
        (2005.00928), relevance (2103.15679, here for the image encoder alone); shuffled weights are
        "Sanity Checks for Saliency Maps" (1810.03292), the curves RISE's (1806.07421).
    """

    title = "Do maps in wide use find what the answer depends on?"
    is_sweep = True

    method: str = knob("Grad-CAM", "method", choices=tuple(BASELINES), matters=True)
    patch: int = knob(
        0,
        "tokens a side of a patch",
        low=0,
        high=lambda run: run.config.grid,
        names=((0, "an eighth of the grid"),),
    )

    def read(self, trace: Trace) -> Panel:
        of, name = self.scalar(trace)
        place = BASELINES[self.method]
        patch = self.patch or max(1, trace.config.grid // 8)
        occluded = attribute(trace, of, OCCLUSION[place], patch)
        own, control = (
            pooled(baseline(run, of, self.method), patch) for run in (trace, control_of(trace))
        )
        holds = patches_with_content(trace, OCCLUSION[place], patch)
        areas = _areas(trace, of, {self.method: own, "occlusion": occluded}, holds, patch, place)
        with_occlusion, with_control = (
            agreement(rank_correlation(own[holds], other[holds])) for other in (occluded, control)
        )
        words = (
            f"{capitalised(self.method)} of {name}, by {patches_in_words(patch)}: its rank "
            f"correlation with the occlusion of the same patches is {with_occlusion}, and with its "
            f"own map by shuffled weights {with_control}. {_in_words(areas)}{self.judged(trace)}"
        )
        maps = {
            self.method: (own, ""),
            OCCLUSION[place]: (occluded, of.unit),
            f"{self.method}, shuffled weights": (control, ""),
        }
        ends = ", ".join(text(float(np.abs(values).max())) for values, _ in maps.values())
        words += (
            f" Each map has a scale of its own, whose ends are {ends} from 0: compare the orders "
            "of the patches, not the colours."
        )
        return Panel(
            (_gallery(maps, patch, trace.frame.grid, words), _table(areas, of.unit, words)),
            f"{capitalised(self.method)}: {name}",
            words,
            across=1,
        )


def _areas(
    trace: Trace,
    of: Scalar,
    maps: dict[str, Patches],
    holds: np.ndarray,
    patch: int,
    place: str,
) -> dict[str, tuple[float, float]]:
    """The areas of deletion and insertion, in the order of each map and of random ones."""
    patches, chance = np.flatnonzero(holds), np.random.default_rng(0)

    def areas(order: np.ndarray) -> list[tuple[float, float]]:
        curves = removal_curves(trace, of, order, place, patch, _STEPS)
        both = curves, curves.backwards
        return [(each.deletion_area, each.insertion_area) for each in both]

    found = {
        name: areas(patches[np.argsort(-values.ravel()[patches], kind="stable")])[0]
        for name, values in maps.items()
    }
    random = [each for _ in range(_RANDOM_ORDERS) for each in areas(chance.permutation(patches))]
    deletion, insertion = np.mean(random, axis=0)
    return found | {"random orders": (float(deletion), float(insertion))}


def _in_words(areas: dict[str, tuple[float, float]]) -> str:
    parts = []
    for index, kind, better in ((0, "deletion", "lower"), (1, "insertion", "higher")):
        listed = ", ".join(f"{text(each[index])} for {name}" for name, each in areas.items())
        parts.append(f"The area of the {kind} curve, where {better} is better, is {listed}.")
    return " ".join(parts)


def _gallery(
    maps: dict[str, tuple[Patches, str]], patch: int, grid: tuple[int, int], words: str
) -> Gallery:
    shown = tuple(
        Heatmap(
            spread(values, patch, grid),
            title=capitalised(name),
            words=f"{capitalised(name)}: {text(values.min())} to {text(values.max())}.",
            scale=Scale(unit, centre=0.0),
            frame="tokens",
        )
        for name, (values, unit) in maps.items()
    )
    return Gallery(shown, "By patch, each on its own scale", words)


def _table(areas: dict[str, tuple[float, float]], unit: str, words: str) -> Matrix:
    return Matrix(
        np.array(list(areas.values())),
        rows=tuple(areas),
        columns=("deletion\nlower is better", "insertion\nhigher is better"),
        title="Areas under the curves",
        words=words,
        row_name="order",
        column_name="",
        scale=Scale(unit, centre=None),
    )
