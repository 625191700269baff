"""One place as grid, clicks and corners."""

import numpy as np
import pytest

from sam_explore.probes import CoordinateSharing
from sam_explore.tracing.interventions import SwapForegroundBackground

from ...small import small_sam, small_trace


@pytest.fixture(scope="module")
def trace():
    return small_trace(small_sam())


def test_all_five_encodings_are_the_same_and_the_four_tokens_differ_by_their_kinds(trace):
    encodings, tokens = CoordinateSharing(token=(1, 3))(trace).readings

    assert encodings.values.shape == (5, 5)
    np.testing.assert_allclose(encodings.values, 0, atol=1e-5)
    # The place is taken off by the difference: what is left is that of the learned vectors.
    encoder = trace.sam.prompt_encoder
    kinds = [
        getattr(encoder, name)[0].numpy()
        for name in ("foreground", "background", "box_top_left", "box_bottom_right")
    ]
    expected = [[np.linalg.norm(one - other) for other in kinds] for one in kinds]
    np.testing.assert_allclose(tokens.values, expected, rtol=1e-4, atol=1e-4)
    assert tokens.rows == ("foreground", "background", "box top left", "box bottom right")


def test_a_place_in_the_padding_gives_way_to_the_nearest_in_the_picture(trace):
    # The picture fills the upper half, 20 of 40 pixels in patches of 8: the middle of row 2 lies
    # at 20, on its edge.
    reading = CoordinateSharing(token=(4, 3))(trace)
    assert reading.title == "One place, row 2, column 3, asked for in five ways"
    np.testing.assert_allclose(reading.readings[0].values, 0, atol=1e-5)


def test_what_the_run_changes_is_kept(trace):
    swapped = trace.with_interventions(SwapForegroundBackground())
    one, other = (CoordinateSharing()(each).readings[1].values for each in (trace, swapped))
    assert one[0, 2] == pytest.approx(other[1, 2], rel=1e-4)
