"""Each prompt left out is a run of its own."""

import numpy as np
import pytest

from sam_explore.geometry import Prompts
from sam_explore.mask_overlap import mask_iou
from sam_explore.probes import LeftOutPrompts
from sam_explore.probes.masks.left_out_prompts import without_each

from ...small import answering, small_trace

CLICKS = Prompts(points=[(12, 8), (30, 15)], labels=[1, 0], box=(1, 2, 30, 18))


def test_each_prompt_is_left_out_and_the_others_stay():
    hint = np.ones((20, 20), np.float32)
    found = without_each(CLICKS.with_mask_hint(hint))
    assert list(found) == ["+ click 1", "− click 2", "the box", "the hint"]
    assert found["+ click 1"].points.tolist() == [[30, 15]]
    assert found["+ click 1"].labels.tolist() == [0]
    assert found["+ click 1"].mask_hint is not None
    assert found["the box"].box is None
    assert found["the hint"].mask_hint is None
    assert len(found["the hint"].points) == 2


def test_a_row_is_the_run_without_that_prompt():
    trace = small_trace().with_prompts(CLICKS)
    maps, table = LeftOutPrompts(mask=1)(trace).readings
    assert table.rows == ("nothing", "+ click 1", "− click 2", "the box")
    without = trace.with_prompts(Prompts(points=[(12, 8)], box=CLICKS.box)).prediction
    np.testing.assert_allclose(maps.maps[2].values, without.visible[1], atol=1e-4)
    masks = trace.prediction.visible[1] > 0, without.visible[1] > 0
    assert table.values[2, 0] == pytest.approx(mask_iou(*masks))
    assert table.values[2, 1] == pytest.approx(without.iou[1], abs=1e-4)
    assert table.values[0, 0] == 1


def test_the_words_are_about_what_is_needed_and_the_truth():
    trace = answering(small_trace(), np.ones((4, 20, 20)), [0.1, 0.2, 0.7, 0.3])
    truth = np.zeros((20, 40), bool)
    truth[:, :20] = True
    assert LeftOutPrompts(truth=truth)(trace.with_prompts(CLICKS)).words == (
        "Mask 0 has 3 prompts to leave out. Without + click 1 it changes most, and keeps an "
        "overlap of 1.00; without + click 1 it keeps 1.00. The true IoU with the truth given is "
        "0.50 with all prompts, and at best 0.50 without one."
    )
    words = LeftOutPrompts(truth=truth)(trace.with_prompts(Prompts())).words
    assert words.startswith(
        "Mask 2 has 0 prompts to leave out. The true IoU with the truth given is"
    )
