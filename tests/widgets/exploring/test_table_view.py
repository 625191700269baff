"""A table on a canvas: its names, its numbers, and what the pointer reads."""

import numpy as np
import pytest

from sam_explore.readings import Matrix, Scale
from sam_explore.widgets.exploring.table_layout import lay_out_table
from sam_explore.widgets.exploring.table_view import TableView

from ..screen import send

TABLE = Matrix(
    np.array([[0.5, 1.0], [2.0, np.nan]]), ("0", "1, global"), ("first\nhead", "all"),
    "Entropy", "", "block", "head", Scale("bits"),
)  # fmt: skip


@pytest.fixture
def view(screen):
    view = TableView(500, lambda callback: callback, lambda: None)
    yield view
    view.close()


def written(screen, view) -> dict[str, tuple[float, float]]:
    """What is written, with its place in CSS pixels."""
    texts = [each[1] for each in screen.drawn(view.canvas[1]) if each[0] == "fillText"]
    return {words: (x / 2, y / 2) for words, x, y, *_ in texts}


def test_names_stand_at_their_rows_and_columns_and_numbers_in_their_cells(screen, view):
    view.show(TABLE)
    cells = view._layout.cells
    words = written(screen, view)
    assert {"Entropy", "block", "head", "bits", "first", "0", "1, global", "all"} <= set(words)
    x, y = words["2"]  # row 1, column 0
    assert x == pytest.approx(cells.left + cells.width / 4)
    assert cells.top + cells.height / 2 < y < cells.top + cells.height
    assert words["1, global"][0] == cells.left - 6
    assert words["all"][0] == pytest.approx(cells.left + 3 * cells.width / 4)
    assert words["all"][1] > cells.top + cells.height


def test_the_pointer_reads_a_cell_by_the_names_of_its_row_and_column(screen, view):
    view.show(TABLE)
    cells = view._layout.cells
    send(view.canvas, "mouse_move", 2 * (cells.left + 5), 2 * (cells.top + cells.height - 3))
    assert "Block 1, global, head first head: 2 bits." in view.value.value
    send(view.canvas, "mouse_move", 2 * (cells.left + cells.width - 5), 2 * (cells.top + 3))
    assert "Block 0, head all: 1 bits." in view.value.value
    send(view.canvas, "mouse_move", 0, 0)
    assert "Point at a cell" in view.value.value
    send(
        view.canvas,
        "mouse_move",
        2 * (cells.left + cells.width - 5),
        2 * (cells.top + cells.height - 3),
    )
    assert "no value" in view.value.value


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


def test_numbers_without_room_are_left_out(screen, view):
    names = tuple(map(str, range(30)))
    view.show(Matrix(np.full((2, 30), -0.00123), ("r", "s"), names, "Wide", "", "r", "c"))
    assert "−0.00123" not in written(screen, view)
    view.show(Matrix(np.full((2, 2), -0.00123), ("r", "s"), ("a", "b"), "Small", "", "r", "c"))
    assert "−0.00123" in written(screen, view)
