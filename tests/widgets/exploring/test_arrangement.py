"""How parts stand side by side, worked out by hand."""

import numpy as np

from sam_explore.readings import Curve, Gallery, Heatmap, Matrix, Panel, Profile
from sam_explore.widgets.exploring.arrangement import GAP_CSS, arrange

MAP = Heatmap(np.zeros((2, 2)), "a map", "")
MAPS = Gallery((MAP, MAP), "two maps", "")
TABLE = Matrix(np.zeros((1, 1)), ("a",), ("b",), "a table", "", "row", "column")
CHART = Profile(np.arange(2.0), (Curve(np.zeros(2), "one"),), "a chart", "", "x", "y")


def test_a_reading_alone_has_all_of_the_width_that_it_can_use():
    assert arrange(MAP, 570).widths == (440,)
    assert arrange(MAP, 300).widths == (300,)
    assert arrange(MAPS, 570).widths == arrange(CHART, 570).widths == (570,)
    assert arrange(CHART, 900).widths == (640,)
    assert arrange(TABLE, 900).widths == (900,)
    assert arrange(TABLE, 570).title == ""


def test_two_side_by_side_share_one_and_a_half_times_the_width():
    found = arrange(Panel((MAP, TABLE), "Both", "They are 0.", across=2), 500)
    assert (found.title, found.across, found.room) == ("Both", 2, 740)
    assert found.widths == ((740 - GAP_CSS) // 2,) * 2
    assert found.rows == [slice(0, 2)]


def test_a_table_left_over_in_the_last_row_has_a_whole_width():
    found = arrange(Panel((MAP, MAP, TABLE), "Three", "They are 0.", across=2), 500)
    each = (740 - GAP_CSS) // 2
    assert found.widths == (each, each, 500)
    assert found.rows == [slice(0, 2), slice(2, 4)]
    three = arrange(Panel((MAP, MAP, TABLE), "Three", "They are 0.", across=3), 500)
    assert three.widths == ((750 - 2 * GAP_CSS) // 3,) * 3
