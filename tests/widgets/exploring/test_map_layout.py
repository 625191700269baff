"""The positions of the parts of a map, and the labels of its colour bar."""

from dataclasses import replace

import numpy as np
import pytest

from sam_explore.plots import style
from sam_explore.readings import Gallery, Heatmap, Scale
from sam_explore.widgets.exploring.map_drawing import bar_entries
from sam_explore.widgets.exploring.map_layout import lay_out, ticks_apart

NAMED = Scale(low=0.0, high=1.0, names=((0.0, "outside"), (1.0, "inside")))
LOWEST = 11 / 2  # CSS pixels of a number in 11 pixels' print below its middle


def flat(scale: Scale, frame: str = "picture") -> Heatmap:
    return Heatmap(np.arange(6.0).reshape(2, 3), "t", "w.", scale, frame=frame)


def test_numbers_next_to_a_bar_are_at_their_share_of_the_range():
    layout = lay_out(flat(Scale(low=0.0, high=4.0)), 200)
    assert layout.ticks == ((0, "0"), (0.25, "1"), (0.5, "2"), (0.75, "3"), (1, "4"))


def test_a_stated_centre_has_its_number_in_the_middle():
    ticks = lay_out(flat(Scale(centre=2.0, low=-1.0)), 200).ticks  # from 2 - 3 to 2 + 3
    assert [ticks[0], ticks[3], ticks[6]] == [(0, "−1"), (0.5, "2"), (1, "5")]


def test_numbers_next_to_a_bar_whose_colours_are_not_linear_are_where_their_colour_is():
    # From 2 - 3 to 2 + 3, even as far as 1.5, half of the values on the nearer side (1 and 2).
    ticks = {words: share for share, words in lay_out(flat(Scale(centre=2.0)), 200).ticks}
    assert ticks["2"] == 0.5
    assert ticks["4"] == pytest.approx((1 + np.arcsinh(2 / 1.5) / np.arcsinh(3 / 1.5)) / 2)
    assert ticks["0"] == pytest.approx(1 - ticks["4"])


def test_values_beyond_the_ends_of_a_bar_are_known():
    assert lay_out(flat(Scale(low=0.0, high=5.0)), 200).tiles[0].extend == "neither"
    assert lay_out(flat(Scale(low=1.0, high=5.0)), 200).tiles[0].extend == "min"
    assert lay_out(flat(Scale(low=0.0, high=4.0)), 200).tiles[0].extend == "max"
    assert lay_out(flat(Scale(centre=2.0, low=0.0)), 200).tiles[0].extend == "max"  # 5 beyond 4


def test_a_few_named_values_get_a_swatch_each_and_nothing_between_them():
    layout = lay_out(flat(NAMED), 200)
    assert layout.ticks == ((0.25, "outside"), (0.75, "inside"))
    assert bar_entries(layout).tolist() == [[254], [0]]  # the upper half, and the lower


@pytest.mark.parametrize("frame", ["picture", "tokens"])
@pytest.mark.parametrize("count", [1, 2, 8])
def test_the_lowest_number_next_to_a_bar_is_not_cut(count, frame):
    one = flat(Scale("x", low=0.0, high=1.0), frame)
    reading = one if count == 1 else Gallery((one,) * count, "g", "w.", shared=one.scale)
    layout = lay_out(reading, 400)
    _, top, _, height = layout.bar
    assert top + height + LOWEST <= layout.height
    assert layout.ticks[0] == (0, "0")


def test_a_number_stays_with_its_word_only_where_both_fit():
    """A tile of 68 pixels has a title of 78, 12 letters at 11 pixels and 0.58 of it each."""
    one = replace(flat(Scale(low=0.0)), title="IoU 0.42, stability 0.05")
    tiles = lay_out(Gallery((one,) * 4, "g", "w.", Scale(low=0.0)), 236).tiles
    assert tiles[0].title == ("IoU 0.42,", "stability", "0.05")


def test_of_a_short_bars_labels_those_stay_that_do_not_overlap():
    labels = tuple((share, f"{share:g}") for share in (0, 0.25, 0.5, 0.75, 1))
    line = style.NUMBER_PX + 1
    assert ticks_apart(labels, 4 * line) == labels
    assert [share for share, _ in ticks_apart(labels, 2 * line)] == [0, 0.5, 1]
    assert [share for share, _ in ticks_apart(labels, line)] == [0, 1]
    assert [share for share, _ in ticks_apart(labels, 3)] == [0]
    assert ticks_apart((), 3) == ()


def test_a_long_title_breaks_before_the_unit_of_the_bar():
    title = "Mask 1 without channel 7 and more"
    with_unit = lay_out(replace(flat(Scale("logit")), title=title), 200)
    without = lay_out(replace(flat(Scale("")), title=title), 200)
    assert len(with_unit.tiles[0].title) > len(without.tiles[0].title)
    assert " ".join(with_unit.tiles[0].title) == title
