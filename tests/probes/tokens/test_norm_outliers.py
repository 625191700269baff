"""Outliers among norms whose median and robust deviation are worked out by hand."""

import numpy as np
import pytest

from sam_explore.probes import NormOutliers
from sam_explore.probes.common.outliers import outliers_of, robust_deviation

from ...small import putting, small_trace, tokens_of_norm

LAST = "image_encoder.vit.blocks.3.hook_residual_post"

# 1 to 24 and 100. The median is 13; the distances from it are 0, twice each of 1 to 11, 12, 87, so
# the one in the middle is 6, and a robust deviation 6 / 0.6745 = 8.895.
NORMS = np.append(np.arange(1.0, 25), 100).reshape(5, 5)


def after_the_last_block(norms: np.ndarray):
    return putting(small_trace(), LAST, tokens_of_norm(norms))


def test_the_robust_deviation_does_not_feel_the_outlier():
    assert robust_deviation(NORMS) == pytest.approx(6 / 0.6745)
    assert robust_deviation(np.arange(1.0, 26)) == pytest.approx(6 / 0.6745)


def test_what_lies_above_the_limit_is_an_outlier():
    limit, found = outliers_of(NORMS)
    assert limit == pytest.approx(13 + 5 * 6 / 0.6745)
    assert found == ((4, 4),)


def test_the_robust_deviation_is_the_standard_one_of_a_normal_distribution():
    values = np.random.default_rng(0).normal(5, 2, 200_000)
    assert robust_deviation(values) == pytest.approx(2, rel=0.01)


def test_a_token_above_the_limit_is_marked_and_told():
    reading = NormOutliers(block=3)(after_the_last_block(NORMS))

    np.testing.assert_allclose(reading.values, NORMS)
    assert reading.marks == ((4, 4),)
    # 13 + 5 * 8.895 = 57.5
    assert reading.words == (
        "1 token of 25 lies more than 5 robust deviations above the median norm after block 3, 13; "
        "the limit is 57.5. The greatest, 100, is at row 4, column 4."
    )


def test_the_limit_moves_with_the_number_of_deviations():
    trace = after_the_last_block(NORMS)
    # 13 + 1 * 8.895 = 21.9: then 22, 23, 24 and 100 are outliers.
    assert NormOutliers(block=3, deviations=1.0)(trace).marks == ((4, 1), (4, 2), (4, 3), (4, 4))
    # 13 + 10 * 8.895 = 102
    nothing = NormOutliers(block=3, deviations=10.0)(trace)
    assert nothing.marks == ()
    assert nothing.words.startswith("No token of 25 lies more than 10 robust deviations")


def test_equal_tokens_are_no_outliers_of_one_another():
    assert NormOutliers(block=3)(after_the_last_block(np.full((5, 5), 4.0))).marks == ()


def test_if_most_tokens_are_equal_each_larger_one_counts():
    norms = np.full((5, 5), 4.0)
    norms[2, 0] = 4.5
    assert NormOutliers(block=3)(after_the_last_block(norms)).marks == ((2, 0),)
