"""The coordinate encoder's arithmetic in numpy: what the probes of places have in common."""

import numpy as np
from jaxtyping import Float

from sam_explore.tracing import Trace

from .numbers import array


def frequencies_of(trace: Trace) -> Float[np.ndarray, "2 wave"]:
    """The coordinate encoder's frequencies, x before y, in cycles a unit of the encoder's -1..1.

    The input is 2 such units wide, so a wave has twice as many cycles across the input.
    """
    return array(trace.sam.coordinate_encoder.frequencies)


def encoded(
    points_unit: Float[np.ndarray, "*any 2"], frequencies: Float[np.ndarray, "2 wave"]
) -> Float[np.ndarray, "*any channel"]:
    """Sines, then cosines, of points given as x, y from 0 to 1 across the model's input."""
    angles = 2 * np.pi * ((2 * points_unit - 1) @ frequencies)
    return np.concatenate([np.sin(angles), np.cos(angles)], axis=-1)


def middles(grid: tuple[int, int]) -> Float[np.ndarray, "row column 2"]:
    """x, y from 0 to 1 of the middles of a grid's cells."""
    rows, columns = grid
    y, x = np.meshgrid(
        (np.arange(rows) + 0.5) / rows, (np.arange(columns) + 0.5) / columns, indexing="ij"
    )
    return np.stack([x, y], axis=-1)


def spread_of(frequencies: Float[np.ndarray, "2 wave"]) -> float:
    """The root mean square of the frequencies: their σ, if they were drawn around 0."""
    return float(np.sqrt((frequencies**2).mean()))
