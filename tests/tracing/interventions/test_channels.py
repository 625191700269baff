"""A channel scaled or set, wherever its axis is: times 1 changes nothing, times 0 removes it."""

import numpy as np
import pytest
import torch

from sam_explore.tracing.interventions import ScaleChannel, SetChannel

from ...small import small_sam, small_trace

PLACES = {
    "image_encoder.vit.blocks.2.hook_residual_post": -1,
    "image_encoder.vit.blocks.2.mlp.hook_hidden": -1,
    "image_encoder.vit.blocks.2.attention.hook_q": -1,
    "image_encoder.channel_projection.hook_out": 1,
    "coordinate_encoder.hook_grid": 0,
    "mask_decoder.mask_generator.hook_mask_tokens": -1,
}


@pytest.fixture(scope="module")
def trace():
    return small_trace(small_sam())


@pytest.mark.parametrize("name", PLACES)
def test_one_changes_nothing_exactly(trace, name):
    scaled = trace.with_interventions(ScaleChannel(name, 3, 1)).prediction
    np.testing.assert_array_equal(scaled.logits, trace.prediction.logits)


@pytest.mark.parametrize(("name", "axis"), PLACES.items())
@pytest.mark.parametrize("factor", [0, -2.5])
def test_one_channel_is_scaled_and_no_other(trace, name, axis, factor):
    scaled, plain = trace.with_interventions(ScaleChannel(name, 3, factor))[name], trace[name]
    is_3 = torch.arange(plain.shape[axis]) == 3
    assert torch.equal(scaled.movedim(axis, 0)[is_3], factor * plain.movedim(axis, 0)[is_3])
    assert torch.equal(scaled.movedim(axis, 0)[~is_3], plain.movedim(axis, 0)[~is_3])


def test_a_pattern_scales_in_every_place_that_it_means(trace):
    name = "image_encoder.vit.blocks.*.hook_residual_post"
    scaled = trace.with_interventions(ScaleChannel(name, 23, 0)).read(name)
    assert len(scaled) == 4
    for tensor in scaled.values():
        assert not tensor[..., 23].any()
        assert tensor[..., 22].all()


@pytest.mark.parametrize(
    ("name", "channel", "message"),
    [
        ("image_encoder.vit.blocks.2.hook_norm1", 24, "channel must be 0 to 23 in this model"),
        ("image_encoder.vit.blocks.2.mlp.hook_hidden", 32, "channel must be 0 to 31"),
        ("image_encoder.vit.blocks.2.attention.hook_pattern", 0, "no channels to scale; its axes"),
        ("image_encoder.vit.blocks.2.hook_norm3", 0, r"closest are: .*blocks\.2\.hook_norm1"),
    ],
)
def test_channels_and_places_that_are_not_there_are_refused_at_once(trace, name, channel, message):
    with pytest.raises(ValueError, match=message):
        trace.with_interventions(ScaleChannel(name, channel, 0))


@pytest.mark.parametrize(("name", "axis"), PLACES.items())
def test_one_channel_is_set_and_no_other(trace, name, axis):
    is_set, plain = trace.with_interventions(SetChannel(name, 3, -2.5))[name], trace[name]
    is_3 = torch.arange(plain.shape[axis]) == 3
    assert (is_set.movedim(axis, 0)[is_3] == -2.5).all()
    assert torch.equal(is_set.movedim(axis, 0)[~is_3], plain.movedim(axis, 0)[~is_3])


def test_a_place_without_channels_can_not_be_set(trace):
    name = "image_encoder.vit.blocks.2.attention.hook_pattern"
    with pytest.raises(ValueError, match="no channels to set; its axes"):
        trace.with_interventions(SetChannel(name, 0, 1.0))
