"""What the pointer reads in a table."""

import numpy as np
import pytest

from sam_explore.readings import Matrix, Scale
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
