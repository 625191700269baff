"""The static picture of a reading has what its live view has, and the words."""

import numpy as np
import pytest

from sam_explore.plots import raster
from sam_explore.readings import Curve, Heatmap, Matrix, Panel, Profile, Scale, Underlay
from sam_explore.widgets.canvas.viewport import SHARPNESS
from sam_explore.widgets.exploring.map_layout import lay_out
from sam_explore.widgets.exploring.paper import EDGE_CSS
from sam_explore.widgets.exploring.still_drawing import draw_still

SCALE = Scale("logit", centre=0.0)
VALUES = np.array([[-1.0, 1.0], [np.nan, 0.5]])
MAP = Heatmap(VALUES, title="A map", words="It has values.", scale=SCALE)
LINE = Curve(np.array([0.0, 2.0, 1.0]), "one")
CHART = Profile(np.arange(3.0), (LINE,), "a chart", "", "x", "y")
TABLE = Matrix(np.eye(2), ("a", "b"), ("c", "d"), "a table", "", "row", "column", SCALE)
WORDS = "It has values."


def cell(picture: np.ndarray, reading: Heatmap, row: int, column: int, width: int) -> list[int]:
    """The colour in the middle of a cell of a map alone."""
    tile = lay_out(reading, width - 2 * EDGE_CSS).tiles[0]
    x = EDGE_CSS + tile.left + (column + 0.5) * tile.width / 2
    y = EDGE_CSS + tile.top + (row + 0.5) * tile.height / 2
    return picture[round(y * SHARPNESS), round(x * SHARPNESS)].tolist()


def test_cells_have_the_colours_of_their_values_and_none_is_white():
    found = np.asarray(draw_still(MAP, 300, 1.0, WORDS))
    table = raster.lookup_table("RdBu")
    assert cell(found, MAP, 0, 0, 300) == table[0, :3].tolist()
    assert cell(found, MAP, 0, 1, 300) == pytest.approx(table[254, :3].tolist(), abs=3)
    assert cell(found, MAP, 1, 0, 300) == [255, 255, 255]


def test_the_picture_shows_through_by_the_opacity():
    grey = np.full((8, 8), 200, np.uint8)
    over = Heatmap(
        VALUES, title="A map", words=WORDS, scale=SCALE, underlay=Underlay(grey, rows=2, columns=2)
    )
    through = np.asarray(draw_still(over, 300, 0.0, WORDS))
    pale = int(raster.pale(grey)[0, 0])
    assert cell(through, over, 0, 0, 300) == pytest.approx([pale] * 3, abs=3)
    alone = np.asarray(draw_still(over, 300, 1.0, WORDS))
    half = np.asarray(draw_still(over, 300, 0.5, WORDS))
    mean = np.mean([cell(each, over, 0, 0, 300) for each in (through, alone)], axis=0)
    assert cell(half, over, 0, 0, 300) == pytest.approx(mean.tolist(), abs=2)


def test_words_stand_below_and_take_more_lines_if_there_are_more():
    short = draw_still(MAP, 300, 1.0, WORDS)
    long = draw_still(MAP, 300, 1.0, 12 * WORDS)
    assert long.width == short.width
    assert long.height > short.height
    below = np.asarray(long)[short.height - 20 :]
    assert (below.mean(axis=2) < 128).any()


def test_parts_of_a_panel_stand_side_by_side_under_its_title():
    panel = Panel((CHART, TABLE), "Both of them", "They differ.", across=2)
    both = draw_still(panel, 500, 1.0, WORDS)
    below = draw_still(
        Panel((CHART, TABLE), "Both of them", "They differ.", across=1), 500, 1.0, WORDS
    )
    assert both.width > below.width
    assert both.height < below.height


def test_the_same_reading_gives_the_same_picture():
    one, other = (np.asarray(draw_still(CHART, 400, 1.0, WORDS)) for _ in range(2))
    assert np.array_equal(one, other)
