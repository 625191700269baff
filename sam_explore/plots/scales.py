"""Converts a reading's scale to matplotlib's colormaps, norms and ticks."""

import numpy as np
from jaxtyping import Float
from matplotlib.colors import FuncNorm, Normalize

from sam_explore.readings import ColourRange, Scale

from . import style


def colormap_of(scale: Scale) -> str:
    """The name of matplotlib's colormap for this kind of scale."""
    return style.SEQUENTIAL if scale.centre is None else style.DIVERGING


def norm_of(colours: ColourRange) -> Normalize:
    """The matplotlib norm of a colour range."""
    if colours.near is None:
        return Normalize(colours.low, colours.high)
    return FuncNorm((colours.shares, colours.values), colours.low, colours.high)


def extend_of(colours: ColourRange, values: Float[np.ndarray, "*any"]) -> str:
    """Matplotlib's name for the ends of the colour bar beyond which there are values."""
    below, above = (bool(share) for share in colours.beyond(values))
    return {(True, True): "both", (True, False): "min", (False, True): "max"}.get(
        (below, above), "neither"
    )


def ticks_of(scale: Scale, colours: ColourRange) -> list[float] | None:
    """Ticks at a stated centre and in round steps from it; None leaves the choice to matplotlib."""
    if scale.centre is None:
        return None
    reach = (colours.high - colours.low) / 2
    if colours.near is not None:
        steps = _spread(reach, colours, scale.centre)
        return [scale.centre + step for step in (*(-each for each in steps[::-1]), 0.0, *steps)]
    power = 10.0 ** np.floor(np.log10(reach))
    step = next(nice * power for nice in (5, 2, 1, 0.5) if 2 * nice * power <= reach * (1 + 1e-9))
    count = int(reach / step * (1 + 1e-9))
    return [scale.centre + step * i for i in range(-count, count + 1)]


def is_plain(low: float, high: float) -> bool:
    """Whether matplotlib writes the numbers of an axis as they are: without a power of ten, or a
    number to be added, at the end of the axis. False where it may do so."""
    greatest = max(abs(low), abs(high))
    return 1e-3 <= greatest <= 1e5 and high - low >= 0.01 * greatest


def apart(ticks: list[float], places: list[float], room: float) -> list[float]:
    """Those ticks that leave room for their numbers: the middle one and the ends go first.

    Args:
        ticks: ascending.
        places: where they lie along the bar, from 0 to 1.
        room: of a number, as a share of the bar.
    """
    count = len(ticks)
    ends = [count // 2, 0, count - 1]
    kept: list[int] = []
    for index in (*ends, *range(count)):
        if all(abs(places[index] - places[other]) >= room for other in kept):
            kept.append(index)
    return [ticks[index] for index in sorted(kept)]


def _spread(reach: float, colours: ColourRange, centre: float) -> list[float]:
    """Round distances from the centre, far enough apart along the bar for their numbers."""
    power = int(np.floor(np.log10(reach)))
    nice = [digit * 10.0**p for p in range(power, power - 3, -1) for digit in (5, 2, 1)]
    found: list[float] = []
    for step in (each for each in nice if each <= reach * (1 + 1e-9)):
        place = float(colours.shares(centre + step))
        last = float(colours.shares(centre + found[-1])) if found else np.inf
        if last - place >= _ROOM and place - 0.5 >= _ROOM:
            found.append(step)
    return found[::-1]


_ROOM = 0.09  # of a colour bar, between two numbers
