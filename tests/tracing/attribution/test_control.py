"""The same run of a model with shuffled weights."""

import gc
import weakref
from copy import deepcopy
from threading import Thread

import numpy as np
import pytest
import torch

from sam_explore.geometry import Prompts
from sam_explore.tracing import between_steps, record, zero
from sam_explore.tracing.attribution import (
    PredictedIoU,
    attribute,
    control_of,
    rank_correlation,
    with_shuffled_weights,
)

from ...small import small_sam, small_trace


def test_each_weight_keeps_its_numbers_and_loses_their_places():
    sam = small_sam()
    before = deepcopy(sam.state_dict())

    shuffled = with_shuffled_weights(sam)

    for (name, one), other in zip(sam.named_parameters(), shuffled.named_parameters(), strict=True):
        assert torch.equal(one, before[name])
        assert other[0] == name
        assert torch.equal(one.flatten().sort()[0], other[1].flatten().sort()[0])
        assert one.numel() < 8 or not torch.equal(one, other[1]), name
    # The frequencies were drawn at random in the first place.
    frequencies = [each.coordinate_encoder.frequencies for each in (sam, shuffled)]
    assert torch.equal(*frequencies)
    assert list(shuffled.hook_points) == list(sam.hook_points)


def test_the_seed_decides_and_a_caller_s_random_numbers_stay():
    sam = small_sam()
    state = torch.get_rng_state()
    table = "image_encoder.position_encoder.table"
    one, same, other = (with_shuffled_weights(sam, seed).get_parameter(table) for seed in (0, 0, 1))

    assert torch.equal(one, same)
    assert not torch.equal(one, other)
    assert torch.equal(torch.get_rng_state(), state)


def test_a_model_that_learns_gives_a_control_that_does_not():
    sam = small_sam().requires_grad_(True)
    assert not any(weight.requires_grad for weight in with_shuffled_weights(sam).parameters())
    assert all(weight.requires_grad for weight in sam.parameters())


def test_the_control_is_the_same_run_of_another_model():
    name = "mask_decoder.hook_image_in"
    trace = small_trace().with_windows((2, 3, 1, 0), "crop").with_edit(name, zero)

    control = control_of(trace)

    assert control.sam is not trace.sam
    assert (control.image, control.prompts, control.windows) == (
        trace.image,
        trace.prompts,
        trace.windows,
    )
    assert (control.relative_positions, control.edits) == ("crop", (name,))
    plain = small_trace().prediction.logits
    assert not np.allclose(control_of(small_trace()).prediction.logits, plain, atol=0.1)


def test_other_prompts_share_the_controls_encoded_picture():
    trace = small_trace()
    assert control_of(trace).prediction is not None

    steps: list[str] = []
    with between_steps(steps.append):
        assert control_of(trace.with_prompts(Prompts(points=[(1, 1)]))).prediction is not None
    assert {step.partition(":")[0] for step in steps} == {"Prompt encoder", "Mask decoder"}
    assert control_of(trace, seed=1).sam is not control_of(trace).sam


def test_the_control_goes_with_the_traces_it_belongs_to():
    trace = small_trace()
    copy = weakref.ref(control_of(trace).sam)
    gc.collect()
    assert copy() is not None
    del trace
    gc.collect()
    assert copy() is None


def test_an_attribution_of_the_control_is_another():
    trace, of = small_trace(), PredictedIoU(1)
    one, same, other = (attribute(each, of) for each in (trace, trace, control_of(trace)))

    assert rank_correlation(one, same) == pytest.approx(1)
    assert abs(rank_correlation(one, other)) < 0.6


def test_changed_weights_are_noticed():
    trace = small_trace()
    trace.sam.image_encoder.position_encoder.table.add_(1)
    with pytest.raises(RuntimeError, match="weights changed"):
        control_of(trace)


POST = "image_encoder.vit.blocks.2.hook_residual_post"


def test_who_waits_for_one_model_holds_up_no_other():
    """A thread that holds a model must get the control of another one, or both wait for good."""
    held, other = small_trace(), small_trace(small_sam())
    waiting = Thread(target=control_of, args=(held,), daemon=True)
    asking = Thread(target=control_of, args=(other,), daemon=True)
    with record(held.sam, POST):
        waiting.start()
        waiting.join(timeout=0.5)
        assert waiting.is_alive()
        asking.start()
        asking.join(timeout=60)
        assert not asking.is_alive()
    waiting.join(timeout=60)
    assert not waiting.is_alive()


def test_the_copy_gets_no_hooks_of_the_model():
    trace = small_trace()
    with record(trace.sam, POST), pytest.raises(RuntimeError, match=r"Something is attached to"):
        control_of(trace)
    assert control_of(trace).prediction.logits.shape == (4, 20, 20)


def test_it_keeps_no_trace_alive_by_the_functions_of_its_edits():
    trace = small_trace()

    def halved(tensor, hook, trace=trace):
        return tensor / 2

    control_of(trace.with_edit(POST, halved))
    gone = weakref.ref(trace.engine)
    del trace, halved
    gc.collect()
    assert gone() is None
