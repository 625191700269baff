"""Waves whose frequency, direction and power are known beforehand."""

import numpy as np
import pytest

from sam_explore.probes import PositionEncodingSpectrum
from sam_explore.probes.common.waves import strongest_waves
from sam_explore.probes.positions.position_encoding_spectrum import in_words
from sam_explore.toy.training.starting import sinusoidal_grid

from ...small import putting, small_trace

ENCODING = "image_encoder.position_encoder.hook_encoding"


def waves_of(side: int) -> dict[str, np.ndarray]:
    """Channels of a square grid, by a name."""
    row, column = np.mgrid[:side, :side]
    turn = 2 * np.pi / side
    return {
        "two cycles along x": 5 + 0.1 * np.sin(2 * turn * column),
        "one cycle along y": np.cos(turn * row),
        "to the lower right": np.cos(turn * (row + column)),
        "to the upper right": np.cos(turn * (column - row) + 1),
        "three parts along x, one along y": 3 * np.sin(turn * column) + np.sin(2 * turn * row),
        "constant": np.full((side, side), 7.0),
    }


EXPECTED = {
    "two cycles along x": (2, 0, 1),
    "one cycle along y": (1, 90, 1),
    "to the lower right": (np.sqrt(2), 45, 1),
    "to the upper right": (np.sqrt(2), -45, 1),
    "three parts along x, one along y": (1, 0, 0.9),  # power goes with the square: 9 of 10
    "constant": (np.nan, np.nan, np.nan),
}


@pytest.mark.parametrize("side", [5, 8, 64])
@pytest.mark.parametrize("name", EXPECTED)
def test_a_wave_is_found_as_it_was_made(name, side):
    table = waves_of(side)[name][..., None]
    found = [float(each[0]) for each in strongest_waves(table)]
    np.testing.assert_allclose(found, EXPECTED[name], atol=1e-9)


def test_the_fastest_waves_of_an_even_grid_are_counted_once():
    row, column = np.mgrid[:8, :8]
    stripes, checks = (-1.0) ** column, (-1.0) ** (row + column)
    frequency, orientation, share = strongest_waves(np.stack([stripes, checks], axis=-1))
    np.testing.assert_allclose(frequency, [4, np.sqrt(32)])
    np.testing.assert_allclose(orientation, [0, 45])
    np.testing.assert_allclose(share, 1)


def test_fixed_encodings_begin_a_family_at_each_quarter_of_the_channels():
    # Sixteen channels: four of frequency 1, 0.1, 0.01, 0.001 radian a token in each family. On 64
    # tokens these are 10.2, 1.02, 0.1 and 0.01 cycles; below one cycle the strongest wave is 1.
    table = sinusoidal_grid(64, 16)[0].double().numpy()

    frequency, orientation, share = strongest_waves(table)

    assert frequency.tolist() == [10, 1, 1, 1] * 4
    assert orientation.tolist() == [0] * 8 + [90] * 8
    assert (share[::4] > 0.85).all()  # 10.2 cycles nearly fit


def test_a_straight_slope_looks_like_one_cycle_with_a_share_of_six_over_pi_squared():
    # The n-th wave of a slope has 1 / n² of the first one's power, and their sum is π² / 6.
    slope = np.mgrid[:256, :256][1][..., None].astype(float)
    frequency, orientation, share = strongest_waves(slope)
    assert (frequency[0], orientation[0]) == (1, 0)
    assert share[0] == pytest.approx(6 / np.pi**2, rel=1e-3)


def test_the_slowest_cosine_of_a_wide_model_is_no_constant_in_single_precision():
    table = sinusoidal_grid(64, 768)[0].double().numpy()
    assert np.isfinite(strongest_waves(table)[0]).all()


def test_the_reading_shows_all_three_with_the_quarters_marked():
    encodings = np.zeros((5, 5, 24))
    encodings[..., :6] = np.stack(list(waves_of(5).values()), axis=-1)

    reading = PositionEncodingSpectrum()(putting(small_trace(), ENCODING, encodings))

    expected = np.array(list(EXPECTED.values()))
    for profile, values in zip(reading.readings, expected.T, strict=True):
        assert profile.x.tolist() == list(range(24))
        assert profile.x_marks == ((0, "0"), (6, "C/4"), (12, "C/2"), (18, "3C/4"))
        np.testing.assert_allclose(profile.curves[0].y[:6], values, atol=1e-5)
        assert np.isnan(profile.curves[0].y[6:]).all()
    assert [profile.y_name for profile in reading.readings] == [
        "cycles across the grid",
        "degrees",
        "share",
    ]
    # Of the first quarter's five waves, two change more along x than along y; 45 degrees are even.
    assert reading.words == (
        "The strongest waves go from 1 to 2 cycles across the grid and hold 100 % of a channel's "
        "power in the median. In the four quarters of 6 channels each, 2, 0, 0 and 0 change more "
        "along x than along y. Their mean frequencies are 1.37, nothing, nothing and nothing "
        "cycles across the grid. From one channel to the next in a quarter, the frequency falls or "
        "stays in 75 %, none, none and none of the steps. 19 channels are constant, without any "
        "wave."
    )


def test_the_words_count_each_quarter_of_the_fixed_table():
    # 10.2 and 1.02 cycles and two slower ones, as above: 10, 1, 1 and 1, and their mean is 3.25.
    table = sinusoidal_grid(64, 16)[0].double().numpy()
    assert in_words(*strongest_waves(table)).endswith(
        "In the four quarters of 4 channels each, 4, 4, 0 and 0 change more along x than along y. "
        "Their mean frequencies are 3.25, 3.25, 3.25 and 3.25 cycles across the grid. From one "
        "channel to the next in a quarter, the frequency falls or stays in 100 %, 100 %, 100 % and "
        "100 % of the steps."
    )


def test_the_words_tell_a_quarter_that_is_faster_and_one_that_rises():
    table = sinusoidal_grid(64, 16)[0].double().numpy()
    table[..., 8:12] = table[..., [11, 10, 9, 8]]  # 1, 1, 1, 10: one step of three rises
    column = np.arange(64)
    for channel, cycles in zip(range(4, 8), (8, 7, 6, 7), strict=True):
        table[..., channel] = np.cos(2 * np.pi * cycles * column / 64)
    words = in_words(*strongest_waves(table))
    assert "mean frequencies are 3.25, 7, 3.25 and 3.25 cycles" in words
    assert "stays in 100 %, 67 %, 67 % and 100 % of the steps" in words


def test_a_table_without_any_wave_is_told_in_words():
    reading = PositionEncodingSpectrum()(putting(small_trace(), ENCODING, np.ones((5, 5, 24))))

    assert reading.words == (
        "Every channel of the position encodings is constant: there is no wave in them."
    )
    assert reading.readings[0].words == "Frequency of the strongest wave: no channel has a wave."
