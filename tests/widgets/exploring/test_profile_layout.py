"""Axes, numbers and legend of a chart, worked out by hand."""

import numpy as np
import pytest

from sam_explore.readings import Curve, Profile
from sam_explore.widgets.exploring.map_layout import LINE
from sam_explore.widgets.exploring.profile_layout import Axis, lay_out_profile


def profile(y, x=None, **more) -> Profile:
    y = np.asarray(y, float)
    x = np.arange(float(len(y))) if x is None else np.asarray(x, float)
    given = {"title": "A chart", "words": "", "x_name": "block", "y_name": "share"} | more
    return Profile(x, (Curve(y, "one"),), **given)


def test_a_value_has_its_share_of_an_axis_and_of_its_decades_if_it_is_logarithmic():
    assert Axis(0, 10, False, 100, 0).place(np.array([0.0, 2.5, 10])).tolist() == [100, 75, 0]
    places = Axis(0.1, 1000, True, 0, 400).place(np.array([1.0, 100, 0, -1]))
    assert places[:2].tolist() == pytest.approx([100, 300])
    assert np.isnan(places[2:]).all()  # no decade holds 0


def test_an_axis_holds_all_values_and_a_twentieth_more_at_both_ends():
    layout = lay_out_profile(profile([2, 6, np.nan, 4]), 400)
    assert (layout.y.low, layout.y.high) == pytest.approx((1.8, 6.2))
    assert (layout.x.low, layout.x.high) == pytest.approx((-0.15, 3.15))
    assert layout.y.start > layout.y.end  # upwards
    higher = lay_out_profile(profile([2, 6], y_reach=(0, 10)), 400)
    assert (higher.y.low, higher.y.high) == pytest.approx((-0.5, 10.5))
    banded = Profile(
        np.arange(2.0), (Curve(np.array([1.0, 2.0]), "one", np.zeros(2), np.full(2, 4.0)),),
        "A band", "", "x", "y", x_marks=((5.0, "far"),),
    )  # fmt: skip
    layout = lay_out_profile(banded, 400)
    assert (layout.y.low, layout.y.high) == pytest.approx((-0.2, 4.2))
    assert layout.x.high == pytest.approx(5.25)  # the mark is in sight


def test_equal_values_lie_in_the_middle_and_none_at_all_leave_an_axis():
    layout = lay_out_profile(profile([3, 3]), 400)
    assert layout.y.place(np.array([3.0]))[0] == pytest.approx((layout.top + layout.bottom) / 2)
    nothing = lay_out_profile(profile([np.nan, np.nan]), 400)
    assert (nothing.y.low, nothing.y.high) == pytest.approx((-0.05, 1.05))


def test_numbers_are_round_and_differ():
    ticks = lay_out_profile(profile([0, 1]), 400).y.ticks
    assert [label for _, label in ticks] == ["0", "0.2", "0.4", "0.6", "0.8", "1"]
    assert [value for value, _ in ticks] == pytest.approx([0, 0.2, 0.4, 0.6, 0.8, 1])
    close = [label for _, label in lay_out_profile(profile([1000.1, 1000.4]), 400).y.ticks]
    assert len(set(close)) == len(close) > 1
    whole = [value for value, _ in lay_out_profile(profile([1, 2, 3]), 640).x.ticks]
    assert whole == [0, 1, 2]
    decades = lay_out_profile(profile([0.01, 1, 100], log="y"), 400).y.ticks
    assert [value for value, _ in decades] == pytest.approx([0.01, 0.1, 1, 10, 100])


def test_names_that_have_no_room_next_to_one_another_stand_on_lines_in_turn():
    names = ("predicted", "stability", "both", "chance", "the best")
    wide = lay_out_profile(profile(np.arange(5), x_labels=names), 800)
    assert [label for _, label in wide.x.ticks] == list(names)
    narrow = lay_out_profile(profile(np.arange(5), x_labels=names), 330)
    staggered = ["predicted", "\nstability", "both", "\nchance", "the best"]
    assert [label for _, label in narrow.x.ticks] == staggered
    assert narrow.height == wide.height + LINE  # the axes of both are as high as they may be


def test_labels_that_have_no_room_next_to_one_another_are_left_out():
    labels = ("embedding", *map(str, range(29)))
    wide = lay_out_profile(profile(np.arange(30), x_labels=labels), 5000)
    assert [label for _, label in wide.x.ticks] == list(labels)
    narrow = lay_out_profile(profile(np.arange(30), x_labels=labels), 400)
    assert 2 <= len(narrow.x.ticks) < 8
    assert narrow.x.ticks[0] == (0.0, "embedding")


def test_a_legend_stands_above_the_axes_in_as_many_rows_as_it_needs():
    x, y = np.arange(2.0), np.array([0.0, 1.0])
    names = [f"a curve with a long name, {number}" for number in range(3)]
    three = Profile(x, tuple(Curve(y, name) for name in names), "Three", "", "x", "y")
    wide, narrow = lay_out_profile(three, 900), lay_out_profile(three, 300)
    assert len({name.top for name in wide.names}) == 1
    assert len({name.top for name in narrow.names}) == 3
    assert narrow.top > max(name.top for name in narrow.names)
    assert lay_out_profile(profile([0, 1]), 300).names == ()  # one curve needs no name


def test_the_nearest_place_is_found_inside_the_axes_only():
    layout = lay_out_profile(profile([5, 1, 3]), 400)
    middle = (layout.top + layout.bottom) / 2
    places = layout.x.place(layout.profile.x)
    assert [layout.nearest(x + 3, middle) for x in places] == [0, 1, 2]
    assert layout.nearest(places[1], layout.bottom + 5) is None
    assert layout.nearest(0, middle) is None
