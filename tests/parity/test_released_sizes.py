"""ViT-B, L and H: the released models' names, shapes and counts, and two blocks at full size."""

import os
from dataclasses import replace

import pytest
import torch

from sam_explore.loading import config_from_shapes, rename_official
from sam_explore.model import VIT_B, VIT_H, VIT_L, Sam, SamConfig

from .huggingface import build_transformers, decode_with_transformers
from .reference import (
    build_ours,
    build_reference,
    decode_with_ours,
    decode_with_reference,
    give_weights,
    random_weights,
    relative_error,
    segment_anything,
)
from .test_mask_decoder import PROMPTS, make_prompts

RELEASED = {"vit_b": VIT_B, "vit_l": VIT_L, "vit_h": VIT_H}


@pytest.fixture
def all_processors():
    """For full-size tensors; the other tests run on one thread."""
    before = torch.get_num_threads()
    torch.set_num_threads(os.cpu_count() or 1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module", params=RELEASED)
def on_meta(request: pytest.FixtureRequest):
    """A released size in ours and from the original's own builder, without memory for weights."""
    config = RELEASED[request.param]
    with torch.device("meta"):
        return config, Sam(config), segment_anything.sam_model_registry[request.param]()


def test_names_and_shapes_are_the_released_ones(on_meta):
    _, ours, original = on_meta
    renamed = rename_official(original.state_dict())

    assert len(renamed) == len(original.state_dict())
    assert {name: tensor.shape for name, tensor in ours.state_dict().items()} == {
        name: tensor.shape for name, tensor in renamed.items()
    }


def test_parameters_and_buffers_are_as_many_as_released(on_meta):
    _, ours, original = on_meta

    def count(model: torch.nn.Module) -> int:
        return sum(parameter.numel() for parameter in model.parameters())

    assert count(ours) == count(original)
    assert len(list(ours.parameters())) == len(list(original.parameters()))
    assert len(list(ours.buffers())) == 1  # the frequencies; pixel statistics are configuration


def test_sizes_are_read_from_the_shapes(on_meta):
    config, _, original = on_meta

    assert config_from_shapes(rename_official(original.state_dict())) is config


def test_pixel_statistics_are_the_released_ones():
    original = segment_anything.modeling.Sam(None, None, None)

    assert VIT_B.pixel_mean == pytest.approx(original.pixel_mean.flatten().tolist())
    assert VIT_B.pixel_std == pytest.approx(original.pixel_std.flatten().tolist())


def test_vit_b_has_the_314_names_of_its_file():
    with torch.device("meta"):
        assert len(Sam(VIT_B).state_dict()) == 314


def shallow(config: SamConfig) -> SamConfig:
    """Two blocks, one with windows and a global one: the others repeat them. Which of all blocks
    are global is seen in the shapes above."""
    return replace(config, encoder_depth=2, global_blocks=(1,))


@pytest.mark.usefixtures("all_processors")
def test_vit_b_at_full_size_agrees_with_both_references():
    config = shallow(VIT_B)
    weights = random_weights(config)
    ours = build_ours(config, weights)
    image = torch.randn(1, 3, 1024, 1024, generator=torch.Generator().manual_seed(1))
    tokens = ours.encode_image(image)

    original = give_weights(build_reference(config), weights)
    assert relative_error(tokens, original.image_encoder(image)) <= 2e-5
    transformers = build_transformers(config, weights, attention="sdpa")
    assert relative_error(tokens, transformers.vision_encoder(image).last_hidden_state) <= 2e-5

    for kind in PROMPTS.values():
        prompts = make_prompts(kind, 1024, 256)
        answers = decode_with_ours(ours, tokens, *prompts)
        for answer, expected in zip(
            answers, decode_with_reference(original, tokens, *prompts), strict=True
        ):
            assert relative_error(answer, expected) <= 1e-5
        for answer, expected in zip(
            answers, decode_with_transformers(transformers, tokens, *prompts), strict=True
        ):
            assert relative_error(answer, expected) <= 1e-5


@pytest.mark.usefixtures("all_processors")
def test_the_widest_agrees_with_the_original_too():
    """Its heads have 80 channels; those of ViT-L have 64, like ViT-B's."""
    config = shallow(VIT_H)
    weights = random_weights(config)
    image = torch.randn(1, 3, 1024, 1024, generator=torch.Generator().manual_seed(1))
    original = give_weights(build_reference(config), weights)

    ours = build_ours(config, weights).encode_image(image)

    assert relative_error(ours, original.image_encoder(image)) <= 2e-5
