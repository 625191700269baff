"""One number of a reading, of every kind."""

import numpy as np
import pytest

from sam_explore.readings import (
    Cell,
    Curve,
    Gallery,
    Heatmap,
    Matrix,
    Panel,
    Profile,
    value_at,
)

MAP = Heatmap(np.array([[1.0, 2.0], [3.0, 4.0]]), "A map", "Some.")
OTHER = Heatmap(np.array([[5.0]]), "Another", "Some.")
TABLE = Matrix(np.array([[6.0, 7.0]]), ("a",), ("b", "c"), "A table", "Some.", "", "")
CHART = Profile(
    np.arange(2.0),
    (Curve(np.array([8.0, 9.0]), "one"), Curve(np.array([10.0, 11.0]), "other")),
    "A chart", "Some.", "x", "y",
)  # fmt: skip
PANEL = Panel((MAP, Gallery((MAP, OTHER), "Maps", "Some."), TABLE, CHART), "All", "Some.")


@pytest.mark.parametrize(
    ("reading", "cell", "value"),
    [
        (MAP, Cell(1, 0), 3.0),
        (PANEL, Cell(0, 1), 2.0),
        (PANEL, Cell(part=1, map=1), 5.0),
        (PANEL, Cell(part=2, column=1), 7.0),
        (PANEL, Cell(part=3, map=1, column=1), 11.0),
    ],
)
def test_the_number_of_a_cell(reading, cell, value):
    assert value_at(reading, cell) == value


def test_a_cell_that_is_not_there():
    with pytest.raises(IndexError):
        value_at(PANEL, Cell(part=1, map=1, row=1))


@pytest.mark.parametrize("place", ["row", "column", "map", "part"])
def test_cells_are_not_counted_from_the_end(place):
    with pytest.raises(IndexError, match=f"counted from 0, so there is no Cell.*{place}=-1"):
        value_at(PANEL, Cell(**{place: -1}))
