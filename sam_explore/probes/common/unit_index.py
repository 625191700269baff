"""The unit index: over many drawn scenes, what drives each unit most and which factors it fits."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

from sam_explore.read_only import ReadOnlyArrays

from .token_truth import Grid
from .units import Layer

_RESAMPLES = 1000


@dataclass(frozen=True, eq=False)
class LayerIndex(ReadOnlyArrays):
    """What is kept of the units of one layer.

    Args:
        threshold: the value above which a unit is on: in the first scenes, which count for nothing
            else, it is on at 5 % of the tokens.
        total: the sum of its values over all tokens counted.
        values: its greatest values, one a scene, in descending order.
        seeds: the scene of each of them, by its seed.
        tokens: its token there, counted row by row.
        on: at how many tokens it is on, in each group of scenes.
        both: at how many tokens it is on and a factor holds, in the order of FACTORS.
    """

    threshold: Float[np.ndarray, "unit"]
    total: Float[np.ndarray, "unit"]
    values: Float[np.ndarray, "unit top"]
    seeds: Int[np.ndarray, "unit top"]
    tokens: Int[np.ndarray, "unit top"]
    on: Int[np.ndarray, "group unit"]
    both: Int[np.ndarray, "group unit factor"]


Layers = dict[Layer, LayerIndex]


@dataclass(frozen=True, eq=False)
class UnitIndex(ReadOnlyArrays):
    """What drives each unit, over drawn scenes that neither training nor exams drew.

    Args:
        grid: rows and columns of tokens in a scene.
        scenes: how many were counted.
        factor: at how many tokens each factor holds, in each group of scenes.
        tokens: how many tokens there are in each group.
        layers: of the run's model.
        shuffled: of the same network with shuffled weights, in the same scenes, as one group.
    """

    grid: Grid
    scenes: int
    factor: Int[np.ndarray, "group factor"]
    tokens: Int[np.ndarray, "group"]
    layers: Layers
    shuffled: Layers

    def mean(self, layer: Layer) -> Float[np.ndarray, "unit"]:
        """The mean of each unit's values over all tokens counted."""
        return self.layers[layer].total / int(self.tokens.sum())


class Fit(NamedTuple):
    """How well the tokens at which a unit is on are those of each factor, as IoU from 0 to 1.

    Args:
        iou: over all tokens counted.
        chance: what as many tokens anywhere would give: |U| |F| / N tokens in common.
        most: what it could be, where one set of tokens holds the other.
    """

    iou: Float[np.ndarray, "unit factor"]
    chance: Float[np.ndarray, "unit factor"]
    most: Float[np.ndarray, "unit factor"]

    @property
    def beyond(self) -> Float[np.ndarray, "unit factor"]:
        """IoU less that of chance."""
        return self.iou - self.chance


def fit_of(index: UnitIndex, layer: LayerIndex) -> Fit:
    """The IoU of each unit of a layer with each factor.

    Source: "Network Dissection" (arXiv 1704.05796), with tokens for its pixels.
    """
    on = layer.on.sum(axis=0)[:, None].astype(float)
    factor = index.factor.sum(axis=0)[None].astype(float)
    by_chance = on * factor / index.tokens.sum()
    return Fit(
        _iou(layer.both.sum(axis=0), on, factor),
        _iou(by_chance, on, factor),
        _iou(np.minimum(on, factor), on, factor),
    )


def interval_of(
    index: UnitIndex, layer: LayerIndex, unit: int
) -> tuple[Float[np.ndarray, "factor"], Float[np.ndarray, "factor"]]:
    """The ends of the 95 % interval of one unit's IoU with each factor.

    By the bootstrap over the groups of scenes: each is drawn again and again, as a whole.
    """
    groups = len(index.tokens)
    drawn = np.random.default_rng(0).multinomial(groups, np.full(groups, 1 / groups), _RESAMPLES)
    both, factor = drawn @ layer.both[:, unit], drawn @ index.factor
    on = drawn @ layer.on[:, unit]
    low, high = np.percentile(_iou(both, on[:, None], factor), (2.5, 97.5), axis=0)
    return low, high


def _iou(both: np.ndarray, one: np.ndarray, other: np.ndarray) -> Float[np.ndarray, "*any"]:
    """Of two sets by their sizes and what they share; 0 where both are empty."""
    return np.asarray(both / np.maximum(one + other - both, 1))
