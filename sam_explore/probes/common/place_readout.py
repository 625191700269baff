"""What of a token depends on its place alone, and how well its place can be read off it.

Both are estimated on some scenes and measured on others, one scene at a time, so that nothing but
sums is kept of the pictures.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

_RIDGE = 1e-3  # of the variance of a channel, added to each
_SMALLEST = 1e-12

Tokens = Float[np.ndarray, "row column channel"]


class Measured(NamedTuple):
    """What is found in one scene that was not among those learned from.

    Args:
        share: of the tokens' variance that goes along with the mean token of their place.
        share_shuffled: the same with the scene's tokens at other places: 0 in expectation.
        readout: the share of the variance of rows and columns that a linear read-out explains, R².
        readout_shuffled: the same of a read-out that was learned with the places shuffled.
        errors: the read-out's distance from each token's place, in tokens.
    """

    share: float
    share_shuffled: float
    readout: float
    readout_shuffled: float
    errors: Float[np.ndarray, "row column"]


class PlaceSums:
    """Sums over scenes of the tokens of one stage.

    Args:
        seed: of the shuffled places.
    """

    def __init__(self, seed: int = 0):
        self._chance = np.random.default_rng(seed)
        self._scenes = 0
        self._by_place = self._gram = self._products = self._shuffled = np.zeros(())

    def add(self, tokens: Tokens) -> None:
        """Learn from the tokens of one scene."""
        flat = tokens.reshape(-1, tokens.shape[-1])
        places = places_of(tokens.shape[:2])
        self._by_place = self._by_place + tokens
        self._gram = self._gram + (flat.T @ flat).astype(float)
        self._products = self._products + flat.T @ places
        self._shuffled = self._shuffled + flat.T @ self._chance.permutation(places)
        self._scenes += 1

    def learned(self) -> "LearnedPlaces":
        """What the scenes so far say."""
        return LearnedPlaces(
            self._by_place / self._scenes,
            self._gram / self._scenes,
            self._products / self._scenes,
            self._shuffled / self._scenes,
        )


@dataclass(frozen=True, eq=False)
class LearnedPlaces:
    """Means over scenes: of the tokens by place, and of the products that read-outs need.

    Args:
        by_place: the mean token of each place.
        gram: products of channels, summed over the places.
        products, shuffled: products of channels with places, and with places that were shuffled.
    """

    by_place: Tokens
    gram: Float[np.ndarray, "channel channel"]
    products: Float[np.ndarray, "channel 2"]
    shuffled: Float[np.ndarray, "channel 2"]

    @property
    def part(self) -> Tokens:
        """The part that depends on place alone: the mean token of each place, less that of all."""
        return self.by_place - self._mean

    @property
    def spread(self) -> float:
        """The standard deviation of the tokens around the mean of all: the root of the mean square
        distance."""
        squares = np.trace(self.gram) / (self.by_place.shape[0] * self.by_place.shape[1])
        return float(np.sqrt(max(squares - (self._mean**2).sum(), 0.0)))

    def measure(self, tokens: Tokens, order: Int[np.ndarray, "place"]) -> Measured:
        """What is found in another scene; `order` are its places, shuffled."""
        centred = (tokens - self._mean).reshape(-1, tokens.shape[-1])
        part = self.part.reshape(centred.shape)
        places, total = places_of(tokens.shape[:2]), max((centred**2).sum(), _SMALLEST)
        read, misread = np.split(centred @ self._weights, 2, axis=1)
        return Measured(
            float((centred * part).sum() / total),
            float((centred[order] * part).sum() / total),
            _explained(places, read),
            _explained(places, misread),
            np.linalg.norm(read - places, axis=1).reshape(tokens.shape[:2]),
        )

    @cached_property
    def _mean(self) -> Float[np.ndarray, "channel"]:
        return self.by_place.mean(axis=(0, 1))

    @cached_property
    def _weights(self) -> Float[np.ndarray, "channel 4"]:
        """Ridge regression of places, then of shuffled ones, on centred channels.

        Each channel is taken in its own standard deviations. Places have a mean of 0, so their
        products are the same with channels that aren't centred.
        """
        count = self.by_place.shape[0] * self.by_place.shape[1]
        covariance = self.gram / count - np.outer(self._mean, self._mean)
        sizes = np.sqrt(np.maximum(np.diag(covariance), _SMALLEST))
        scaled = covariance / np.outer(sizes, sizes) + _RIDGE * np.eye(len(sizes))
        products = np.concatenate([self.products, self.shuffled], axis=1) / count
        return np.linalg.solve(scaled, products / sizes[:, None]) / sizes[:, None]


def places_of(grid: tuple[int, int]) -> Float[np.ndarray, "place 2"]:
    """Row and column of each place, counted from the middle of the grid."""
    places = np.argwhere(np.ones(grid, bool)).astype(float)
    return places - places.mean(axis=0)


def chance_error(grid: tuple[int, int]) -> float:
    """The mean distance in tokens of a read-out that always says the middle."""
    return float(np.linalg.norm(places_of(grid), axis=1).mean())


def _explained(places: Float[np.ndarray, "place 2"], read: Float[np.ndarray, "place 2"]) -> float:
    total = (places**2).sum()
    return float(1 - ((read - places) ** 2).sum() / total) if total else 0.0
