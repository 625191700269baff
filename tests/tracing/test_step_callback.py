"""Long runs report their steps, and can be cancelled."""

from threading import Thread

import numpy as np
import pytest

from sam_explore.geometry import Prompts
from sam_explore.tracing import Cancelled, announced_as, between_steps

from ..patience import PATIENCE_SECONDS
from ..small import small_trace

ALL = [
    "Image encoder: patch embedding",
    *(f"Image encoder: block {block} of 4" for block in (1, 2, 3, 4)),
    "Image encoder: channel projection",
    "Prompt encoder",
    "Mask decoder",
]
AFTER_THE_ENCODER = ALL[6:]


def steps_of(trace) -> list[str]:
    """What is announced while the trace's prediction is computed."""
    steps: list[str] = []
    with between_steps(steps.append):
        assert trace.prediction is not None
    return steps


def test_each_step_is_announced_before_it_runs():
    assert steps_of(small_trace()) == ALL


def test_what_is_already_known_is_not_announced():
    trace = small_trace()
    steps_of(trace)
    assert steps_of(trace.with_prompts(Prompts(points=[(1, 1)]))) == AFTER_THE_ENCODER
    assert steps_of(trace) == []


def test_a_callback_can_stop_a_run_and_what_was_computed_is_kept():
    def stop(step: str) -> None:
        if step == "Image encoder: block 3 of 4":
            raise Cancelled

    trace = small_trace()
    with pytest.raises(Cancelled), between_steps(stop):
        trace.prediction  # noqa: B018
    assert steps_of(trace) == ALL[3:]


def test_a_stopped_run_leaves_nothing_attached_and_gives_the_same_answer_later():
    def stop(step: str) -> None:
        if step == "Mask decoder: layer 2 of 2":
            raise Cancelled

    trace = small_trace()
    with pytest.raises(Cancelled), between_steps(stop):
        trace.read("mask_decoder.**.hook_pattern")
    assert not any(module._forward_hooks for module in trace.sam.modules())
    np.testing.assert_array_equal(trace.prediction.logits, small_trace().prediction.logits)


def test_a_callback_may_do_something_more_urgent_with_the_same_model():
    trace = small_trace()
    urgent = small_trace(trace.sam).with_prompts(Prompts(points=[(3, 3)]))
    answers = []

    def answer_first(step: str) -> None:
        if step == "Image encoder: block 2 of 4":
            answers.append(urgent.prediction.logits)

    with between_steps(answer_first):
        logits = trace.prediction.logits
    np.testing.assert_array_equal(logits, small_trace().prediction.logits)
    assert len(answers) == 1


def test_the_innermost_callback_holds_and_the_outer_one_comes_back():
    outer, inner = [], []
    trace = small_trace()
    with between_steps(outer.append):
        with between_steps(inner.append):
            trace["image_encoder.vit.blocks.0.hook_residual_post"]
        trace["image_encoder.vit.blocks.1.hook_residual_post"]
    trace["image_encoder.vit.blocks.2.hook_residual_post"]
    assert (inner, outer) == (ALL[:2], ALL[2:3])


def test_a_callback_is_of_one_thread():
    steps = []
    trace = small_trace()
    with between_steps(steps.append):
        thread = Thread(target=lambda: trace.prediction)
        thread.start()
        thread.join(PATIENCE_SECONDS)
    assert steps == []


def test_steps_are_announced_as_the_part_of_the_work_that_they_belong_to():
    steps: list[str] = []
    with between_steps(steps.append):
        with announced_as("Scene 3 of 24"):
            small_trace().prediction  # noqa: B018
        count = len(steps)
        small_trace().prediction  # noqa: B018
    assert count > 2
    assert set(steps[:count]) == {"Scene 3 of 24"}
    assert "Scene 3 of 24" not in steps[count:]
    with announced_as("Scene 4 of 24"):  # without a callback it does nothing
        small_trace().prediction  # noqa: B018
