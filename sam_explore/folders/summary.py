"""Summary: any question's answers averaged over the pictures, next to a null."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain, repeat
from typing import Any

import numpy as np

from sam_explore.number_text import text
from sam_explore.readings import Curve, Panel, Profile, Reading

from .estimates import Estimate, Moments
from .flat_readings import Numbers, numbers_of, reading_of
from .places import place_names

_MOST_LINES = 60  # of a table as text
_NO_AXES = ""  # of a difference between means alone
Row = tuple[str, list[Numbers]]


@dataclass(frozen=True, eq=False)
class Average:
    """One array of the answers, averaged over the pictures.

    Args:
        name: of the array.
        axes: what its axes are.
        overall: of each picture's mean over the array.
        places: of each number of the array; None if the pictures' arrays have other shapes or axes.
    """

    name: str
    axes: str
    overall: Estimate
    places: Estimate | None


@dataclass(frozen=True, eq=False)
class Summary:
    """Averages over the pictures that have an answer.

    Args:
        pictures: how many have one.
        errors: how many have none.
        share: the probability of the intervals.
        averages: one for each array of the answers.
        null: what is shuffled in the null, or "".
        of_null: the same averages of the null.
        differences: of each picture's number minus its number in the null: their intervals are
            those of pairs, and narrower than the two intervals suggest.
        form: of the first reading.
    """

    pictures: int
    errors: int
    share: float
    averages: tuple[Average, ...]
    null: str
    of_null: tuple[Average, ...]
    differences: tuple[Average, ...]
    form: str | None

    @property
    def reading(self) -> Reading | None:
        """The mean as a reading like those of the pictures, curves with their intervals.

        None if the pictures' arrays have other shapes or axes, so that only `averages` compare.
        """
        return None if self.form is None else _mean_reading(self, self.averages)

    @property
    def difference(self) -> Reading | None:
        """The mean difference from the null as a reading; None without a null."""
        return None if self.form is None else _mean_reading(self, self.differences)

    def lines(self) -> list[tuple[str, ...]]:
        """A heading and a line for each number: name, mean, interval; null, difference, its own."""
        interval = f"{round(100 * self.share)} % interval"
        heading: tuple[str, ...] = ("number", "mean", interval)
        if self.null:
            heading += (f"{self.null} shuffled", "difference", f"{interval} of the difference")
        return [heading, *_lines(self)]

    def __str__(self) -> str:
        lines = self.lines()
        more = len(lines) - 1 - _MOST_LINES
        lines = lines[: _MOST_LINES + 1]
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        written = [
            "  ".join(
                cell.rjust(width) if at else cell.ljust(width)
                for at, (cell, width) in enumerate(zip(line, widths, strict=True))
            )
            for line in lines
        ]
        written += [f"… and {more} more numbers, in `averages`."] if more > 0 else []
        return "\n".join([f"{self.pictures} pictures, {self.errors} with an error.", *written])


def summarise(
    rows: Iterable[Row],
    null: Iterable[Row] | None,
    form: str | None,
    share: float,
    kind: str | None,
) -> Summary:
    """Average rows, and compare them with those of a null, picture by picture.

    Args:
        rows: each picture's name and numbers.
        null: the same of the null, or None.
        form: of the first reading.
        share: the probability of the intervals.
        kind: what is shuffled in the null.

    Raises ValueError if the null is of other pictures.
    """
    plain, shuffled, between = _Averages(), _Averages(), _Averages()
    pictures = errors = 0
    ended: tuple[None, list[Numbers]] = None, []
    null_rows: Iterator[Any] = chain(null, repeat(ended)) if null is not None else repeat(ended)
    for (name, numbers), (other, null_numbers) in zip(rows, null_rows, strict=False):
        if null is not None and name != other:
            raise ValueError(
                f"The null must be of the same pictures, but has {other} next to {name}. Finish "
                "both runs with the same pictures."
            )
        pictures, errors = pictures + bool(numbers), errors + (not numbers)
        plain.add(numbers)
        shuffled.add(null_numbers)
        between.add(list(map(_difference, numbers, null_numbers)))
    found, of_null, apart = (each.averages(share) for each in (plain, shuffled, between))
    return Summary(pictures, errors, share, found, kind or "", of_null, apart, form)


class _Averages:
    """Moments of each array, by its position in the answers."""

    def __init__(self) -> None:
        self._first: list[Numbers] = []
        self._overall: list[Moments] = []
        self._places: list[Moments | None] = []

    def add(self, numbers: Sequence[Numbers]) -> None:
        for at, each in enumerate(numbers):
            if at == len(self._first):
                self._first.append(each)
                self._overall.append(Moments(()))
                comparable = each.axes != _NO_AXES
                self._places.append(Moments(each.values.shape) if comparable else None)
            finite = each.values[np.isfinite(each.values)]
            self._overall[at].add(np.array(finite.mean() if finite.size else np.nan))
            places, first = self._places[at], self._first[at]
            if places is None or (first.axes, places.shape) != (each.axes, each.values.shape):
                self._places[at] = None
            else:
                places.add(each.values)

    def averages(self, share: float) -> tuple[Average, ...]:
        return tuple(
            Average(
                first.name,
                first.axes,
                overall.estimate(share),
                None if places is None else places.estimate(share),
            )
            for first, overall, places in zip(self._first, self._overall, self._places, strict=True)
        )


def _difference(numbers: Numbers, null: Numbers) -> Numbers:
    """A picture's numbers minus those in the null; their means, if they can't be subtracted."""
    if (numbers.axes, numbers.values.shape) == (null.axes, null.values.shape):
        return replace(numbers, values=numbers.values - null.values)
    apart = np.nanmean(numbers.values) - np.nanmean(null.values)
    return replace(numbers, axes=_NO_AXES, values=np.array(apart))


def _lines(summary: Summary) -> Iterator[tuple[str, ...]]:
    for at, average in enumerate(summary.averages):
        of_null: tuple[Average | None, Average | None] = None, None
        if summary.null and at < min(len(summary.of_null), len(summary.differences)):
            of_null = summary.of_null[at], summary.differences[at]
        names = _names_of(average)
        if not (names and len(json.loads(average.axes)) == 4):  # a table mixes quantities
            yield (average.name, *_cells(average, *of_null, None, bool(summary.null)))
        for place, name in enumerate(names):
            cells = _cells(average, *of_null, place, bool(summary.null))
            yield (f"{average.name} [{name}]", *cells)


def _names_of(average: Average) -> list[str]:
    if average.places is None:
        return []
    return place_names(Numbers(average.name, average.axes, average.places.mean)) or []


def _cells(
    average: Average,
    null: Average | None,
    difference: Average | None,
    place: int | None,
    has_null: bool,
) -> tuple[str, ...]:
    cells = _mean_and_interval(average, place)
    if not has_null:
        return cells
    return (*cells, _mean_and_interval(null, place)[0], *_mean_and_interval(difference, place))


def _mean_and_interval(average: Average | None, place: int | None) -> tuple[str, str]:
    estimate = None if average is None else average.overall if place is None else average.places
    if estimate is None:
        return "–", "–"
    mean, low, high = (
        float(each.ravel()[place or 0]) for each in (estimate.mean, estimate.low, estimate.high)
    )
    return text(mean), "–" if np.isnan(low) else f"{text(low)} to {text(high)}"


def _mean_reading(summary: Summary, averages: Sequence[Average]) -> Reading | None:
    places = [each.places for each in averages]
    if not places or any(each is None for each in places):
        return None
    known = [each for each in places if each is not None]
    words = f"The mean over {summary.pictures} pictures"
    words += ", minus its null." if averages is summary.differences else "."
    form = json.dumps(_with_words(json.loads(str(summary.form)), words))
    try:
        mean = reading_of(form, [each.mean for each in known])
    except StopIteration:
        return None  # the pictures' readings have other numbers of arrays
    return _with_bands(replace(mean, title=f"Mean: {mean.title}"), iter(known))


def _with_words(form: Any, words: str) -> Any:
    """The same form without what was said of the first picture alone."""
    if isinstance(form, list):
        return [_with_words(each, words) for each in form]
    if not isinstance(form, dict):
        return form
    changed = {name: _with_words(each, words) for name, each in form.items()}
    return changed | ({"words": words} if "words" in form else {})


def _with_bands(reading: Any, estimates: Iterator[Estimate]) -> Any:
    """The same reading, with the interval as a band around each curve that has none."""
    if isinstance(reading, Panel):
        return replace(reading, readings=tuple(_with_bands(r, estimates) for r in reading.readings))
    if isinstance(reading, Profile):
        return replace(reading, curves=tuple(_banded(each, estimates) for each in reading.curves))
    for _ in range(len(numbers_of(reading))):
        next(estimates)
    return reading


def _banded(curve: Curve, estimates: Iterator[Estimate]) -> Curve:
    estimate = next(estimates)
    if curve.low is None and curve.high is None:
        return replace(curve, low=estimate.low, high=estimate.high)
    for end in (curve.low, curve.high):
        if end is not None:
            next(estimates)
    return curve
