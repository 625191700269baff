"""The list of hook points: names, axes, shapes and meanings."""

from dataclasses import replace

import pytest
import torch

from sam_explore.model import TOY, VIT_B, Sam
from sam_explore.tracing import HookInfo, list_hooks, record

from ..small import SMALL, small_sam


def test_shapes_are_those_of_a_run_with_one_point():
    sam = small_sam()
    with torch.no_grad(), record(sam, "**", lambda tensor, _: tuple(tensor.shape)) as shapes:
        tokens = sam.encode_image(torch.zeros(1, 3, 40, 40))
        prompts = sam.encode_prompts(torch.zeros(1, 1, 2), torch.ones(1, 1, dtype=torch.long))
        sam.decode(tokens, prompts)

    listed = {info.name: info.shape for info in list_hooks(sam)}

    only_with_a_hint = {name for name in listed if name not in shapes}
    assert only_with_a_hint == {
        "mask_decoder.mask_hint_encoder.hook_half",
        "mask_decoder.mask_hint_encoder.hook_quarter",
    }
    assert shapes == {name: shape for name, shape in listed.items() if name in shapes}
    assert listed["mask_decoder.mask_hint_encoder.hook_half"] == (1, 4, 10, 10)


def test_each_has_axes_a_meaning_and_its_memory():
    for info in list_hooks(small_sam()):
        assert len(info.axes) == len(info.shape)
        assert info.meaning
    (info,) = list_hooks(small_sam(), "image_encoder.vit.blocks.0.hook_residual_pre")
    assert info == HookInfo(
        "image_encoder.vit.blocks.0.hook_residual_pre",
        ("batch", "row", "column", "channel"),
        (1, 5, 5, 24),
        "residual stream before the block",
    )
    assert info.bytes == 4 * 5 * 5 * 24


def test_an_unknown_pattern_is_an_error():
    with pytest.raises(ValueError, match="No hook point is called 'nothing'"):
        list_hooks(small_sam(), "nothing")


def test_the_shapes_of_a_released_model_cost_no_memory():
    with torch.device("meta"):
        sam = Sam(VIT_B)
    shapes = {info.name: info.shape for info in list_hooks(sam)}
    blocks = "image_encoder.vit.blocks"
    assert shapes[f"{blocks}.2.attention.hook_pattern"] == (1, 12, 4096, 4096)
    assert shapes[f"{blocks}.3.attention.hook_pattern"] == (25, 12, 196, 196)


def test_each_configuration_has_its_own_shapes():
    other = replace(SMALL, image_size=48)
    name = "image_encoder.patch_embedding.hook_out"
    shapes = [list_hooks(small_sam(config), name)[0].shape for config in (SMALL, other)]
    assert shapes == [(1, 5, 5, 24), (1, 6, 6, 24)]
    with torch.device("meta"):
        shape = list_hooks(Sam(TOY), name)[0].shape
    assert shape == (1, TOY.grid, TOY.grid, TOY.encoder_dim)
