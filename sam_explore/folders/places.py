"""Names for single numbers of an answer, such as "Each mask [chosen, predicted IoU]"."""

import json
from collections.abc import Iterator, Sequence
from difflib import get_close_matches

import numpy as np

from sam_explore.number_text import text

from .flat_readings import Numbers

_MOST = 200  # places of an array that get names of their own; others are known by their mean


def names_in(numbers: Sequence[Numbers]) -> list[str]:
    """The names of all numbers that `value_of` knows, the most telling one first."""
    return [name for each in numbers for name, _ in _values(each)]


def value_of(numbers: Sequence[Numbers], name: str) -> float:
    """The number of this name; NaN if the picture has none.

    Raises nothing for an unknown name; see `check_name`.
    """
    for each in numbers:
        if name.startswith(each.name):
            for known, value in _values(each):
                if known == name:
                    return value
    return float("nan")


def check_name(name: str, numbers: Sequence[Numbers]) -> None:
    """Raise ValueError, with the names that are close, for one that an answer doesn't have."""
    known = names_in(numbers)
    if name in known:
        return
    close = get_close_matches(name, known, n=3, cutoff=0.4) or known[:10]
    raise ValueError(f"No number is named {name!r}. There are {'; '.join(map(repr, close))}.")


def place_names(numbers: Numbers) -> list[str] | None:
    """A name for each place of an array, in its order; None for a map."""
    axes = json.loads(numbers.axes)
    if len(axes) == 4:
        _, rows, _, columns = axes
        names = [", ".join(filter(None, map(_flat, (r, c)))) for r in rows for c in columns]
    elif len(axes) == 3:
        x_name, labels, x = axes
        names = [f"{x_name} {each}" for each in labels or map(text, x)]
    else:
        return None
    return names


def _values(numbers: Numbers) -> Iterator[tuple[str, float]]:
    names, values = place_names(numbers), numbers.values.ravel()
    is_table = numbers.values.ndim == 2 and names is not None
    if names is not None and len(names) <= _MOST and is_table:
        yield from _named(numbers.name, names, values)
    finite = values[np.isfinite(values)]
    yield numbers.name, float(finite.mean()) if finite.size else float("nan")
    if names is not None and len(names) <= _MOST and not is_table:
        yield from _named(numbers.name, names, values)


def _named(name: str, places: Sequence[str], values: np.ndarray) -> Iterator[tuple[str, float]]:
    for place, value in zip(places, values, strict=True):
        yield f"{name} [{place}]", float(value)


def _flat(title: str) -> str:
    return " ".join(str(title).split())
