"""The layout of a chart: its axes with their numbers, its title and its legend."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Float
from matplotlib.ticker import Locator, LogLocator, MaxNLocator

from ...number_text import text
from ...plots import style
from ...readings import Curve, Profile
from .map_layout import LETTER, LINE, lines_in

HIGH = 0.72  # of a narrow chart's width is the height of its axes, at most
_HIGHEST = 230  # CSS pixels of the axes
_MARGIN = 0.05  # of an axis' length, beyond the first and the last value
_EDGE = 10  # CSS pixels at the right border, for half of the last number
_PER_TICK_X, _PER_TICK_Y = 60, 34  # CSS pixels between two numbers, at least
_MOST_LINES = 3  # of names that have no room next to one another
_SAMPLE = 26  # CSS pixels of the line next to a name in the legend
_BETWEEN = 14  # two names
_MOST_DIGITS = 8


@dataclass(frozen=True)
class Axis:
    """One axis: values from `low` to `high` lie between `start` and `end`, in CSS pixels.

    `ticks` are values with their labels.
    """

    low: float
    high: float
    is_log: bool
    start: float
    end: float
    ticks: tuple[tuple[float, str], ...] = ()

    def place(self, values: Float[np.ndarray, "*any"]) -> Float[np.ndarray, "*any"]:
        """Where values lie, in CSS pixels; NaN where a logarithmic axis has no place for them."""
        low, high, at = (
            _scaled(np.asarray(each, float), self.is_log) for each in (self.low, self.high, values)
        )
        return self.start + (at - low) / (high - low) * (self.end - self.start)


@dataclass(frozen=True)
class Name:
    """A curve's name in the legend; the place is that of its line's left end."""

    index: int
    words: str
    left: float
    top: float


@dataclass(frozen=True)
class ProfileLayout:
    """A profile, laid out. All lengths are CSS pixels.

    `title` has lines that fit. `names` are the legend, none for a single curve.
    """

    profile: Profile
    title: tuple[str, ...]
    names: tuple[Name, ...]
    x: Axis
    y: Axis
    width: int
    height: int

    @cached_property
    def top(self) -> float:
        """Of the axes."""
        return self.y.end

    @cached_property
    def bottom(self) -> float:
        """Of the axes."""
        return self.y.start

    def nearest(self, x: float, y: float) -> int | None:
        """The index of the profile's x nearest to a position; None outside the axes."""
        inside = self.x.start <= x <= self.x.end and self.top <= y <= self.bottom
        distances = np.abs(self.x.place(self.profile.x) - x)
        if not inside or not np.isfinite(distances).any():
            return None
        return int(np.nanargmin(distances))

    def nearest_curve(self, index: int, y: float) -> int:
        """The number of the curve that is nearest to a height, at one x."""
        heights = np.array([curve.y[index] for curve in self.profile.curves])
        distances = np.abs(self.y.place(heights) - y)
        return int(np.nanargmin(distances)) if np.isfinite(distances).any() else 0


def lay_out_profile(profile: Profile, width: int) -> ProfileLayout:
    """Lay out a profile in `width` CSS pixels."""
    title = lines_in(profile.title, width, style.TITLE_PX, is_bold=True)
    names, top = _legend(profile, width, LINE * len(title) + 8)
    top += LINE if profile.x_marks else 6
    height = round(min(_HIGHEST, HIGH * width))
    y = _axis(_all(profile), "y" in profile.log, top + height, top, height / _PER_TICK_Y)
    letters = max((len(label) for _, label in y.ticks), default=1)
    left = 10 + letters * LETTER * style.NUMBER_PX + (LINE if profile.y_name else 0)
    x = _x_axis(profile, left, width - _EDGE)
    rows = max((1 + label.count("\n") for _, label in x.ticks), default=1)
    bottom = top + height + 8 + rows * LINE + (LINE if profile.x_name else 0)
    return ProfileLayout(profile, title, names, x, y, width, round(bottom))


def _legend(profile: Profile, width: int, top: float) -> tuple[tuple[Name, ...], float]:
    """The names of several curves in rows, and where the rows end."""
    if len(profile.curves) < 2:
        return (), top
    names, left = [], 0.0
    for index, curve in enumerate(profile.curves):
        words = " ".join(curve.name.split())
        wide = _SAMPLE + 6 + len(words) * LETTER * style.NUMBER_PX
        if left and left + wide > width:
            left, top = 0.0, top + LINE
        names.append(Name(index, words, left, top))
        left += wide + _BETWEEN
    return tuple(names), top + LINE


def _all(profile: Profile) -> Float[np.ndarray, "value"]:
    """All heights that the chart has to reach."""
    found = [each for curve in profile.curves for each in _heights(curve)]
    return np.concatenate([*found, np.array(profile.y_reach or (), float)])


def _heights(curve: Curve) -> Iterator[Float[np.ndarray, "x"]]:
    yield curve.y
    if curve.low is not None and curve.high is not None:
        yield curve.low
        yield curve.high


def _x_axis(profile: Profile, left: float, right: float) -> Axis:
    places = np.array([each for each, _ in profile.x_marks], float)
    values = np.concatenate([profile.x, places])
    if not profile.x_labels:
        is_whole = np.array_equal(profile.x, np.round(profile.x))
        count = (right - left) / _PER_TICK_X
        return _axis(values, "x" in profile.log, left, right, count, is_whole=is_whole)
    axis = _axis(values, False, left, right, 1)
    longest = max(len(line) for label in profile.x_labels for line in label.split("\n"))
    room = (right - left) / len(profile.x)
    every = int(np.ceil((longest + 1) * LETTER * style.NUMBER_PX / room))
    ticks = tuple(zip(profile.x.tolist(), profile.x_labels, strict=True))
    if every <= _MOST_LINES and all(map(_is_a_name, profile.x_labels)):
        # Names stand on lines of their own in turn; numbers that are left out are easily counted.
        ticks = tuple((x, "\n" * (i % every) + name) for i, (x, name) in enumerate(ticks))
    else:
        ticks = ticks[::every]
    return Axis(axis.low, axis.high, False, left, right, ticks)


def _is_a_name(label: str) -> bool:
    """Whether a label has no number in it, and takes one line by itself."""
    return "\n" not in label and not any(map(str.isdigit, label))


def _axis(
    values: Float[np.ndarray, "value"],
    is_log: bool,
    start: float,
    end: float,
    count: float,
    *,
    is_whole: bool = False,
) -> Axis:
    """An axis that holds all finite values, with about so many numbers."""
    scaled = _scaled(values, is_log)
    scaled = scaled[np.isfinite(scaled)]
    low, high = (float(scaled.min()), float(scaled.max())) if len(scaled) else (0.0, 1.0)
    if low == high:
        low, high = low - max(abs(low), 1) / 2, high + max(abs(high), 1) / 2
    margin = _MARGIN * (high - low)
    low, high = low - margin, high + margin
    if is_log:
        low, high = 10**low, 10**high
    places = _ticks(low, high, is_log, max(2, int(count)), is_whole)
    return Axis(low, high, is_log, start, end, tuple(zip(places, _labels(places), strict=True)))


def _scaled(values: Float[np.ndarray, "*any"], is_log: bool) -> Float[np.ndarray, "*any"]:
    if not is_log:
        return values
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(values > 0, np.log10(values), np.nan)


def _ticks(low: float, high: float, is_log: bool, count: int, is_whole: bool) -> list[float]:
    """Round values within the axis."""
    locators: list[Locator] = [MaxNLocator(nbins=count, steps=[1, 2, 2.5, 5, 10], integer=is_whole)]
    if is_log:
        locators = [LogLocator(numticks=count + 1), LogLocator(subs=(1, 2, 5), numticks=count + 1)]
    for locator in locators:
        inside = [float(each) for each in locator.tick_values(low, high) if low <= each <= high]
        if len(inside) > 1:
            return inside
    return inside


def _labels(places: list[float]) -> list[str]:
    """Numbers with as many digits as they need to differ."""
    for digits in range(3, _MOST_DIGITS):
        labels = [text(0.0 if abs(each) < 1e-12 else each, digits) for each in places]
        if len(set(labels)) == len(labels):
            break
    return labels
