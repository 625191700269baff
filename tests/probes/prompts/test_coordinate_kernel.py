"""The product of two encodings, and the closed form that it is drawn around."""

import numpy as np
import pytest

from sam_explore.probes import CoordinateKernel
from sam_explore.probes.common.coordinates import encoded
from sam_explore.probes.prompts.coordinate_kernel import (
    expected_product,
    half_at,
    standard_deviation,
)

from .waves import trace_with_waves


def test_one_wave_along_x_among_sixteen():
    # 15 waves of frequency 0 add 1 everywhere; one with 0.5 cycles a unit adds cos(2π · Δx), Δx in
    # the unit square: a fifth for each column.
    trace = trace_with_waves((0.5, 0))

    product, closed, chart = CoordinateKernel(token=(1, 0))(trace).readings

    row = (15 + np.cos(2 * np.pi * np.array([0, 0.2, 0.4, 0.6, 0.8]))) / 16
    np.testing.assert_allclose(product.values, np.tile(row, (5, 1)), atol=1e-6)
    assert product.marks == closed.marks == ((1, 0),)
    assert product.scale == closed.scale
    # σ² is the mean of 32 squares, of which one is 0.25. One row and one column apart: d² = 0.08.
    assert closed.values[2, 1] == pytest.approx(np.exp(-8 * np.pi**2 * 0.25 / 32 * 0.08))
    assert chart.x[0] == 0
    assert [curve.y[0] for curve in chart.curves] == pytest.approx([1, 1])


def test_bins_of_the_chart_hold_all_places_that_far_away():
    _, _, chart = CoordinateKernel(token=(0, 0))(trace_with_waves((0.5, 0))).readings
    # From the corner, bin 1 has distances of half a token to one and a half: two at 1, one at √2.
    assert chart.x[1] == pytest.approx((0.2 + 0.2 + 0.2 * np.sqrt(2)) / 3)
    across = (15 + np.cos(2 * np.pi * 0.2)) / 16
    mean = chart.curves[0]
    assert mean.y[1] == pytest.approx((1 + across + across) / 3)
    assert (mean.low[1], mean.high[1]) == pytest.approx((across, 1))


def test_the_closed_form_is_the_mean_over_many_draws_and_its_deviation_theirs():
    """4000 encoders of 64 waves each, with spread 0.7, at several distances in all directions."""
    chance, spread, count = np.random.default_rng(1), 0.7, 64
    start = np.array([0.4, 0.6])
    for distance in (0.03, 0.1, 0.2, 0.35):
        angle = chance.uniform(0, 2 * np.pi)
        points = np.stack([start, start + distance * np.array([np.cos(angle), np.sin(angle)])])
        products = []
        for _ in range(4000):
            one, other = encoded(points, chance.normal(0, spread, (2, count)))
            products.append(one @ other / count)
        [expected] = expected_product(np.array([distance]), spread)
        [deviation] = standard_deviation(np.array([expected]), count)
        assert np.mean(products) == pytest.approx(expected, abs=4 * deviation / np.sqrt(4000))
        assert np.std(products) == pytest.approx(deviation, rel=0.05)


def test_with_a_spread_of_one_it_is_down_to_one_half_at_a_tenth_of_the_input():
    assert half_at(1.0) == pytest.approx(0.0937, abs=1e-4)
    assert expected_product(np.array([half_at(0.3)]), 0.3) == pytest.approx([0.5])


def test_without_any_frequency_all_places_are_one():
    reading = CoordinateKernel()(trace_with_waves((1e-9, 0)))
    assert reading.readings[0].values == pytest.approx(np.ones((5, 5)))
