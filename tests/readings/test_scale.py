"""Which value gets which colour, in cases worked out by hand."""

import numpy as np
import pytest

from sam_explore.readings import ColourRange, Scale, range_of


def test_from_little_to_much_colours_are_even_from_the_least_to_the_greatest():
    colours = range_of(Scale(), np.array([2.0, 4.0, np.nan]))
    assert colours == ColourRange(2.0, 4.0)
    assert colours.shares(np.array([2.0, 2.5, 4.0])).tolist() == [0, 0.25, 1]


def test_a_side_near_the_centre_is_not_washed_out_by_the_other_one():
    # Outside −14, inside from 1 to 5 with 3 in the middle: even as far as 3.
    values = np.array([-14.0] * 20 + [1.0, 3.0, 5.0])
    colours = range_of(Scale(centre=0.0), values)
    assert (colours.low, colours.high, colours.near) == (-14, 14, 3)
    inside = float(colours.shares(3.0))
    assert inside == pytest.approx((1 + np.arcsinh(1) / np.arcsinh(14 / 3)) / 2)
    assert inside > 0.69  # of evenly spread colours it would get 0.61


def test_both_sides_get_equal_colours_at_equal_distances():
    colours = range_of(Scale(centre=1.0), np.array([-13.0, 2.0, 3.0]))
    distances = np.array([0.5, 2.0, 7.0, 14.0])
    above, below = colours.shares(1 + distances), colours.shares(1 - distances)
    np.testing.assert_allclose(above - 0.5, 0.5 - below)
    assert colours.shares(1.0) == 0.5
    np.testing.assert_allclose(colours.values(above), 1 + distances)


def test_a_side_of_next_to_nothing_makes_no_cliff_of_the_centre():
    colours = range_of(Scale(centre=0.0), np.array([-20.0, -10.0, 0.001]))
    assert colours.near == 1  # a twentieth of 20


def test_values_on_one_side_alone_are_even_as_far_as_half_of_them():
    assert range_of(Scale(centre=0.0), np.array([5.0, 6.0, 8.0])) == ColourRange(-8, 8, 6)


def test_values_that_are_all_the_centre_have_a_range():
    assert range_of(Scale(centre=2.0), np.full(3, 2.0)) == ColourRange(1, 3, 1)
    assert range_of(Scale(), np.full(3, 2.0)) == ColourRange(1.5, 2.5)
    assert range_of(Scale(centre=0.0), np.full(3, np.nan)) == ColourRange(-1, 1, 1)


def test_stated_ends_are_taken_with_even_colours_between():
    values = np.array([-9.0, 0.0, 5.0])
    assert range_of(Scale(centre=0.0, low=-4.0, high=4.0), values) == ColourRange(-4, 4)
    assert range_of(Scale(centre=1.0, high=4.0), values) == ColourRange(-2, 4)
    stated = Scale(centre=0.0, low=-4.0, high=4.0, near=2.0)
    assert range_of(stated, values) == ColourRange(-4, 4, 2)
    assert range_of(Scale(low=0.0), values) == ColourRange(0, 5)


def test_the_shares_beyond_the_ends_leave_nan_and_rounding_out():
    colours = ColourRange(0.0, 4.0)
    values = np.array([-1.0, 0.0, 4.0 + 1e-7, 5.0, 6.0, np.nan])
    assert colours.beyond(values) == (0.2, 0.4)
    assert colours.beyond(np.full(2, np.nan)) == (0, 0)
