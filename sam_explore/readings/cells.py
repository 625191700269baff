"""One number of a reading, by its place."""

from dataclasses import dataclass

from .reading_types import Gallery, Heatmap, Matrix, Panel, Profile, Reading


@dataclass(frozen=True)
class Cell:
    """A place in a reading.

    Args:
        row, column: of a map or a table; of a chart, the column is the number of the x.
        map: which map of a gallery, or which curve of a chart.
        part: which reading of a panel.
    """

    row: int = 0
    column: int = 0
    map: int = 0
    part: int = 0


def value_at(reading: Reading, cell: Cell) -> float:
    """The number in a cell.

    Raises:
        IndexError: the reading has no such cell.
    """
    if min(cell.row, cell.column, cell.map, cell.part) < 0:
        raise IndexError(f"Cells are counted from 0, so there is no {cell}.")
    part = _part_of(reading, cell)
    if isinstance(part, Gallery):
        part = part.maps[cell.map]
    if isinstance(part, Profile):
        return float(part.curves[cell.map].y[cell.column])
    return float(part.values[cell.row, cell.column])


def _part_of(reading: Reading, cell: Cell) -> Heatmap | Gallery | Profile | Matrix:
    return reading.readings[cell.part] if isinstance(reading, Panel) else reading
