import numpy as np
import pytest

from sam_explore.widgets.canvas.viewport import Viewport

WHOLE = Viewport((50, 100), (200, 400))  # 4 canvas pixels for one of the picture


def test_at_first_the_whole_picture_is_shown():
    assert WHOLE.box == (0, 0, 100, 50)
    assert WHOLE.px_from_canvas(np.array([100.0, 40.0])).tolist() == [25, 10]
    assert WHOLE.canvas_from_px(np.array([25.0, 10.0])).tolist() == [100, 40]


@pytest.mark.parametrize(
    ("around", "box"),
    [
        (None, (25, 12.5, 75, 37.5)),
        ((0, 0), (0, 0, 50, 25)),
        ((400, 200), (50, 25, 100, 50)),
        ((100, 40), (12.5, 5, 62.5, 30)),  # (25, 10) lies a quarter and a fifth of the way still
    ],
)
def test_what_lies_under_the_pointer_stays_there(around, box):
    view = WHOLE.zoomed(2, around)
    assert view.box == box
    if around:
        before, after = (each.px_from_canvas(np.array(around, float)) for each in (WHOLE, view))
        assert before == pytest.approx(after)


def test_moving_ends_at_the_border():
    view = WHOLE.zoomed(2)
    assert view.moved(80, 0).box == (15, 12.5, 65, 37.5)  # 8 canvas pixels for one of the picture
    assert view.moved(1e6, -1e6).box == (0, 25, 50, 50)


def test_making_smaller_ends_at_the_whole_picture():
    assert WHOLE.zoomed(4, (400, 200)).zoomed(0) == WHOLE
    assert WHOLE.zoomed(1e9).zoom == 16


def test_positions_outside_the_picture_go_to_its_border():
    view = WHOLE.zoomed(2, (400, 200))
    assert view.px_from_canvas(np.array([500.0, 300.0])).tolist() == [100, 50]
    assert view.canvas_from_px(np.array([0.0, 0.0])).tolist() == [-400, -200]
