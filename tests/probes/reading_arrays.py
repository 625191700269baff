"""What a reading holds, whatever its kind: its parts and all of its numbers."""

import numpy as np

from sam_explore.readings import Cell, Gallery, Heatmap, Matrix, Panel, Profile, Reading


def arrays(reading: Reading) -> list[np.ndarray]:
    """All numbers of a reading."""
    if isinstance(reading, Heatmap):
        return [reading.values, *([] if reading.arrows is None else [reading.arrows])]
    if isinstance(reading, Matrix):
        return [reading.values]
    if isinstance(reading, Profile):
        bands = [band for curve in reading.curves for band in (curve.low, curve.high)]
        curves = [curve.y for curve in reading.curves]
        return [reading.x, *curves, *(band for band in bands if band is not None)]
    return [array for part in parts(reading) for array in arrays(part)]


def all_words(reading: Reading) -> list[str]:
    """Its words and those of all its parts."""
    return [reading.words, *(words for part in parts(reading) for words in all_words(part))]


def parts(reading: Reading) -> tuple[Reading, ...]:
    """The readings that it is made of, if it is."""
    if isinstance(reading, Gallery):
        return reading.maps
    return reading.readings if isinstance(reading, Panel) else ()


def cells_of(reading: Reading, each: int = 3) -> list[Cell]:
    """Some cells of each part of a reading, spread over it.

    Args:
        reading: it.
        each: how many of each map or curve.
    """
    parts = reading.readings if isinstance(reading, Panel) else (reading,)
    found = []
    for number, part in enumerate(parts):
        maps = part.maps if isinstance(part, Gallery) else (part,)
        if isinstance(part, Profile):
            shapes = [(1, len(part.x))] * len(part.curves)
        else:
            shapes = [one.values.shape for one in maps if not isinstance(one, Profile)]
        for index, (rows, columns) in enumerate(shapes):
            for step in range(each):
                place = (rows * columns - 1) * (2 * step + 1) // (2 * each)
                found.append(Cell(*divmod(place, columns), index, number))
    return found
