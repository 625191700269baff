"""Clicks on a grid: each is a run of its own, and arrows are its gradient."""

from dataclasses import replace

import numpy as np
import pytest

from sam_explore.geometry import Prompts
from sam_explore.mask_overlap import mask_iou
from sam_explore.probes import ClickMap
from sam_explore.probes.masks.click_map import grid_of_clicks
from sam_explore.tracing import Cancelled, between_steps, zero
from sam_explore.tracing.attribution import PredictedIoU, click_gradients, gradient
from sam_explore.truth import true_ious

from ...small import answering, small_trace


def test_clicks_lie_in_the_middle_of_their_cells_along_both_sides():
    places = grid_of_clicks(4, small_trace().frame)  # 40 wide, 20 high
    assert places[..., 0].tolist() == [[5, 15, 25, 35]] * 2
    assert places[:, 0, 1].tolist() == [5, 15]


@pytest.mark.parametrize("click", ["alone", "one more, background"])
def test_each_cell_is_the_answer_of_its_click(click):
    trace = small_trace()
    truth = np.zeros((20, 40), bool)
    truth[:, :20] = True
    which, predicted, true, overlap = ClickMap(points=2, click=click, truth=truth)(trace).readings
    own = trace.prediction.visible[trace.prediction.chosen] > 0
    for column, x in enumerate((10, 30)):
        asked = Prompts(points=[(x, 10)])
        if click != "alone":
            asked = trace.prompts.with_point((x, 10), 0)
        answer = trace.with_prompts(asked).prediction
        assert which.values[0, column] == answer.chosen
        assert predicted.values[0, column] == pytest.approx(answer.iou[answer.chosen], abs=1e-4)
        assert true.values[0, column] == true_ious(answer, truth)[answer.chosen]
        expected = mask_iou(answer.visible[answer.chosen] > 0, own)
        assert overlap.values[0, column] == pytest.approx(expected)


@pytest.mark.parametrize(
    "edit", [None, "mask_decoder.transformer.layers.1.self_attention.hook_out"]
)
def test_gradients_of_several_clicks_are_those_of_each(edit):
    trace = small_trace()
    trace = trace if edit is None else trace.with_edit(edit, zero)
    prompts = [Prompts(points=[(x, 8)]) for x in (4, 30)] + [Prompts(points=[(1, 1), (9, 9)])]
    ofs = [PredictedIoU(mask) for mask in (1, 3, 0)]
    found = click_gradients(trace, ofs, prompts)
    for slope, of, asked in zip(found, ofs, prompts, strict=True):
        expected = gradient(trace.with_prompts(asked), of, "points")[-1]
        np.testing.assert_allclose(slope, expected, rtol=1e-3, atol=1e-6)


def test_arrows_point_along_the_gradient_and_the_longest_are_cut():
    trace = small_trace()
    predicted = ClickMap(points=4)(trace).readings[1]
    lengths = np.linalg.norm(predicted.arrows, axis=-1)
    assert lengths.max() == pytest.approx(1)
    at = np.unravel_index(lengths.argmax(), lengths.shape)
    x, y = grid_of_clicks(4, trace.frame)[at]
    asked = trace.with_prompts(Prompts(points=[(x, y)]))
    slope = gradient(asked, PredictedIoU(asked.prediction.chosen), "points")[0]
    np.testing.assert_allclose(
        predicted.arrows[at], slope / np.linalg.norm(slope), rtol=1e-2, atol=1e-3
    )
    assert ClickMap(points=4, arrows=False)(trace).readings[1].arrows is None


def test_the_words_name_the_best_places():
    trace = answering(small_trace(), np.ones((4, 20, 20)), [0.1, 0.2, 0.7, 0.3])
    truth = np.zeros((20, 40), bool)
    truth[:, :20] = True
    words = ClickMap(points=2, truth=truth)(trace).words
    assert words == (
        "Of 2 clicks, each alone, the one at x 10, y 10 has the best predicted IoU, 0.70, by mask "
        "2. 2 of their masks have more than half in common with the one that is shown. The true "
        "IoU with the truth given is best at x 10, y 10, 0.50. The rank correlation of predicted "
        "and true over the clicks is not defined, since one is flat. In the mean the masks cover "
        "100 % of the picture. The predicted IoU changes most with the click at x 10, y 10, by 0 "
        "a pixel."
    )


def test_it_is_refined_by_halves_and_can_be_cancelled_between_prompts():
    trace, said = small_trace(), []
    probe = ClickMap(points=16)
    assert probe.coarser(trace) == (replace(probe, points=4), replace(probe, points=8))
    assert ClickMap(points=6).coarser(trace) == ()

    def stop(what: str) -> None:
        said.append(what)
        if what.startswith("Click "):
            raise Cancelled

    with between_steps(stop), pytest.raises(Cancelled):
        ClickMap(points=4)(trace)
    assert said[-1] == "Click 1 of 8"
