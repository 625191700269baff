"""The exam's measures, by hand."""

import numpy as np
import pytest

from sam_explore.toy.exam.measures import Bin, calibration, spearman, stratum


def test_strata_begin_at_one_and_at_five_per_cent():
    shares = (0.0025, 0.0099, 0.01, 0.049, 0.05, 0.9)
    strata = ["small", "small", "medium", "medium", "large", "large"]
    assert [stratum(share) for share in shares] == strata


def test_spearman_by_hand():
    # Squared differences of the ranks sum to 2: 1 - 6 * 2 / (4 * 15).
    assert spearman(np.array([1.0, 2, 3, 4]), np.array([0.1, 0.3, 0.2, 90])) == pytest.approx(0.8)
    assert spearman(np.array([3.0, 2, 1]), np.array([5.0, 6, 7])) == pytest.approx(-1)


def test_equal_numbers_share_their_ranks():
    # Ranks 1.5, 1.5, 3 against 1, 2, 3: 1.5 / sqrt(1.5 * 2).
    assert spearman(np.array([1.0, 1, 2]), np.array([1.0, 2, 3])) == pytest.approx(np.sqrt(0.75))


def test_a_constant_has_no_correlation():
    assert np.isnan(spearman(np.ones(3), np.arange(3.0)))


def test_calibration_by_hand():
    predicted = np.array([-0.1, 0.2, 0.6, 0.8, 1.3])
    true = np.array([0.0, 0.4, 0.5, 0.7, 0.9])
    low, high = calibration(predicted, true, bins=2)
    assert low == Bin(0.0, 0.5, 2, pytest.approx(0.05), pytest.approx(0.2))
    assert high == Bin(0.5, 1.0, 3, pytest.approx(0.9), pytest.approx(0.7))


def test_calibration_leaves_out_ranges_without_a_mask():
    (only,) = calibration(np.array([0.95]), np.array([0.5]))
    assert (only.start, only.stop, only.masks) == (0.9, 1.0, 1)
