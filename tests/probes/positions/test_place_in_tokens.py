"""Place in tokens that were put there, and what the read-out makes of them."""

import numpy as np
import pytest

from sam_explore.probes import PlaceInTokens
from sam_explore.probes.positions.place_in_tokens import likeness, stages

from ...small import SMALL, putting, small_trace

FIRST = "image_encoder.vit.blocks.0.hook_residual_pre"


def test_the_stages_are_those_from_patches_to_image_tokens():
    names = tuple(stages(SMALL))
    assert names == (
        "patches", "positions added", "block 0", "block 1", "block 2", "block 3", "image tokens"
    )  # fmt: skip


def test_tokens_that_are_their_places_are_found_where_they_were_put():
    tokens = np.zeros((1, 5, 5, 24))
    tokens[0, ..., 0], tokens[0, ..., 1] = np.mgrid[:5, :5]
    trace = putting(small_trace(), FIRST, tokens)

    reading = PlaceInTokens(scenes=2, stage=1, token=(0, 0))(trace)

    shares, readouts, size, alike, errors = reading.readings
    assert shares.curves[0].y[1] == pytest.approx(1)
    assert shares.curves[0].y[0] < 0.9  # patches, which are of the scenes
    assert readouts.curves[0].y[1] == pytest.approx(1, abs=1e-4)
    assert readouts.curves[1].y[1] < 0.5
    assert errors.values.max() < 0.01
    # The corner lies at (-2, -2) from the middle; the other corners opposite or at right angles.
    assert alike.values[[0, 4, 0], [0, 4, 4]] == pytest.approx([1, -1, 0], abs=1e-6)
    # The mean square distance from the middle is 2 + 2, and the corner's 8: the root of 2.
    assert size.values[0, 0] == pytest.approx(2**0.5)
    assert "; positions added: 1, off by " in reading.words
    assert "; positions added: 100 %" in reading.words
    # 4 places each at 1, √2, 2 and √8, and 8 at √5, of 25.
    assert "in 1 scene that it did not learn from. Patches: " in reading.words
    assert "Always saying the middle is off by 1.87" in reading.words


def test_without_encodings_there_is_no_more_place_than_in_the_patches():
    nowhere = putting(
        small_trace(), "image_encoder.position_encoder.hook_encoding", np.zeros((1, 5, 5, 24))
    )
    shares, readouts, *_ = PlaceInTokens(scenes=2)(nowhere).readings
    for chart in (shares, readouts):
        assert chart.curves[0].y[1] == pytest.approx(chart.curves[0].y[0])


def test_a_coarser_answer_takes_two_scenes():
    trace = small_trace()
    assert [each.scenes for each in PlaceInTokens(scenes=9).coarser(trace)] == [2]
    assert PlaceInTokens(scenes=2).coarser(trace) == ()


def test_likeness_is_a_cosine_with_the_other_scenes():
    part = np.array([[[1.0, 0], [0, 2]]])
    other = np.array([[[3.0, 0], [0, 0]]])
    np.testing.assert_allclose(likeness(part, other, (0, 0)), [[1, 0]])
    assert np.isnan(likeness(part, other, (0, 1))).all()
