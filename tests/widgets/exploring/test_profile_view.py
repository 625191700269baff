"""Curves on a canvas: where their lines go, and what the pointer reads."""

import numpy as np
import pytest

from sam_explore.readings import Curve, Profile
from sam_explore.widgets.exploring.profile_view import ProfileView

from ..screen import send

X = np.arange(4.0)
TWO = Profile(
    X, (Curve(np.array([1.0, np.nan, 3.0, 4.0]), "attention"), Curve(X, "MLP", style="points")),
    "Two curves", "", "block", "share",
)  # fmt: skip


@pytest.fixture
def view(screen):
    view = ProfileView(400, lambda callback: callback, lambda: None)
    yield view
    view.close()


def names(screen, view, layer: int = 0) -> list[str]:
    return [command[0] for command in screen.drawn(view.canvas[layer])]


def test_the_pointer_reads_the_values_at_the_nearest_place(screen, view):
    view.show(TWO)
    layout = view._layout
    at = 2 * layout.x.place(X[2:3])[0] + 4, layout.top + layout.bottom
    assert "Point at the chart" in view.value.value
    send(view.canvas, "mouse_move", *at)
    assert "Block 2: attention 3, MLP 2." in view.value.value
    assert names(screen, view, 1).count("fillCircle") == 2
    view.show(Profile(X, (Curve(X * 5, "one"),), "One", "", "block", "norm"))
    assert "Block 2: norm 10." in view.value.value  # of what is shown now
    send(view.canvas, "mouse_out")
    assert "Point at the chart" in view.value.value
    assert not names(screen, view, 1)


def test_the_canvas_is_as_large_as_its_content_and_keeps_its_size(screen, view):
    view.show(TWO)
    size = view.canvas.width, view.canvas.height
    assert size[0] == 2 * (400 - 12)
    assert view.canvas.layout.height == f"{size[1] // 2}px"
    view.show(TWO)
    assert (view.canvas.width, view.canvas.height) == size
