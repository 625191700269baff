"""The words of a reading, with what they are held against."""

from dataclasses import dataclass

import numpy as np

from sam_explore.number_text import text
from sam_explore.probes import Probe
from sam_explore.readings import Curve, Heatmap, Matrix, Profile, Reading
from sam_explore.tracing import Trace

from .reading_arrays import parts

NUMBER = r"(−?\d+(?:\.\d+)?(?:e[+−]?\d+)?)"
SHARE = r"(less than 1|more than 99|\d+) %"


def number(words: str) -> float:
    return float(words.replace("−", "-"))


def said(words: str, value: float | np.floating) -> bool:
    """Whether a number in words is this value, as far as it is written."""
    return words == text(float(value)) or bool(np.isclose(number(words), value, 6e-3, 1e-6))


def said_in_two_digits(words: str, value: float) -> bool:
    return words == text(value, 2) or abs(number(words) - value) < 0.006


def in_two_decimals(words: str, value: float | np.floating) -> bool:
    return words == text(float(value), decimals=2)


def share_is(words: str, per_cent: float | np.floating) -> bool:
    if words == "less than 1":
        return 0 < per_cent < 1
    if words == "more than 99":
        return bool(99 < per_cent < 100)
    return bool(abs(float(words) - per_cent) <= 0.5001)


def all_readings(reading: Reading) -> list[Reading]:
    return [reading, *(inner for part in parts(reading) for inner in all_readings(part))]


@dataclass
class Caption:
    """The reading of one state, and the probe whose words it has."""

    probe: Probe
    trace: Trace
    reading: Reading

    @property
    def maps(self) -> list[Heatmap]:
        return [each for each in all_readings(self.reading) if isinstance(each, Heatmap)]

    @property
    def tables(self) -> list[Matrix]:
        return [each for each in all_readings(self.reading) if isinstance(each, Matrix)]

    @property
    def charts(self) -> list[Profile]:
        return [each for each in all_readings(self.reading) if isinstance(each, Profile)]

    def curve(self, name: str) -> Curve:
        """The first one whose name begins so."""
        curves = [curve for chart in self.charts for curve in chart.curves]
        return next(curve for curve in curves if curve.name.startswith(name))


def greatest_at(values: np.ndarray, row: str, column: str) -> bool:
    at = np.unravel_index(np.nanargmax(values), values.shape)
    return (int(row), int(column)) == tuple(map(int, at))
