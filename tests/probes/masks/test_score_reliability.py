"""Borders, choices and groups by hand; scores of the answers to clicks on drawn scenes."""

import numpy as np
import pytest

from sam_explore.geometry import Prompts
from sam_explore.mask_overlap import mask_iou
from sam_explore.prediction import encode, predict
from sam_explore.probes import ScoreReliability
from sam_explore.probes.common.asked_objects import asked_levels
from sam_explore.probes.common.borders import border, border_distance
from sam_explore.probes.common.decoder_attention import mask_by_cell
from sam_explore.probes.common.score_cases import agreement_within, choose, places, scored
from sam_explore.probes.masks.score_reliability import in_groups

from ...small import small_sam, small_trace


def square(top: int, left: int, side: int = 3) -> np.ndarray:
    mask = np.zeros((9, 9), bool)
    mask[top : top + side, left : left + side] = True
    return mask


def test_a_border_has_the_cells_next_to_the_outside_and_none_where_the_map_ends():
    assert len(border(square(3, 3))) == 8  # all but the middle
    assert border(square(0, 0)).tolist() == [[0, 2], [1, 2], [2, 0], [2, 1], [2, 2]]
    assert not len(border(np.ones((4, 4), bool)))


def test_the_distance_of_borders_is_the_mean_way_to_the_nearest():
    assert border_distance(square(3, 3), square(3, 3)) == 0
    # One row each: to the right the cells overlap but for one at each end.
    row = np.zeros((1, 9), bool)
    row[0, 2:5] = True
    moved = np.roll(row, 1)
    # Borders are both ends: 2, 4 and 3, 5. Each lies 1 from the other's nearest.
    assert border_distance(row, moved) == 1
    assert np.isnan(border_distance(row, np.zeros((1, 9), bool)))


def test_each_way_takes_one_of_the_alternatives():
    scores = np.array([  # predicted, stability, true, border, empty
        [0.99, 0.99, 0.0, 0, 0],  # token 0 is none of them
        [0.9, 0.2, 0.3, 0, 0],
        [0.6, 0.8, 0.9, 0, 0],
        [0.1, 0.9, 0.6, 0, 0],
    ])  # fmt: skip
    found = choose(scores)
    assert (found.by_predicted, found.by_stability, found.by_both) == (0.3, 0.6, 0.9)
    assert (found.by_chance, found.best) == (pytest.approx(0.6), 0.9)
    # Ranks 4 3 2 1 against 1 2 4 3: 1 - 6 x (9 + 1 + 4 + 4) / 60
    assert agreement_within(scores) == pytest.approx(-0.8)


def test_groups_are_of_equal_size_and_leave_out_what_is_unknown():
    where = np.arange(13.0)[::-1]
    what = where * 10
    what[0] = np.nan  # that of 12
    x, members = in_groups(where, what)
    assert x.tolist() == [2.5, 8.5]
    assert members[0].tolist() == [0, 10, 20, 30, 40, 50]


def test_scores_are_those_of_the_answers_and_of_the_level_that_fits_best():
    sam, asked = small_sam(), next(asked_levels())
    encoded = encode(sam, asked.image)
    found = scored(sam, encoded, asked, 2)
    first, other = places(asked, 2)
    assert first == asked.click
    assert asked.masks[0][other[1], other[0]]
    answer = predict(sam, encoded, Prompts(points=[asked.click]))
    truths = [mask_by_cell(mask, encoded.frame) for mask in asked.masks]
    for mask, logits in enumerate(answer.logits):
        predicted, _, true, _, empty, meant, levels = found[0, mask]
        assert predicted == pytest.approx(answer.iou[mask], abs=1e-4)
        assert true == pytest.approx(max(mask_iou(logits > 0, truth) for truth in truths))
        assert empty == (not (logits > 0).any())
        assert meant == pytest.approx(np.mean([mask_iou(logits > 0, truth) for truth in truths]))
        assert levels == 3  # the scene's own click lies on all three


def test_the_charts_are_of_all_masks_and_the_words_of_all_scenes():
    reliability, _, ways = ScoreReliability(scenes=2, clicks=2)(small_trace()).readings
    best_fit, in_the_mean, right = reliability.curves
    assert (in_the_mean.y <= best_fit.y).all()
    np.testing.assert_array_equal(right.y, reliability.x)
    assert len(reliability.x) == 2  # of 16 masks, in groups of six or more
    assert ways.x_labels == ("predicted", "stability", "both", "chance", "the best")
    best = ways.curves[0].y
    assert best[4] == best.max()
    assert best[3] <= best[4]


def test_a_first_answer_takes_one_scene_with_a_smaller_input_and_says_so(encoded_pictures):
    trace = small_trace()
    (first,) = ScoreReliability(scenes=2).coarser(trace)
    assert (first.scenes, first.tokens) == (1, trace.sam.config.grid // 2)
    reading = first(trace)
    assert [each.frame.grid for each in encoded_pictures] == [(first.tokens,) * 2]
    assert f" The input has {first.tokens} tokens along its longer side." in reading.words
    assert "The input has" not in ScoreReliability(scenes=1)(trace).words
