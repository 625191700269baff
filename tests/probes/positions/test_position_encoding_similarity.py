"""Directions that are known beforehand."""

import numpy as np

from sam_explore.probes import PositionEncodingSimilarity
from sam_explore.probes.common.cosines import cosines_with
from sam_explore.toy.training.starting import sinusoidal_grid

from ...small import putting, small_trace

ENCODING = "image_encoder.position_encoder.hook_encoding"


def directions() -> np.ndarray:
    """Row 0 points along channel 0, row 1 against it, the rest along channel 1; one is zero."""
    encodings = np.zeros((5, 5, 24))
    encodings[0, :, 0], encodings[1, :, 0], encodings[2:, :, 1] = 3, -0.5, 1
    encodings[2, 2] = 0
    encodings[4, 4, :2] = 1  # halfway between the two
    return encodings


def test_the_same_the_opposite_and_a_right_angle():
    trace = putting(small_trace(), ENCODING, directions())

    reading = PositionEncodingSimilarity(token=(0, 3))(trace)

    expected = np.zeros((5, 5))
    expected[0], expected[1] = 1, -1
    expected[2, 2], expected[4, 4] = np.nan, np.sqrt(0.5)
    np.testing.assert_allclose(reading.values, expected, atol=1e-7)
    assert reading.marks == ((0, 3),)
    assert (reading.scale.low, reading.scale.centre, reading.scale.high) == (-1, 0, 1)
    # Of the 23 others that have a direction: 4 times 1, 5 times −1, once 0.707.
    assert reading.words == (
        "With the position encoding at row 0, column 3, those of the other places have cosines "
        "from −1 to 1, −0.0127 in the mean."
    )


def test_what_all_places_have_in_common_can_be_subtracted():
    table = np.full((5, 5, 24), 7.0)
    table[:, :, 1] += np.linspace(-1, 1, 5)[:, None]  # the middle row is the mean
    reading = PositionEncodingSimilarity(token=(0, 0), centred=True)(
        putting(small_trace(), ENCODING, table)
    )
    np.testing.assert_allclose(reading.values[[0, 1, 3, 4], 0], [1, 1, -1, -1], atol=1e-6)
    assert reading.words.startswith("Less their mean, with the position encoding at row 0")


def test_an_encoding_of_zero_has_no_direction_and_the_words_say_so():
    trace = putting(small_trace(), ENCODING, directions())

    reading = PositionEncodingSimilarity(token=(2, 2))(trace)

    assert np.isnan(reading.values).all()
    assert reading.words == "The position encoding at row 2, column 2 is zero: it has no direction."


def test_fixed_encodings_of_one_frequency_depend_on_the_distance_alone():
    # Four channels are sin and cos of the column, then of the row, in radians. The product of two
    # places is cos(difference of columns) + cos(difference of rows), and each norm squared is 2.
    table = sinusoidal_grid(6, 4)[0].double().numpy()

    cosines = cosines_with(table, (1, 2))

    row, column = np.mgrid[:6, :6]
    np.testing.assert_allclose(cosines, (np.cos(column - 2) + np.cos(row - 1)) / 2, atol=1e-6)
