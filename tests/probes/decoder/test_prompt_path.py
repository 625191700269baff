"""Patching: a projection by hand, and stages where all or nothing of a prompt can pass."""

import numpy as np

from sam_explore.geometry import Prompts
from sam_explore.probes import PromptPath
from sam_explore.probes.common.clicks import moved_to, with_a_prompt
from sam_explore.probes.common.projections import share_of_the_way
from sam_explore.probes.common.truth import in_words
from sam_explore.probes.decoder.prompt_path import PARTS

from ...small import small_sam, small_trace


def test_the_share_of_the_way_is_a_projection():
    start, end = np.zeros((1, 2)), np.array([[2.0, 0.0]])
    assert share_of_the_way(np.array([[1.0, 5.0]]), start, end) == 0.5
    assert share_of_the_way(end, start, end) == 1
    assert np.isnan(share_of_the_way(end, start, start))


def test_a_share_that_is_rounding_is_zero():
    start, end = np.zeros((1, 2)), np.array([[1.0, 0.0]])
    assert share_of_the_way(np.array([[-3.6e-8, 0.0]]), start, end) == 0
    assert share_of_the_way(np.array([[3e-6, 0.0]]), start, end) == 3e-6


def test_before_the_layers_it_is_the_prompts_token_and_at_the_end_it_makes_the_mask():
    table = PromptPath((1, 4), mask=1)(small_trace()).readings[0]
    assert table.rows == PARTS
    first, last = table.values[:, 0], table.values[:, -1]
    np.testing.assert_allclose(first, [1, 0, 0, 0], atol=1e-4)
    np.testing.assert_allclose(last[[0, 3]], 0, atol=1e-4)
    assert np.abs(last[1:3]).min() > 1e-3


def test_what_no_image_place_reads_passes_by_the_tokens_alone():
    sam = small_sam()
    usual = PromptPath((1, 4), mask=1)(small_trace(sam)).readings[0].values
    assert usual[1, 1] > 0.1
    for layer in sam.mask_decoder.transformer.layers:
        layer.image_to_token.v.weight.zero_()  # places read the same of all tokens
    shares = PromptPath((1, 4), mask=1)(small_trace(sam)).readings[0].values
    np.testing.assert_allclose(shares[1], 0, atol=1e-2)  # rounding
    np.testing.assert_allclose(shares[2, -1], 1, atol=1e-2)


def test_the_same_place_makes_no_difference_to_follow():
    trace = small_trace().with_prompts(Prompts(points=[(12, 4)]))
    words = PromptPath((0, 1), mask=1)(trace).words
    assert "makes the same mask 1" in words


def test_the_first_click_moves_or_else_the_box_and_no_prompt_becomes_a_click():
    trace = small_trace()
    clicks = Prompts(points=[(3, 4), (9, 9)], labels=[0, 1])
    moved = moved_to(clicks, (1, 3), trace.frame)
    assert moved.points.tolist() == [[28, 12], [9, 9]]
    assert moved.labels.tolist() == [0, 1]
    box = moved_to(Prompts(box=(2, 4, 6, 10)), (1, 3), trace.frame).box
    assert box.tolist() == [26, 9, 30, 15]
    run, said = with_a_prompt(trace.with_prompts(Prompts()))
    assert run.prompts.points.tolist() == [[20, 10]]
    assert said.startswith("There is no click;")
    assert with_a_prompt(trace) == (trace, "")
    assert moved_to(Prompts(), (1, 3), trace.frame).is_empty


def test_the_true_iou_of_the_runs_mask_is_said_next_to_the_predicted():
    trace = small_trace()
    truth = trace.prediction.upscaled[1] > 0
    words = PromptPath((1, 4), mask=1, truth=truth)(trace).words
    assert words.endswith(
        f"The predicted IoU of mask 1 is {in_words(trace.prediction.iou[1])}, its true IoU with "
        "the truth given 1.00."
    )
