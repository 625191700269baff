"""The network as components, derived from what it declares of itself."""

from dataclasses import replace

import pytest
import torch

from sam_explore.course.network.parts import INPUTS, Network, Part
from sam_explore.model import Sam
from sam_explore.model.config import VIT_B, VIT_H

from ...small import SMALL


@pytest.fixture(scope="module")
def network() -> Network:
    return Network(Sam(SMALL))


def titles(part: Part) -> list[str]:
    return [each.title for each in part.parts]


def test_the_components_are_those_of_the_published_descriptions(network):
    assert titles(network.root) == [
        "image encoder", "prompts", "coordinate encoder", "prompt encoder", "mask decoder",
    ]  # fmt: skip
    assert titles(network.parts["image_encoder"]) == [
        "picture", "patch embedding", "position encoder", "vision transformer",
        "channel projection",
    ]  # fmt: skip
    # Four blocks, of which 1 and 3 are global: two stages.
    assert titles(network.parts["image_encoder.vit"]) == [
        "stage 1: blocks 0 to 1",
        "stage 2: blocks 2 to 3",
    ]
    assert titles(network.parts["image_encoder.vit.stages.0"]) == [
        "block 0, windowed",
        "block 1, global",
    ]
    assert titles(network.parts["mask_decoder.transformer.layers.0"]) == [
        "self attention", "token to image", "MLP", "image to token", "tokens", "image",
    ]  # fmt: skip
    assert titles(network.parts["mask_decoder.mask_generator"])[2:] == [
        "mask tokens", "4 MLPs of mask tokens", "mask vectors", "logits",
    ]  # fmt: skip


def test_every_tensor_is_in_exactly_one_place(network):
    hooks = network.root.hooks
    assert len(hooks) == len(set(hooks))
    assert set(hooks) == {*network.before, *INPUTS}


def test_at_first_what_holds_components_is_unfolded_down_to_stages_and_attentions(network):
    assert network.opened == {
        "", "image_encoder", "image_encoder.vit", "mask_decoder", "mask_decoder.transformer",
        "mask_decoder.transformer.layers.0", "mask_decoder.mask_generator",
        "mask_decoder.iou_predictor",
    }  # fmt: skip


def test_a_component_is_shown_by_what_others_read_of_it(network):
    shown = {name: part.hook for name, part in network.parts.items()}
    assert shown["image_encoder.vit.stages.1"] == "image_encoder.vit.blocks.3.hook_residual_post"
    assert shown["image_encoder"] == "image_encoder.channel_projection.hook_out"
    assert shown["mask_decoder"] == "mask_decoder.mask_generator.hook_logits"
    assert shown["coordinate_encoder"] == "coordinate_encoder.hook_points"  # a click changes it


def test_a_part_knows_what_it_is_computed_from_and_for(network):
    projection = network.parts["image_encoder.channel_projection"]
    assert network.sources(projection) == ("image_encoder.vit.blocks.3.hook_residual_post",)
    assert network.targets(projection) == ("mask_decoder.hook_image_in",)
    assert network.sources(network.parts["picture"]) == ()
    assert network.targets(network.parts["picture"]) == ("image_encoder.patch_embedding.hook_out",)
    shown = {"image_encoder.vit.stages.1", "image_encoder.vit", ""}
    held = network.holder_of(network.sources(projection)[0], shown)
    assert held.name == "image_encoder.vit.stages.1"


def test_weights_alone_decide_some_and_a_run_lacks_some(network):
    no_mask = "mask_decoder.mask_hint_encoder.hook_out"
    constant = {"coordinate_encoder.hook_grid", "image_encoder.position_encoder.hook_encoding"}
    assert network.fixed(with_hint=True) == constant
    assert network.fixed(with_hint=False) == {*constant, no_mask}
    assert network.absent(with_hint=True) == set()
    of_hint = "mask_decoder.mask_hint_encoder.hook_"
    assert network.absent(with_hint=False) == {"mask hint", f"{of_hint}half", f"{of_hint}quarter"}


@pytest.mark.parametrize("config", [VIT_B, VIT_H], ids=lambda config: config.name)
def test_released_sizes_draw_themselves(config):
    with torch.device("meta"):
        network = Network(Sam(config))
    stages = network.parts["image_encoder.vit"].parts
    assert [len(stage.parts) for stage in stages] == [len(stage) for stage in config.stages]
    assert stages[0].title == f"stage 1: blocks 0 to {config.global_blocks[0]}"


def test_other_numbers_of_masks_and_layers_are_other_parts():
    network = Network(Sam(replace(SMALL, mask_tokens=2, decoder_depth=3)))
    assert "2 MLPs of mask tokens" in titles(network.parts["mask_decoder.mask_generator"])
    assert titles(network.parts["mask_decoder.transformer"])[:3] == [
        "layer 0",
        "layer 1",
        "layer 2",
    ]
