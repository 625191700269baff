"""Clicks replayed one by one, on a model whose answer is given and on one that listens."""

import numpy as np
import pytest

from sam_explore.geometry import Prompts
from sam_explore.probes import ClickStory
from sam_explore.probes.hints.click_story import MOST_STEPS

from ...small import answering, small_trace

LEFT = np.full((4, 10, 20), -4.0)
LEFT[:, :, :10] = 4
CLICKS = Prompts(points=[(12, 8), (30, 15), (3, 3)], labels=[1, 0, 1])


@pytest.fixture
def trace():
    """Whatever it is asked, its masks are the left half."""
    return answering(small_trace(), LEFT, [0.9, 0.2, 0.8, 0.3]).with_prompts(CLICKS)


def test_a_step_for_each_click_with_the_mask_that_is_shown_and_its_iou(trace):
    fed_back, plain, ious = ClickStory()(trace).readings
    assert ious.x.tolist() == [1, 2, 3]
    # One click: the best predicted of masks 1 to 3, which is mask 2. More: mask 0.
    for strip, curve in zip((fed_back, plain), ious.curves, strict=True):
        assert [each.title for each in strip.maps] == [
            "1 click: mask 2,\npredicted 0.80",
            "2 clicks: mask 0,\npredicted 0.90",
            "3 clicks: mask 0,\npredicted 0.90",
        ]
        np.testing.assert_allclose(curve.y, [0.8, 0.9, 0.9])
    assert ClickStory()(trace).words == (
        "After 3 clicks the predicted IoU of the shown mask is 0.90 with logits fed back and 0.90 "
        "without. The two masks have an IoU of 1.00."
    )
    assert [curve.name for curve in ious.curves] == [
        "predicted, logits fed back",
        "predicted, nothing fed back",
    ]


def test_a_truth_is_compared_with_at_each_step(trace):
    truth = np.zeros((20, 40), bool)
    truth[:10] = True  # the upper half
    inside = trace.prediction.masks()[0]  # the left half, and the edge that lies between two cells
    assert inside[:, :20].all()
    expected = inside[:10].sum() / (inside[10:].sum() + truth.sum())
    reading = ClickStory(truth=truth)(trace)
    *_, true, also_true = reading.readings[2].curves
    np.testing.assert_allclose([true.y, also_true.y], [[expected] * 3] * 2)
    assert f"predicted 0.80, true {expected:.2f}" in reading.readings[0].maps[0].title


def test_a_box_is_a_step_of_its_own_and_no_prompt_one_answer(trace):
    boxed = trace.with_prompts(Prompts(CLICKS.points, CLICKS.labels, box=(1, 2, 30, 18)))
    assert ClickStory()(boxed).readings[2].x.tolist() == [0, 1, 2, 3]
    nothing = trace.with_prompts(Prompts())
    assert ClickStory()(nothing).readings[2].x.tolist() == [0]


def test_the_logits_of_the_mask_shown_go_back_with_the_next_click():
    trace = small_trace().with_prompts(CLICKS)
    reading = ClickStory()(trace)
    first, second, third = (
        Prompts(CLICKS.points[:count], CLICKS.labels[:count]) for count in (1, 2, 3)
    )
    one = trace.with_prompts(first).prediction
    two = trace.with_prompts(second.with_mask_hint(one.logits[one.chosen])).prediction
    three = trace.with_prompts(third.with_mask_hint(two.logits[0])).prediction
    expected = [one.visible[one.chosen], two.visible[0], three.visible[0]]
    for found, wanted in zip(reading.readings[0].maps, expected, strict=True):
        np.testing.assert_array_equal(found.values, wanted)
    without = reading.readings[1].maps[2].values
    np.testing.assert_array_equal(without, trace.with_prompts(third).prediction.visible[0])
    assert np.abs(without - three.visible[0]).max() > 1e-3


def test_a_hint_of_the_run_changes_nothing(trace):
    hinted = trace.with_prompts(CLICKS.with_mask_hint(np.ones((20, 20), np.float32)))
    assert ClickStory()(hinted).words == ClickStory()(trace).words


def test_a_long_story_ends_and_says_so(trace):
    many = Prompts(points=[(place, 5) for place in range(MOST_STEPS + 2)])
    reading = ClickStory()(trace.with_prompts(many))
    assert len(reading.readings[2].x) == MOST_STEPS
    assert reading.words.endswith("2 further clicks were not replayed.")
