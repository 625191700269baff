"""Three encodings of places next to each other, and what is left without each."""

import numpy as np
import pytest

from sam_explore.probes import ThreeEncodings
from sam_explore.tracing import attention_row
from sam_explore.tracing.interventions import (
    AblateCoordinateEncoding,
    AblatePositionEncoding,
    AblateRelativePositions,
)

from ...small import answering, putting, small_trace


@pytest.fixture(scope="module")
def trace():
    return small_trace()


def test_cosines_leave_out_what_all_places_have_in_common(trace):
    encoding = np.zeros((1, 5, 5, 24))
    encoding[..., 0] = 7
    encoding[..., 1] = [[1, -1, 1, -1, 1]] * 5  # 3/5 and 2/5: less the mean, 0.8 and -1.2
    trace = putting(trace, "image_encoder.position_encoder.hook_encoding", encoding)

    added = ThreeEncodings(token=(0, 0))(trace).readings[0]

    np.testing.assert_allclose(added.values, [[1, -1, 1, -1, 1]] * 5)
    assert added.marks == ((0, 0),)


def test_the_relative_map_is_the_mean_over_the_heads_of_both_terms(trace):
    relative = ThreeEncodings(token=(1, 3), block=0)(trace).readings[1]

    found = attention_row(trace, 0, (1, 3))
    both = (found.row_terms[:, :, None] + found.column_terms[:, None, :]).mean(0)
    np.testing.assert_allclose(relative.values, both, atol=1e-5)
    assert np.isnan(relative.values[4, 3])  # in another window


def test_each_row_is_the_run_without_that_encoding(trace):
    table = ThreeEncodings(mask=2)(trace).readings[-1]

    both = trace.with_interventions(AblatePositionEncoding(), AblateRelativePositions())
    names = ["with all three", "without added", "without relative", "without both of these"]
    assert list(table.rows[:4]) == names
    assert table.values[3, 0] == pytest.approx(both.prediction.iou[2])
    assert table.values[0].tolist() == [pytest.approx(trace.prediction.iou[2]), 1]


def test_the_last_row_has_neither_places_nor_prompts_encoded(trace):
    table = ThreeEncodings(mask=1)(trace).readings[-1]

    parts = AblateCoordinateEncoding("grid"), AblateCoordinateEncoding("prompts")
    without = trace.with_interventions(*parts)
    assert table.rows[-1] == "without Fourier of either"
    assert table.values[-1, 0] == pytest.approx(without.prediction.iou[1])


def test_what_a_run_lacks_already_changes_nothing(trace):
    table = ThreeEncodings()(trace.with_interventions(AblatePositionEncoding())).readings[-1]

    assert table.values[1].tolist() == table.values[0].tolist()
    assert table.values[2].tolist() == table.values[3].tolist()


def test_true_iou_stands_next_to_the_predicted_one(trace):
    logits = np.full((4, 20, 20), -1.0)
    logits[:, :, :10] = 1  # the left half of the input, which the picture is as wide as
    truth = np.zeros((20, 40), bool)
    truth[:, :10] = True  # half of that
    reading = ThreeEncodings(truth=truth)(answering(trace, logits, [0.5, 0.6, 0.7, 0.8]))

    table = reading.readings[-1]
    assert table.columns == ("predicted IoU", "true IoU", "overlap with that of all")
    np.testing.assert_allclose(table.values, [[0.8, 0.5, 1]] * 7, atol=0.02)
    assert "True IoU: with all three 0.5" in reading.words
