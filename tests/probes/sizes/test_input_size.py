"""The same input again changes nothing; others are compared at the same places."""

import numpy as np
import pytest

from sam_explore.probes import InputSize

from ...small import small_trace


@pytest.fixture(scope="module")
def trace():
    return small_trace()  # 40 x 20 pixels, padded to 40 x 40


def test_the_runs_own_input_changes_nothing(trace):
    reading = InputSize(tokens=5, fit="padded")(trace)
    before, after, alike, table = reading.readings
    np.testing.assert_array_equal(after.values, before.values)
    np.testing.assert_allclose(alike.values[:3], 1, rtol=1e-6)
    np.testing.assert_array_equal(table.values[:, 0], 1)
    np.testing.assert_array_equal(table.values[:, 1], table.values[:, 2])
    assert reading.words.startswith(
        "The input is 5 × 5 tokens (10 of padding) instead of 5 × 5 tokens (10 of padding). Image "
        "tokens keep a cosine of 1 in the mean"
    )
    assert "needs 100 % of the multiply-adds" in reading.words


def test_in_proportion_nothing_is_padded(trace):
    reading = InputSize(tokens=4)(trace)
    assert reading.title == "In proportion, 2 × 4 tokens"
    before, after, *_ = reading.readings
    assert before.values.shape == after.values.shape == (20, 40)  # both over the picture
    assert before.frame == "picture"
    assert not np.array_equal(before.values, after.values)


def test_by_default_it_has_half_of_the_tokens(trace):
    assert InputSize(fit="stretched")(trace).title == "Stretched, 2 × 2 tokens"  # of 5


def test_true_iou_stands_next_to_predicted(trace):
    truth = np.zeros((20, 40), bool)
    truth[:, 20:] = True
    reading = InputSize(truth=truth, mask=0)(trace)
    *_, table = reading.readings
    assert table.columns[2:] == ("true\nbefore", "predicted\nnow", "true\nnow")
    before, now = (table.values[0, column] for column in (2, 4))
    assert f"from {before:.2f} to {now:.2f}." in reading.words


def test_a_mask_hint_is_left_out_and_said_to_be(trace):
    hint = np.linspace(-3, 5, 400, dtype=np.float32).reshape(20, 20)
    hinted = trace.with_prompts(trace.prompts.with_mask_hint(hint))
    reading = InputSize(tokens=3)(hinted)
    assert " The mask hint is left out of both." in reading.words
    plain = InputSize(tokens=3)(trace)
    np.testing.assert_array_equal(reading.readings[0].values, plain.readings[0].values)
