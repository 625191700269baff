"""What a reading holds, whatever its kind: its parts and all of its numbers."""

import numpy as np

from sam_explore.readings import Gallery, Heatmap, Matrix, Panel, Profile, Reading


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
