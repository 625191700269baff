"""Boxes that overlap much, worked out by hand."""

import numpy as np

from sam_explore.automatic.suppression import NOBODY, box_iou, suppress


def test_boxes_in_part_over_each_other():
    """Both have 16 pixels and 8 in common: 8 of 24."""
    others = np.array([[2.0, 0, 6, 4], [4, 4, 8, 8], [0, 0, 4, 4]])
    np.testing.assert_allclose(box_iou(np.array([0.0, 0, 4, 4]), others), [1 / 3, 0, 1])


def test_the_best_score_suppresses_what_overlaps_and_is_remembered():
    boxes = np.array([[0, 0, 4, 4], [0, 0, 4, 5], [20, 20, 24, 24], [0, 0, 4, 6]])
    kept, winners, overlaps = suppress(boxes, np.array([0.5, 0.9, 0.1, 0.7]), threshold=0.7)
    assert kept.tolist() == [1, 2]
    assert winners.tolist() == [1, NOBODY, NOBODY, 1]
    np.testing.assert_allclose(overlaps, [0.8, np.nan, np.nan, 20 / 24], rtol=1e-6)


def test_what_was_suppressed_suppresses_nothing():
    """The second beats the third, but the first has beaten the second."""
    boxes = np.array([[0, 0, 10, 1], [3, 0, 13, 1], [6, 0, 16, 1]])
    kept, winners, _ = suppress(boxes, np.array([0.9, 0.8, 0.7]), threshold=0.5)
    assert (kept.tolist(), winners.tolist()) == ([0, 2], [NOBODY, 0, NOBODY])


def test_of_equal_scores_the_first_wins_and_an_iou_at_the_threshold_stays():
    boxes = np.array([[0, 0, 4, 4], [0, 0, 4, 4], [0, 0, 4, 8]])
    kept, winners, _ = suppress(boxes, np.ones(3), threshold=0.5)
    assert (kept.tolist(), winners.tolist()) == ([0, 2], [NOBODY, 0, NOBODY])


def test_empty_boxes_and_no_boxes():
    boxes = np.zeros((2, 4), int)
    assert suppress(boxes, np.ones(2), threshold=0.5)[0].tolist() == [0, 1]
    assert not len(suppress(boxes[:0], np.ones(0), threshold=0.5)[0])
