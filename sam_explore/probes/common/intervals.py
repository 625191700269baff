"""Means over cases with their intervals, as curves and in words."""

import numpy as np
from jaxtyping import Float

from sam_explore.number_text import text
from sam_explore.readings import Curve
from sam_explore.tracing import SweepTable


def band(values: Float[np.ndarray, "case place"], name: str, style: str = "line") -> Curve:
    """The mean over the cases at each place, with its 95 % interval; NaN counts as no case.

    With a single case there is no interval, and so no band.
    """
    table = SweepTable(tuple(map(str, range(values.shape[1]))), values.T)
    if len(values) < 2:
        return Curve(table.mean, name, style=style)
    low, high = table.interval().T
    return Curve(table.mean, name, low, high, style)


def interval_in_words(values: Float[np.ndarray, "case"]) -> str:
    """A mean with its interval, such as "0.12 (95 %: 0.05 to 0.2)"; NaN counts as no case."""
    table = SweepTable(("all",), values[None])
    low, high = map(float, table.interval()[0])
    mean = text(float(table.mean[0]))
    return mean if np.isnan(low) else f"{mean} (95 %: {text(low)} to {text(high)})"
