"""The exhibit says the figures of its scenes, and goal and thresholds ask nothing again."""

import numpy as np
import pytest

from sam_explore.automatic import Filters, default_filters
from sam_explore.geometry import Prompts
from sam_explore.model.addresses import LOGITS
from sam_explore.prediction import encode, predict
from sam_explore.probes import DataEngine
from sam_explore.probes.common.annotating import annotate, scenes_to_annotate, stage_figures
from sam_explore.tracing import Trace, between_steps, edit, zero

from ...small import small_sam, small_trace


@pytest.fixture(scope="module")
def trace() -> Trace:
    """Of weights that no other test has, since answers are kept by them."""
    sam = small_sam()
    sam.mask_decoder.iou_token.data.add_(0.5)
    return small_trace(sam)


def test_the_charts_are_those_of_its_scene(trace: Trace):
    reading = DataEngine(goal=0.6, scenes=1, clicks=4)(trace)
    scene = next(scenes_to_annotate())
    encoded = encode(trace.sam, scene.image)

    def ask(prompts: list[Prompts]) -> list:
        return predict(trace.sam, encoded, prompts)

    found = annotate(ask, encoded.frame, scene, 4, 8, "")
    own = default_filters(trace.sam.config)
    expected = stage_figures(found, 0.6, Filters(0.6, own.stability_score_thresh), own)
    done, iou, regions, masks = reading.readings
    np.testing.assert_allclose(done.curves[0].y, expected.done)
    np.testing.assert_allclose(done.curves[1].y, expected.done_filled)
    np.testing.assert_allclose(iou.curves[0].y, expected.iou, atol=1e-4)
    np.testing.assert_allclose(regions.curves[0].y, expected.regions)
    np.testing.assert_allclose(masks.curves[0].y, expected.masks)
    assert f"1 clear scene with {len(scene.truths)} regions" in reading.words
    assert "after 4 clicks" in reading.words


def test_goal_thresholds_and_fewer_clicks_do_not_run_the_model_again(trace: Trace):
    DataEngine(scenes=2)(trace)
    said: list[str] = []
    with between_steps(said.append):
        DataEngine(scenes=2, goal=0.5, confident=0.1, clicks=2)(trace)
    assert not said
    with between_steps(said.append):
        DataEngine(scenes=3)(trace)
    assert said[0] == "Scene 3 of 3"


def test_other_weights_are_asked_themselves(trace: Trace):
    other, said = small_sam(), []
    other.mask_decoder.iou_token.data.add_(1.0)
    with between_steps(said.append):
        DataEngine(scenes=1)(small_trace(other))
    assert said


def test_what_a_foreign_hook_changes_is_not_kept():
    sam = small_sam()
    sam.mask_decoder.iou_token.data.add_(0.7)  # so that no answer is kept
    trace = small_trace(sam)
    with edit(sam, {LOGITS: zero}), pytest.raises(RuntimeError, match="Something is attached"):
        DataEngine(scenes=1)(trace)
