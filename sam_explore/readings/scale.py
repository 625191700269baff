"""The scale of a map: what a colour stands for, and which values get which colour."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

_LEAST_NEAR = 0.05  # of the reach


@dataclass(frozen=True)
class Scale:
    """What a colour stands for.

    Args:
        unit: of the values, such as "logit"; "" for a plain number.
        centre: None for sequential values; else the neutral value, around which both directions are
            drawn alike.
        low, high: the range to draw; None leaves it to the values, see `range_of`.
        names: names of the values if there are only a few, ascending, such as ((0.0, "outside"),
            (1.0, "inside")).
        near: with stated ends around a centre, the distance from it within which colours change
            linearly; None for linearly throughout.
    """

    unit: str = ""
    centre: float | None = None
    low: float | None = None
    high: float | None = None
    names: tuple[tuple[float, str], ...] = ()
    near: float | None = None


@dataclass(frozen=True)
class ColourRange:
    """The mapping from values to colours.

    Args:
        low, high: the values of the first and the last colour; values beyond get those too.
        near: around the middle of the range, the distance within which colours change linearly;
            farther out they change with the logarithm of the distance. None for linearly
            throughout.
    """

    low: float
    high: float
    near: float | None = None

    def shares(
        self, values: float | Float[np.ndarray, "*any"]
    ) -> float | Float[np.ndarray, "*any"]:
        """The position of values among the colours: 0 is the first, 1 the last; not clipped."""
        if self.near is None:
            return (values - self.low) / (self.high - self.low)
        middle, reach = (self.low + self.high) / 2, (self.high - self.low) / 2
        place = np.arcsinh((values - middle) / self.near)
        return (1 + place / np.arcsinh(reach / self.near)) / 2

    def values(
        self, shares: float | Float[np.ndarray, "*any"]
    ) -> float | Float[np.ndarray, "*any"]:
        """The inverse of `shares`."""
        if self.near is None:
            return self.low + shares * (self.high - self.low)
        middle, reach = (self.low + self.high) / 2, (self.high - self.low) / 2
        place = (2 * shares - 1) * np.arcsinh(reach / self.near)
        return middle + self.near * np.sinh(place)

    def beyond(self, values: Float[np.ndarray, "*any"]) -> tuple[float, float]:
        """The shares of the values below the first colour and above the last one.

        NaN counts as no value.
        """
        finite = values[np.isfinite(values)]
        count = max(finite.size, 1)
        tiny = 1e-6 * (self.high - self.low)  # a value beyond an end by rounding counts as on it
        below, above = finite < self.low - tiny, finite > self.high + tiny
        return float(below.sum() / count), float(above.sum() / count)


def range_of(scale: Scale, values: Float[np.ndarray, "*any"]) -> ColourRange:
    """The colours of a scale for these values.

    Without a centre they change linearly from the smallest to the largest value. Around a stated
    centre they reach equally far on both sides, to the farthest value. If they were linear, the
    side with the nearer values would look blank: +3 of ±14 is almost white. So they are linear only
    near the centre: up to the median distance of the values on the nearer side, but at least a
    twentieth of the range. Beyond that they are logarithmic.

    Ends that the scale states are used as they are, with linear colours in between; around a centre
    the farther one counts.
    """
    finite = values[np.isfinite(values)]
    ends = finite if finite.size else np.zeros(1)
    if scale.centre is None:
        low = float(ends.min()) if scale.low is None else scale.low
        high = float(ends.max()) if scale.high is None else scale.high
        return ColourRange(low, high) if low < high else ColourRange(low - 0.5, low + 0.5)
    stated = [abs(end - scale.centre) for end in (scale.low, scale.high) if end is not None]
    distances = ends.astype(float) - scale.centre
    reach = (max(stated) if stated else float(np.abs(distances).max())) or 1.0
    near = scale.near if stated else _near(distances, reach)
    return ColourRange(scale.centre - reach, scale.centre + reach, near)


def _near(distances: Float[np.ndarray, "*any"], reach: float) -> float:
    """How far colours change linearly; distances from the centre are signed."""
    sides = [side[side > 0] for side in (distances, -distances)]
    medians = [float(np.median(side)) for side in sides if side.size]
    return max(min(medians, default=reach), _LEAST_NEAR * reach)
