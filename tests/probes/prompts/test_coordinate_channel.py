"""A channel whose wave is known."""

import numpy as np
import pytest

from sam_explore.probes import CoordinateChannel

from .waves import trace_with_waves


def test_a_cosine_of_half_a_cycle_across_the_input():
    # 0.25 cycles a unit: half a cycle from the left edge, at −π/2, to the right one, at π/2. The
    # middles of five columns lie at −0.4π, −0.2π, 0, 0.2π and 0.4π. 16 waves: channel 17 is the
    # cosine of wave 1.
    trace = trace_with_waves((1, 1), (0.25, 0))

    reading = CoordinateChannel(channel=17, token=(3, 2))(trace)

    row = np.cos(np.pi * np.array([-0.4, -0.2, 0, 0.2, 0.4]))
    np.testing.assert_allclose(reading.values, np.tile(row, (5, 1)), atol=1e-6)
    assert (reading.marks, reading.frame) == (((3, 2),), "tokens")
    assert reading.words == (
        "Channel 17 is the cosine of wave 1, which makes 0.5 cycles across the input and 0 down. "
        "Over the grid, channel 17 goes from 0.309 to 1; at row 3, column 2 it is 1."
    )


def test_the_first_half_are_sines():
    reading = CoordinateChannel(channel=1, token=(0, 4))(trace_with_waves((1, 1), (0.25, 0)))
    assert reading.values[0, 4] == pytest.approx(np.sin(0.4 * np.pi))
    assert "sine of wave 1" in reading.title
