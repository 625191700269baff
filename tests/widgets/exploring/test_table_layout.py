"""How large a table is, and what is named."""

import numpy as np
import pytest

from sam_explore.readings import Matrix, Scale
from sam_explore.widgets.exploring.table_layout import lay_out_table

TABLE = Matrix(
    np.array([[0.5, 1.0], [2.0, np.nan]]), ("0", "1, global"), ("first\nhead", "all"),
    "Entropy", "", "block", "head", Scale("bits"),
)  # fmt: skip


def test_a_table_takes_what_it_needs_of_the_room_and_is_made_smaller_only_below_that():
    few = lay_out_table(TABLE, 900)
    assert few.map.width < 500
    assert few.scale == 1
    names = tuple(f"a name that is long {number}" for number in range(6))
    wide = Matrix(np.ones((1, 6)), ("row",), names, "Wide", "", "r", "c")
    narrow = lay_out_table(wide, 300)
    assert narrow.scale == pytest.approx(300 / narrow.map.width)
    assert narrow.map.width > 600


def test_of_many_rows_some_are_named_and_none_is_thinner_than_12_pixels():
    names = tuple(map(str, range(70)))
    layout = lay_out_table(Matrix(np.ones((70, 2)), names, ("a", "b"), "Many", "", "r", "c"), 500)
    assert layout.every_row == 3
    assert layout.cells.height / 70 >= 12
