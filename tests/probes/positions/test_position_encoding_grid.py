"""The table on other grids: the model's own encodings there, and weights worked out by hand."""

import numpy as np
import pytest

from sam_explore.probes import PositionEncodingGrid
from sam_explore.probes.positions.position_encoding_grid import weights_of

from ...small import small_trace

TABLE = "image_encoder.position_encoder.hook_encoding"


@pytest.mark.parametrize(
    ("aspect", "grid"), [("1:1", (10, 10)), ("2:1", (5, 10)), ("1:2", (10, 5)), ("4:3", (8, 10))]
)
def test_it_is_the_table_that_the_model_adds_on_such_a_grid(aspect, grid):
    trace = small_trace()
    learned, stretched, _, _ = PositionEncodingGrid(200, aspect, channel=7)(trace).readings

    np.testing.assert_allclose(learned.values, trace[TABLE][0, :, :, 7], atol=1e-6)
    assert stretched.values.shape == grid
    larger = trace.with_preprocessing("stretch", tuple(8 * side for side in grid))
    np.testing.assert_allclose(stretched.values, larger[TABLE][0, :, :, 7], atol=1e-5)


def test_weights_between_two_learned_places_by_hand():
    # Place 5 of 16 lies at 2.25 of 8. With a = -0.75 the cubic has (a + 2) d^3 - (a + 3) d^2 + 1 at
    # a distance d up to 1, and a (d^3 - 5 d^2 + 8 d - 4) up to 2.
    weights = weights_of(8, 16)[5]
    expected = [0, -0.10546875, 0.87890625, 0.26171875, -0.03515625, 0, 0, 0]
    np.testing.assert_allclose(weights, expected, atol=1e-6)


def test_the_picked_token_is_found_on_the_new_grid_and_its_weights_make_its_value():
    reading = PositionEncodingGrid(200, "1:1", channel=3, token=(4, 1))(small_trace())
    learned, stretched, weights, along = reading.readings

    assert stretched.marks == ((8, 2),)
    assert (weights.values * learned.values).sum() == pytest.approx(stretched.values[8, 2])
    assert weights.values.sum() == pytest.approx(1)
    # The row lies at (8.5 / 10) 5 = 4.25 from the top edge, in row 4 of those learned. Of ten
    # places across, two lie in each learned one.
    interpolated, nearest = along.curves
    np.testing.assert_allclose(interpolated.y, stretched.values[8])
    np.testing.assert_allclose(nearest.y, np.repeat(learned.values[4], 2))


def test_the_words_count_the_vectors():
    words = PositionEncodingGrid(100, "1:1", token=(2, 3))(small_trace()).words

    assert words.startswith(
        "The table has 25 learned vectors; a grid of 5 × 5 needs 25. The one for row 2, column 3 "
        "is made of 1 learned ones, with weights from 1 to 1."
    )
