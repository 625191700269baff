"""Masks and levels: the answer of a click on drawn scenes, and what is made of it."""

from dataclasses import replace
from itertools import islice

import numpy as np
import pytest

from sam_explore.geometry import Prompts
from sam_explore.mask_overlap import mask_iou
from sam_explore.probes import TokenLevels
from sam_explore.probes.common.asked_objects import asked_levels
from sam_explore.probes.common.decoder_attention import mask_by_cell
from sam_explore.probes.common.intervals import band, interval_in_words
from sam_explore.probes.masks.token_levels import LevelAnswer, answered, best_tokens
from sam_explore.tracing.interventions import DropMaskToken

from ...small import small_trace


def test_the_click_lies_on_a_whole_a_part_and_a_sub_part_that_are_smaller_in_turn():
    for asked in islice(asked_levels(), 3):
        x, y = asked.click
        assert asked.masks[:, y, x].all()
        whole, part, sub_part = asked.masks
        assert not (part & ~whole).any()
        assert not (sub_part & ~part).any()
        assert sub_part.sum() < 0.75 * part.sum() < 0.75 * 0.75 * whole.sum()


def test_the_best_mask_of_each_level_the_first_of_equal_ones():
    ious = np.array([[[0.1, 0.9], [0.5, 0.2], [0.5, 0.9]]])
    assert best_tokens(ious)[0].tolist() == [[0, 1], [1, 0], [0, 0]]


def test_the_chosen_mask_is_judged_by_the_level_that_fits_it_best():
    ious = np.array([[0.9, 0.1], [0.2, 0.3], [0.1, 0.6]])
    unseen = np.array([[0, 0], [0.8, 0.7], [0.1, 0.2]])
    answer = LevelAnswer(ious, np.array([0.5, 0.2, 0.4]), unseen, np.array([0.9, 0.5, 0.4]))
    assert answer.chosen() == [0.9, 0.6, 0.8]


def test_an_answer_is_that_of_a_run_with_and_without_attention_to_token_0():
    trace = small_trace()
    asked = next(asked_levels())
    run = replace(trace, image=asked.image, prompts=Prompts(points=[asked.click]))
    unseen = run.with_interventions(DropMaskToken(0))

    found = answered(trace, asked)

    for ious, predicted, each in ((*found[:2], run), (*found[2:], unseen)):
        np.testing.assert_allclose(predicted, each.prediction.iou, atol=1e-4)
        truth = mask_by_cell(asked.masks[1], run.frame)
        expected = [mask_iou(mask > 0, truth) for mask in each.prediction.logits]
        np.testing.assert_allclose(ious[:, 1], expected)
    assert np.abs(found.predicted[1:] - found.predicted_unseen[1:]).max() > 1e-4


def test_the_words_and_the_table_are_means_over_the_scenes():
    trace = small_trace()
    reading = TokenLevels(scenes=2)(trace)
    table, shares, ways = reading.readings
    answers = [answered(trace, asked) for asked in islice(asked_levels(), 2)]
    np.testing.assert_allclose(table.values, np.mean([each.ious for each in answers], axis=0))
    assert sum(curve.y for curve in shares.curves).sum() == pytest.approx(3)
    np.testing.assert_allclose(ways.curves[0].y, np.mean([each.chosen() for each in answers], 0))
    assert reading.words.startswith("Over 2 scenes, by mean true IoU, the whole best by mask ")


def test_a_mean_with_its_interval_where_there_are_cases():
    curve = band(np.array([[1.0, np.nan], [3.0, 2.0]]), "name")
    assert curve.y.tolist() == [2, 2]
    assert (curve.low[0], curve.high[0]) == (1, 3)
    assert np.isnan(curve.low[1])
    assert interval_in_words(np.array([1.0, 3.0])) == "2 (95 %: 1 to 3)"
    assert interval_in_words(np.array([np.nan, 3.0])) == "3"


def test_a_first_answer_takes_one_scene_with_a_smaller_input_and_says_so(encoded_pictures):
    trace = small_trace()
    (first,) = TokenLevels(scenes=2).coarser(trace)
    assert (first.scenes, first.tokens) == (1, trace.sam.config.grid // 2)
    reading = first(trace)
    assert [each.frame.grid for each in encoded_pictures] == [(first.tokens,) * 2]
    assert f" The input has {first.tokens} tokens along its longer side." in reading.words
    assert "The input has" not in TokenLevels(scenes=1)(trace).words
