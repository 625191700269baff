"""From a reading's kind of scale to matplotlib's names and limits."""

import numpy as np
from jaxtyping import Float

from sam_explore.readings import Scale

from . import raster, style


def colormap_of(scale: Scale) -> str:
    """The name of matplotlib's colormap for this kind of scale."""
    return style.SEQUENTIAL if scale.centre is None else style.DIVERGING


def limits_of(scale: Scale, values: Float[np.ndarray, "*any"]) -> tuple[float, float]:
    """The values that get the first and the last colour; a stated centre lies in the middle.

    Limits that the scale leaves open are taken from the values, as far as those are finite.
    """
    finite = values[np.isfinite(values)]
    ends = finite if finite.size else np.zeros(1)
    low = float(ends.min()) if scale.low is None else scale.low
    high = float(ends.max()) if scale.high is None else scale.high
    if scale.centre is not None:
        return raster.diverging_range(np.array([low, high]), scale.centre)
    return (low, high) if low < high else (low - 0.5, low + 0.5)


def ticks_of(scale: Scale, low: float, high: float) -> list[float] | None:
    """Round steps up and down from a stated centre, which gets a tick; None leaves the choice."""
    if scale.centre is None:
        return None
    reach = (high - low) / 2
    power = 10.0 ** np.floor(np.log10(reach))
    step = next(nice * power for nice in (5, 2, 1, 0.5) if 2 * nice * power <= reach * (1 + 1e-9))
    count = int(reach / step * (1 + 1e-9))
    return [scale.centre + step * i for i in range(-count, count + 1)]
