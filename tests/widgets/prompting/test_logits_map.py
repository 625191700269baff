import re

import numpy as np
import pytest

from sam_explore.geometry import Frame, Prompts
from sam_explore.plots import raster, style
from sam_explore.prediction import Prediction
from sam_explore.widgets.prompting.logits_map import LogitsMap, legend

from ..screen import rgba, tell_of


@pytest.fixture
def view():
    view = LogitsMap(80)
    yield view
    view.close()


def answer(logits: np.ndarray, frame: Frame) -> Prediction:
    stack = np.stack([logits] * 4).astype(np.float32)
    return Prediction(stack, np.ones(4, np.float32), Prompts([(1, 1)]), frame)


def test_each_cell_has_the_colour_of_its_logit_centred_on_the_threshold(view):
    # A picture of 2 x 2 pixels that fills a model's input of 2 x 2, with one cell a pixel.
    view.show(answer(np.array([[-3.0, 1.0], [3.0, 5.0]]), Frame((2, 2), (2, 2), 2, 1)), 0, 1.0)
    drawn, table = rgba(view._image), raster.lookup_table(style.DIVERGING)
    assert drawn.shape == (160, 160, 4)
    # From 1 - 4 to 1 + 4: -3 is entry 0, 1 the middle one, 5 the last. Half of what lies above is
    # 3 from 1, half of what lies below 4, so colours are even as far as 3: 3 lies at
    # (1 + asinh(2/3) / asinh(4/3)) / 2 = 0.784 of 256.
    expected = table[np.array([[0, 128], [200, 255]])]
    assert np.array_equal(drawn, expected.repeat(80, axis=0).repeat(80, axis=1))


def test_cells_are_shown_as_far_as_the_picture_reaches(view):
    # A picture of 4 x 8 lies in the upper half of the model's 8 x 8, which has 4 x 4 cells.
    logits = np.array([[1, 2, 3, 4], [5, 6, 7, 8], [-99, -99, -99, -99], [-99, -99, -99, -99]])
    view.show(answer(logits, Frame((4, 8), (4, 8), 8, 2)), 2, 0.0)
    drawn = rgba(view._image)
    assert drawn.shape == (80, 160, 4)
    assert (view._image.layout.height, view._image.layout.width) == ("40px", "80px")
    table = raster.lookup_table(style.DIVERGING)
    # From -8 to 8, even as far as 4.5, which half of the values reach.
    places = np.arcsinh(np.array([[1, 2, 3, 4], [5, 6, 7, 8]]) / 4.5) / np.arcsinh(8 / 4.5)
    entries = (128 * (1 + places)).astype(int)
    assert np.array_equal(drawn[20::40, 20::40], table[np.minimum(entries, 255)])
    assert "mask 2" in view._legend.value
    assert "−99" not in view._legend.value


def test_the_legend_says_least_greatest_and_threshold_and_puts_it_in_its_place():
    text = legend(np.array([[-6.0, 2.0]]), 0.0)
    assert "least −6.0" in text
    assert "greatest 2.0" in text
    assert "threshold 0.0" in text
    assert "left:75.0%" in text  # 0 lies at 6/8 from -6 to 2


def test_the_colour_bar_runs_through_the_colours_of_the_map():
    text = legend(np.array([[-6.0, 2.0]]), 0.0)
    stops = [tuple(map(int, stop)) for stop in re.findall(r"rgb\((\d+),(\d+),(\d+)\)", text)]
    table = raster.lookup_table(style.DIVERGING)[:, :3]
    assert stops[0] == tuple(table[0])  # -6 of -6..6
    # 2 of -6..6 is even as far as 2: (1 + asinh(1) / asinh(3)) / 2 = 0.742 of 256
    assert stops[-1] == tuple(table[190])
    assert stops[24] == tuple(table[128])  # three quarters along: the threshold


def test_a_threshold_beyond_all_logits_lies_at_the_end_of_the_bar():
    assert "left:100.0%" in legend(np.array([[-6.0, -2.0]]), 0.0)
    assert "left:0.0%" in legend(np.array([[2.0, 6.0]]), 0.0)


@pytest.mark.parametrize(
    ("least", "greatest", "words", "side"),
    [(-6, -2, "threshold 0.0 ▾", "right:0.0%"), (-2, 6, "▾ threshold 0.0", "left:25.0%")],
)
def test_the_arrow_is_the_end_of_the_words_that_stands_at_the_line(least, greatest, words, side):
    text = legend(np.array([[least, greatest]], np.float32), 0.0)
    assert re.search(rf'<span style="[^"]*;{side};[^"]*">{words}</span>', text)


def test_logits_that_are_all_alike_have_a_legend_too():
    assert "least 3.0" in legend(np.full((2, 2), 3.0), 3.0)


def test_nothing_to_show_keeps_the_place_of_the_picture(view):
    view.show_nothing((50, 100))
    assert rgba(view._image).shape == (80, 160, 4)
    assert len(np.unique(rgba(view._image).reshape(-1, 4), axis=0)) == 1


def test_the_map_lies_over_the_picture_which_is_sent_once(view):
    view.fade(0.5)
    view.show_picture(np.full((4, 4, 3), 51, np.uint8))
    assert np.abs(rgba(view._picture)[..., :3].astype(int) - 107).max() <= 1  # paler: see `pale`
    told = tell_of(view._picture)
    frame = Frame((4, 4), (4, 4), 4, 1)
    for mask in range(3):
        view.show(answer(np.eye(4) - 0.5, frame), mask, 0.0)
    assert set(np.unique(rgba(view._image)[..., 3])) == {128}
    assert view._image.layout.margin == "-80px 0 0 0"  # as high as it is, so it covers the picture
    view.fade(1.0)
    assert set(np.unique(rgba(view._image)[..., 3])) == {255}
    assert told == []
