"""What becomes of five candidates, worked out by hand."""

import numpy as np
import pytest

from sam_explore.automatic import FATES, Candidates, Filters, judge
from sam_explore.automatic.grids import Crop
from sam_explore.mask_formats import outermost_pixels, run_lengths

SIZE = (100, 200)
WHOLE = Crop((0, 0, 200, 100), 0)
LEFT = Crop((0, 0, 120, 100), 1)


def candidates(*rows, crops=(WHOLE,)) -> Candidates:
    """Rectangles x0, y0, x1, y1 (inclusive) with predicted IoU, stability and crop."""
    masks = []
    for x0, y0, x1, y1, *_ in rows:
        mask = np.zeros(SIZE, bool)
        mask[y0 : y1 + 1, x0 : x1 + 1] = True
        masks.append(mask)
    return Candidates(
        SIZE, crops,
        crop=np.array([row[6] for row in rows], int),
        points_px=np.array([row[:2] for row in rows], float).reshape(-1, 2),
        tokens=np.ones(len(rows), int),
        predicted_iou=np.array([row[4] for row in rows], np.float32),
        stability=np.array([row[5] for row in rows], np.float32),
        boxes=np.array([outermost_pixels(mask) for mask in masks], int).reshape(-1, 4),
        areas=np.array([mask.sum() for mask in masks], int),
        runs=tuple(run_lengths(mask) for mask in masks),
    )  # fmt: skip


def test_each_filter_drops_its_own():
    of = candidates(
        (10, 10, 50, 50, 0.95, 0.99, 0),
        (10, 10, 50, 52, 0.97, 0.99, 0),  # overlaps the first, and is better
        (60, 10, 70, 50, 0.5, 0.99, 0),
        (60, 60, 70, 80, 0.9, 0.5, 0),
        (80, 10, 110, 50, 0.9, 0.99, 1),  # ends 10 pixels before its crop does
        (11, 10, 50, 52, 0.89, 0.99, 1),  # as the second, from a smaller crop
        crops=(WHOLE, LEFT),
    )
    verdicts = judge(of, Filters())
    assert [FATES[fate] for fate in verdicts.fate] == [
        "overlap", "overlap of crops", "predicted IoU", "stability", "edge of the crop", "kept",
    ]  # fmt: skip
    assert verdicts.kept.tolist() == [5]
    assert verdicts.winner.tolist() == [1, 5, -1, -1, -1, -1]
    assert verdicts.counts["kept"] == 1
    assert verdicts.reason(0) == (
        "dropped: its box has IoU 0.95, above 0.7, with that of candidate 1, which has predicted "
        "IoU 0.970"
    )
    assert "0.500 is not above 0.88" in verdicts.reason(2)
    assert "0.500 is below 0.95" in verdicts.reason(3)
    assert "20 pixels" in verdicts.reason(4)
    assert "smaller crop" in verdicts.reason(1)
    assert verdicts.reason(5) == "kept"


def test_a_predicted_iou_at_the_threshold_is_dropped_and_a_stability_at_it_is_kept():
    of = candidates((10, 10, 50, 50, 0.5, 0.99, 0), (60, 60, 70, 80, 0.9, 0.5, 0))
    verdicts = judge(of, Filters(pred_iou_thresh=0.5, stability_score_thresh=0.5))
    assert verdicts.kept.tolist() == [1]


def test_thresholds_of_zero_keep_even_negative_scores():
    of = candidates((10, 10, 50, 50, -0.5, 0.0, 0))
    assert judge(of, Filters(0, 0)).kept.tolist() == [0]


def test_a_box_near_the_edge_of_the_picture_is_not_cut():
    of = candidates((0, 0, 50, 99, 0.9, 0.99, 1), crops=(WHOLE, LEFT))
    assert judge(of, Filters()).kept.tolist() == [0]


def test_no_candidates():
    assert not len(judge(candidates(), Filters()).kept)


@pytest.mark.parametrize(
    "wrong", [{"pred_iou_thresh": -1}, {"stability_score_thresh": 1.1}, {"box_nms_thresh": -0.1}]
)
def test_thresholds_out_of_range_are_refused(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        Filters(**wrong)


def test_candidates_at_a_point_are_those_whose_mask_contains_it():
    of = candidates((10, 10, 50, 50, 0.5, 0.99, 0), (50, 50, 70, 80, 0.9, 0.5, 0))
    assert of.containing((50, 50)).tolist() == [1, 0]
    assert of.containing((10, 10)).tolist() == [0]
    assert of.containing((70, 80)).tolist() == [1]
    assert not len(of.containing((71, 80)))
    with pytest.raises(ValueError, match=r"Point \(200, 0\) lies outside the picture"):
        of.containing((200, 0))
