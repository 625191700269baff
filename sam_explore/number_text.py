"""A number as text, the same in readings, charts and views."""

from math import isfinite, isnan

import numpy as np

_LONGEST = 1e7  # from here on as a power of ten


def text(value: float | np.floating, digits: int = 3, *, decimals: int | None = None) -> str:
    """A number as text, with a true minus sign and no minus before a zero.

    Args:
        value: the number. NaN is "nothing", infinity "infinitely much".
        digits: how many significant digits are written at most. No digit before the decimal point
            is rounded away, and zeros at the end are left out.
        decimals: how many digits after the point are written instead, zeros included.
    """
    if not isfinite(value):
        return "nothing" if isnan(value) else "infinitely much"
    if decimals is not None:
        written = f"{value:z.{decimals}f}"
    elif 10 ** (digits - 1) <= abs(float(value)) < _LONGEST:
        written = f"{value:.0f}"
    else:
        written = f"{value:z.{digits}g}"
    return written.replace("-", "−")
