"""The coordinate encoder in numpy is the one that runs."""

import numpy as np

from sam_explore.model.addresses import COORDINATES, GRID_ENCODING
from sam_explore.probes.common.coordinates import encoded, frequencies_of, middles, spread_of

from ...small import small_trace


def test_a_quarter_of_a_wave_from_the_middle_of_the_input():
    # One wave along x, half a cycle a unit: 1 cycle across the input. At x = 3/4 of the input the
    # encoder's x is 1/2, and the angle 2π · 1/2 · 1/2 = π/2: sine 1, cosine 0. In the middle 0, 1.
    points = np.array([[0.75, 0.3], [0.5, 0.9]])
    found = encoded(points, np.array([[0.5], [0.0]]))
    np.testing.assert_allclose(found, [[1, 0], [0, 1]], atol=1e-12)


def test_middles_of_a_grid_are_x_before_y():
    # Two rows of four columns.
    assert middles((2, 4))[1, 0].tolist() == [0.125, 0.75]


def test_it_is_what_the_run_holds_for_the_grid_and_for_the_click():
    trace = small_trace()
    frequencies = frequencies_of(trace)
    grid = encoded(middles(trace.frame.grid), frequencies)
    click = encoded(trace.frame.unit_from_px(trace.prompts.points), frequencies)

    held = trace[GRID_ENCODING].permute(1, 2, 0).numpy()
    np.testing.assert_allclose(grid, held, atol=1e-5)
    np.testing.assert_allclose(click, trace[COORDINATES][0].numpy(), atol=1e-5)


def test_the_spread_is_the_root_mean_square():
    assert spread_of(np.array([[3.0, 0.0], [0.0, 4.0]])) == 2.5
