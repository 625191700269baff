"""Means and intervals, next to numbers worked out by hand and those of tables."""

import numpy as np
import pytest

from sam_explore.folders.estimates import Moments, t_quantile


@pytest.mark.parametrize(
    ("share", "freedom", "expected"),
    [  # from the table of Student's t distribution
        (0.95, 1, 12.706),
        (0.95, 2, 4.303),
        (0.95, 9, 2.262),
        (0.99, 4, 4.604),
        (0.95, 120, 1.980),
        (0.95, 1001, 1.960),
    ],
)
def test_quantiles_are_those_of_the_table(share, freedom, expected):
    assert t_quantile(share, freedom) == pytest.approx(expected, abs=2e-3)


def test_without_a_degree_of_freedom_there_is_no_quantile():
    assert np.isnan(t_quantile(0.95, 0))


def test_the_interval_of_three_numbers_by_hand():
    moments = Moments(())
    for value in (1.0, 2.0, 6.0):
        moments.add(np.array(value))
    found = moments.estimate(0.95)
    # Mean 3, squared deviations 4 + 1 + 9 = 14, variance 7; 4.303 sqrt(7 / 3) = 6.573.
    assert found.mean == 3
    assert found.low == pytest.approx(3 - 6.573, abs=1e-3)
    assert found.high == pytest.approx(3 + 6.573, abs=1e-3)
    assert found.count == 3


def test_each_place_counts_the_pictures_that_have_a_number_there():
    moments = Moments((2, 2))
    moments.add(np.array([[1.0, np.nan], [np.nan, 5.0]]))
    moments.add(np.array([[3.0, 4.0], [np.nan, 5.0]]))
    found = moments.estimate(0.95)
    assert found.count.tolist() == [[2, 1], [0, 2]]
    assert found.mean[0].tolist() == [2, 4]
    assert np.isnan(found.mean[1, 0])
    assert np.isnan(found.low[0, 1])  # of one picture there is no interval
    assert found.low[1, 1] == found.high[1, 1] == 5


def test_the_interval_covers_the_mean_as_often_as_it_says():
    chance = np.random.default_rng(0)
    moments = Moments((4000,))
    for _ in range(6):
        moments.add(chance.normal(size=4000))
    found = moments.estimate(0.9)
    assert np.mean((found.low < 0) & (found.high > 0)) == pytest.approx(0.9, abs=0.015)
