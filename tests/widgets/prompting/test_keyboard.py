"""Keys on the picture do what a mouse does, and announce their position."""

import pytest

from sam_explore.widgets.canvas.picture_drawing import BAND
from sam_explore.widgets.prompting.modes import Mode

from ..screen import send


def key(view, name: str, x: float, y: float, corner: tuple[float, float] | None = None) -> None:
    """At a place in canvas pixels, of which 8 are one of the picture."""
    at = corner and [corner[0] / view.stage.width, corner[1] / view.stage.height]
    send(view.stage, "key", x, y, name=name, corner=at)


def news(view) -> str:
    return view.canvas._stage.area.news.strip()


def test_the_cursor_previews_and_says_where_it_is(view):
    key(view, "move", 80, 160)
    assert news(view) == "x 10, y 20"
    assert "if you click here" in view.canvas._pointed.value
    assert view.session.prompts.is_empty


def test_enter_does_what_a_click_does_in_each_mode(view):
    key(view, "enter", 80, 160)
    view.canvas._modes.main.value = Mode.BACKGROUND
    key(view, "enter", 160, 160)
    assert view.session.prompts.points.tolist() == [[10, 20], [20, 20]]
    assert view.session.prompts.labels.tolist() == [1, 0]
    assert "1 foreground point and 1 background point" in news(view)
    view.canvas._modes.main.value = Mode.BOX
    key(view, "enter", 160, 160)
    assert "B begins one" in news(view)
    assert view.session.prompts.box is None
    view.canvas._modes.more.value = Mode.ZOOM
    key(view, "enter", 256, 256)
    assert view.canvas._stage.viewport.zoom == 2


def test_a_box_is_begun_stretched_and_ended(view, screen):
    key(view, "begin", 400, 80)
    assert news(view).startswith("A box begins at x 50, y 10")
    key(view, "move", 80, 240, corner=(400, 80))
    assert [name for name, _ in screen.drawn(view.stage[BAND])].count("strokeRect") == 2
    assert view.session.prompts.is_empty
    key(view, "box", 80, 240, corner=(400, 80))
    assert view.session.prompts.box.tolist() == [10, 10, 50, 30]
    assert screen.drawn(view.stage[BAND]) == []


def test_a_box_that_is_given_up_leaves_nothing(view, screen):
    key(view, "begin", 400, 80)
    key(view, "move", 80, 240, corner=(400, 80))
    key(view, "abandon", 80, 240)
    assert view.session.prompts.is_empty
    assert screen.drawn(view.stage[BAND]) == []


@pytest.mark.parametrize("mode", [Mode.FOREGROUND, Mode.BOX])
def test_delete_removes_the_mark_at_the_cursor_and_undo_brings_it_back(view, mode):
    view.session.add_point((10, 20))
    view.canvas._modes.main.value = mode
    key(view, "delete", 82, 158)
    assert view.session.prompts.is_empty
    key(view, "undo", 82, 158)
    assert len(view.session.prompts.points) == 1
    key(view, "redo", 82, 158)
    assert view.session.prompts.is_empty
    key(view, "delete", 82, 158)
    assert "There is no mark to remove" in news(view)
