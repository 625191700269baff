"""A step on a picture whose left half is meant, with masks that are the same at each answer."""

import re
from dataclasses import replace

import numpy as np
import pytest

from sam_explore.geometry import Prompts
from sam_explore.number_text import text
from sam_explore.probes import TrainingStep
from sam_explore.probes.common.mask_losses import mask_loss

from ...small import answering, small_trace

SURE = 9.0


@pytest.fixture(scope="module")
def trace():
    """Mask 0 is all, 1 the left quarter, 2 the left half, 3 nothing; 1 is thought to be best."""
    logits = np.full((4, 20, 20), -SURE)
    logits[0], logits[1, :, :5], logits[2, :, :10] = SURE, SURE, SURE
    image = np.full((40, 40, 3), 200, np.uint8)
    trace = replace(small_trace(), image=image, prompts=Prompts(points=[(2, 5)]))
    return answering(trace, logits, [0.1, 0.9, 0.8, 0.3])


@pytest.fixture(scope="module")
def truth():
    left = np.zeros((40, 40), bool)
    left[:, :20] = True
    return left


def test_after_one_click_the_mask_with_the_least_loss_learns_then_token_0(trace, truth):
    _, table, _ = TrainingStep(corrections=2, truth=truth)(trace).readings
    assert table.rows == (
        "first prompt: mask 2 learns",
        "1 correction: mask 0 learns",
        "2 corrections: mask 0 learns",
    )
    assert (table.values[0].argsort()[:2] == (2, 1)).all()


def test_losses_are_those_of_the_masks_at_the_pixels(trace, truth):
    _, table, _ = TrainingStep(corrections=0, truth=truth)(trace).readings
    rows = columns = np.arange(40)
    logits = trace.prediction.upscaled_at(rows, columns)
    assert table.values[0] == pytest.approx(mask_loss(logits, truth))


def test_losses_and_ious_of_the_same_masks_stand_next_to_each_other(trace, truth):
    """Of the left half: all has half of it too much, the left quarter is half of it."""
    reading = TrainingStep(corrections=1, truth=truth)(trace)
    maps, losses, ious = reading.readings
    assert (losses.rows, losses.columns) == (ious.rows, ious.columns)
    np.testing.assert_allclose(ious.values[0], [0.5, 0.5, 1, 0], atol=0.05)
    assert (ious.scale.low, ious.scale.high) == (0, 1)
    said = [
        f"mask {mask}: IoU {text(ious.values[row, mask], decimals=2)}, "
        f"loss {text(losses.values[row, mask], decimals=2)}"
        for row, mask in ((0, 1), (1, 0))  # the first answer shows mask 1, later ones mask 0
    ]
    assert [each.title.split("\n")[1] for each in maps.maps] == said
    (iou, loss), (last_iou, last_loss) = (re.findall(r"\d+\.\d+", each) for each in said)
    assert reading.words.endswith(
        f"the IoU of the shown mask goes from {iou} to {last_iou}, and its loss from {loss} to "
        f"{last_loss}."
    )


def test_the_click_falls_where_the_shown_mask_misses_the_region(trace, truth):
    for chance in range(5):
        maps, *_ = TrainingStep(corrections=1, chance=chance, truth=truth)(trace).readings
        first, last = maps.maps
        ((row, column),) = first.marks
        assert first.values[row, column] == 1
        assert 9 <= column < 20  # mask 1, which is thought to be best, has the rest of the half
        assert last.marks == ()
        assert last.values[:, 25:].min() == -1  # mask 0 has too much


def test_nothing_more_is_asked_when_nothing_is_wrong(trace):
    shown = trace.prediction.upscaled_at(np.arange(40), np.arange(40), 1) > 0
    reading = TrainingStep(corrections=5, truth=shown)(trace)
    assert len(reading.readings[0].maps) == 1
    assert "next click" not in reading.words


def test_a_box_alone_is_one_prompt_and_a_click_in_it_makes_two(trace, truth):
    for prompts, learns in (
        (Prompts(box=(1, 1, 20, 39)), 2),
        (Prompts(points=[(2, 5)], box=(1, 1, 20, 39)), 0),
    ):
        asked = answering(
            trace.with_prompts(prompts), trace.prediction.logits, [0.1, 0.9, 0.8, 0.3]
        )
        _, table, _ = TrainingStep(corrections=0, truth=truth)(asked).readings
        assert table.rows == (f"first prompt: mask {learns} learns",)


def test_without_a_truth_the_next_best_mask_stands_in_for_it(trace):
    reading = TrainingStep(corrections=0)(trace)
    assert reading.words.startswith(
        "Compared with mask 2 of the first answer, since no truth is given: after the first prompt "
        "mask 2, with "
    )
    loss = text(reading.readings[1].values[0, 1], decimals=2)
    assert reading.readings[0].maps[0].title.endswith(f"mask 1: IoU 0.50, loss {loss}")
