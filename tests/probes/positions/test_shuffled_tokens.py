"""Tokens in order and shuffled: nothing changes where nothing of the grid is used."""

import numpy as np
import pytest

from sam_explore.probes import ShuffledTokens

from ...small import answering, small_trace


def test_without_windows_and_relative_positions_nothing_changes():
    reading = ShuffledTokens()(small_trace())

    changes, overlaps = reading.readings[1].values.T
    assert changes[3] < 1e-5
    assert overlaps[3] == 1
    assert min(changes[:3]) > 0.01
    assert "then the grid makes no difference." in reading.words
    in_order, shuffled = (each.values for each in reading.readings[0].maps[2:])
    np.testing.assert_allclose(shuffled, in_order, atol=1e-3)


def test_another_seed_is_another_order():
    one, other = (ShuffledTokens(seed)(small_trace()).readings[1].values for seed in (0, 1))
    assert abs(one[0, 0] - other[0, 0]) > 1e-4


def test_true_iou_in_both_orders():
    logits = np.full((4, 20, 20), -1.0)
    logits[:, :, :10] = 1
    truth = np.zeros((20, 40), bool)
    truth[:, :10] = True
    reading = ShuffledTokens(truth=truth)(answering(small_trace(), logits, [0.1, 0.2, 0.3, 0.4]))

    table = reading.readings[1]
    assert table.columns[2:] == ("true IoU,\nin order", "true IoU,\nshuffled")
    # The answer is always the same: its overlap is 1, and half of it is true.
    assert table.values[:, 1:] == pytest.approx(np.array([[1, 0.5, 0.5]] * 4), abs=0.02)
    assert "True IoU goes from 0.5" in reading.words
