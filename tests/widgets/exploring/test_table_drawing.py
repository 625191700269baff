"""What stands in and around the cells of a table, and where."""

import numpy as np
import pytest

from sam_explore.readings import Matrix, Scale
from sam_explore.widgets.exploring.table_view import TableView

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


def test_numbers_without_room_are_left_out(screen, view):
    names = tuple(map(str, range(30)))
    view.show(Matrix(np.full((2, 30), -0.00123), ("r", "s"), names, "Wide", "", "r", "c"))
    assert "−0.00123" not in written(screen, view)
    view.show(Matrix(np.full((2, 2), -0.00123), ("r", "s"), ("a", "b"), "Small", "", "r", "c"))
    assert "−0.00123" in written(screen, view)
