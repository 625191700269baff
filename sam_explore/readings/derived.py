"""Changes to readings: adding a picture below, a common scale, or more words."""

from collections.abc import Callable, Iterable, Iterator
from copy import copy
from dataclasses import replace
from typing import Any, TypeVar

import numpy as np
from jaxtyping import Float

from ..number_text import text
from .reading_types import Gallery, Heatmap, Matrix, Panel, Provenance, Reading, Underlay
from .scale import Scale, range_of

_SomeReading = TypeVar("_SomeReading", bound=Reading)
_Coloured = tuple[str, Scale, list[Float[np.ndarray, "row column"]]]  # title, scale, values


def with_provenance(reading: _SomeReading, provenance: Provenance) -> _SomeReading:
    """The same reading with its provenance."""
    return _changed(reading, provenance=provenance)


def over_picture(reading: _SomeReading, underlays: dict[str, Underlay]) -> _SomeReading:
    """The same reading with the picture below each map, chosen by the map's frame.

    A map in a picture's own colours gets none.
    """
    if isinstance(reading, Heatmap):
        if reading.colours is not None:
            return reading
        below = underlays.get(reading.frame)
        if reading.frame == "picture" and below is not None:
            rows, columns = reading.values.shape
            below = Underlay(below.grey, rows, columns, below.wanted)
        return _changed(reading, underlay=below)
    return _of_parts(reading, lambda part: over_picture(part, underlays))


def picture_wanted(reading: Reading) -> bool | None:
    """Whether its maps are drawn over the picture by default; None without a picture."""
    if isinstance(reading, Heatmap):
        return None if reading.underlay is None else reading.underlay.wanted
    parts = _parts(reading) if isinstance(reading, Gallery | Panel) else ()
    found = [each for each in map(picture_wanted, parts) if each is not None]
    return any(found) if found else None


def common_scales(*readings: Reading) -> tuple[Scale, ...]:
    """One scale for each unit and centre of the maps and tables, with room for all values.

    for scale in common_scales(before, after):
        before, after = on_scale(before, scale), on_scale(after, scale)
    """
    scales = [scale for reading in readings for _, scale, _ in _coloured(reading)]
    kinds = {(each.unit, each.centre, each.names): each for each in scales}
    return tuple(_pooled(each, readings) for each in kinds.values())


def on_scale(reading: _SomeReading, scale: Scale) -> _SomeReading:
    """The same reading with its maps and tables of this unit and centre on this scale."""
    if isinstance(reading, Heatmap | Matrix):
        return _changed(reading, scale=scale) if _is_alike(reading.scale, scale) else reading
    if isinstance(reading, Gallery):
        changed = _of_parts(reading, lambda part: on_scale(part, scale))
        is_shared = all(one.scale is scale for one in changed.maps)
        return _changed(changed, shared=scale) if is_shared else changed
    return _of_parts(reading, lambda part: on_scale(part, scale))


def with_ends_in_words(reading: _SomeReading) -> _SomeReading:
    """The same reading, whose words also say which values are beyond the ends of the colours."""
    coloured = _coloured(reading)
    found = [(title, _ends_in_words(scale, values)) for title, scale, values in coloured]
    clipped = [(title, words) for title, words in found if words]
    if not clipped:
        return reading
    if len(found) == 1:
        words = f"Colours end {clipped[0][1]}."
    elif len(found) <= 4:
        words = " ".join(f"In “{_flat(title)}”, colours end {words}." for title, words in clipped)
    else:
        words = f"In {len(clipped)} of {len(found)} maps some values lie beyond the last colours."
    return _changed(reading, words=f"{reading.words} {words}")


def _pooled(kind: Scale, readings: Iterable[Reading]) -> Scale:
    """One scale for all of these values."""
    coloured = [each for reading in readings for each in _coloured(reading)]
    alike = [(scale, values) for _, scale, values in coloured if _is_alike(scale, kind)]
    lows, highs = ([getattr(scale, end) for scale, _ in alike] for end in ("low", "high"))
    kind = replace(
        kind,
        low=None if None in lows else min(lows),  # if all state this end, the farthest one
        high=None if None in highs else max(highs),
    )
    pooled = np.concatenate([each.ravel() for _, values in alike for each in values])
    colours = range_of(kind, pooled)
    return replace(kind, low=colours.low, high=colours.high, near=colours.near)


def _coloured(reading: Reading) -> Iterator[_Coloured]:
    """Each part with its own colour bar, with all values that are drawn by it."""
    if isinstance(reading, Heatmap) and reading.colours is not None:
        return
    if isinstance(reading, Heatmap | Matrix):
        yield reading.title, reading.scale, [reading.values]
    elif isinstance(reading, Gallery) and reading.shared is not None:
        yield reading.title, reading.shared, [one.values for one in reading.maps]
    elif isinstance(reading, Gallery | Panel):
        for part in _parts(reading):
            yield from _coloured(part)


def _ends_in_words(scale: Scale, values: list[Float[np.ndarray, "row column"]]) -> str:
    """Such as "at −3 and 3 logit; 12 % of the values lie below, none above", or ""."""
    together = np.concatenate([each.ravel() for each in values])
    colours = range_of(scale, together)
    below, above = colours.beyond(together)
    if not (below or above):
        return ""
    unit = f" {scale.unit}" if scale.unit else ""
    return (
        f"at {text(colours.low)} and {text(colours.high)}{unit}; {_share(below)} of the "
        f"values lie below and {_share(above)} above"
    )


def _is_alike(one: Scale, other: Scale) -> bool:
    return (one.unit, one.centre, one.names) == (other.unit, other.centre, other.names)


def _parts(reading: Gallery | Panel) -> tuple[Reading, ...]:
    return reading.maps if isinstance(reading, Gallery) else reading.readings


def _of_parts(reading: _SomeReading, change: Callable) -> _SomeReading:
    if isinstance(reading, Gallery):
        return _changed(reading, maps=tuple(change(one) for one in reading.maps))
    if isinstance(reading, Panel):
        return _changed(reading, readings=tuple(change(one) for one in reading.readings))
    return reading


def _changed(reading: Reading, **fields: object) -> Any:
    """A copy with other fields that are known to be valid, so arrays are not checked again."""
    changed = copy(reading)
    for name, value in fields.items():
        object.__setattr__(changed, name, value)
    return changed


def _flat(title: str) -> str:
    return " ".join(title.split())


def _share(share: float) -> str:
    if not share:
        return "none"
    return "less than 1 %" if share < 0.01 else f"{100 * share:.0f} %"
