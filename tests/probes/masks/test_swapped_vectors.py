"""Vectors of two runs that are swapped, where one of the two factors is the same in both."""

import numpy as np
import pytest

from sam_explore.geometry import Prompts
from sam_explore.model.addresses import MASK_FEATURES, MASK_VECTORS
from sam_explore.probes import SwappedVectors
from sam_explore.probes.common.clicks import middle_of

from ...small import putting, small_trace


def test_the_middle_of_a_token_in_pixels_of_the_picture_and_never_beyond_it():
    frame = small_trace().frame  # 40 wide, 20 high; tokens of 8 pixels, the lower rows are padding
    assert middle_of((1, 3), frame) == (28, 12)
    assert middle_of((4, 0), frame) == (4, 20)


def test_what_both_runs_have_in_common_tells_nothing_apart():
    trace = small_trace()
    features = np.random.default_rng(1).standard_normal((1, 4, 20, 20))
    same_features = SwappedVectors((1, 4), mask=2)(putting(trace, MASK_FEATURES, features))
    assert same_features.readings[1].values[0, 1] == same_features.readings[1].values[1, 0] == 1

    vectors = np.random.default_rng(2).standard_normal((1, 4, 4))
    same_vectors = SwappedVectors((1, 4), mask=2)(putting(trace, MASK_VECTORS, vectors))
    assert np.diag(same_vectors.readings[1].values).tolist() == [1, 1]


def test_own_vectors_give_the_runs_own_logits_and_the_words_tell_the_overlaps():
    trace = small_trace()
    other = trace.with_prompts(Prompts(points=[(28, 12)]))

    reading = SwappedVectors((1, 3), mask=1)(trace)

    maps, table = reading.readings
    own, mixed, _, others = (each.values for each in maps.maps)
    np.testing.assert_allclose(own, trace.prediction.visible[1], atol=1e-4)
    np.testing.assert_allclose(others, other.prediction.visible[1], atol=1e-4)
    vector, features = other[MASK_VECTORS][0, 1], trace[MASK_FEATURES][0]
    expected = (vector[:, None, None] * features).sum(dim=0).numpy()[:10]
    np.testing.assert_allclose(mixed, expected, atol=1e-4)
    both, either = ((mixed > 0) & (own > 0)).sum(), ((mixed > 0) | (own > 0)).sum()
    assert table.values[0, 0] == pytest.approx(both / either, abs=1e-6)
    assert f"the mask's overlap is {both / either:.2f} with the prompt's own" in reading.words


def test_the_true_iou_of_each_of_the_four_masks_is_said():
    trace = small_trace()
    ones = np.ones((1, 4, 20, 20))  # features that are the same everywhere: a mask is all or none
    vectors = np.zeros((1, 4, 4))
    vectors[0, 1] = 1.0
    trace = putting(putting(trace, MASK_FEATURES, ones), MASK_VECTORS, vectors)
    half = np.zeros((20, 40), bool)
    half[:, :20] = True
    words = SwappedVectors((1, 4), mask=1, truth=half)(trace).words
    assert words.endswith(
        "Their true IoU with the truth given: the prompt's own mask 0.50, its features with the "
        "click's vector 0.50, the click's features with the prompt's vector 0.50, the click's own "
        "mask 0.50."
    )
    assert "true IoU" not in SwappedVectors((1, 4), mask=1)(trace).words
