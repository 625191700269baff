"""Weights files: sizes are read from shapes, and every number arrives."""

from dataclasses import replace
from pathlib import Path

import pytest
import safetensors.torch
import torch
from torch import Tensor, nn

import sam_explore as sx
from sam_explore.loading import config_from_shapes, read_weights, rename_official
from sam_explore.model import TOY, VIT_B, VIT_H, VIT_L, SamConfig

from ..checkpoints import CUSTOM, official_weights
from ..parity.reference import (
    build_reference,
    decode_with_ours,
    decode_with_reference,
    give_weights,
)


@pytest.fixture
def weights() -> dict[str, Tensor]:
    return dict(official_weights())


@pytest.fixture
def save(tmp_path):
    """Write what is given with torch.save and return the path."""

    def save(content: object, name: str = "sam.pth", **options) -> Path:
        torch.save(content, tmp_path / name, **options)
        return tmp_path / name

    return save


def assert_same_numbers(sam: sx.Sam, weights: dict[str, Tensor]) -> None:
    expected = rename_official(weights)
    assert sam.state_dict().keys() == expected.keys()
    for name, tensor in sam.state_dict().items():
        assert tensor.dtype == torch.float32
        assert torch.equal(tensor, expected[name]), name


class TestGoodFiles:
    def test_a_pth_in_the_official_layout_is_loaded_with_its_numbers(self, weights, save):
        sam = sx.load(save(weights))

        assert sam.config == CUSTOM
        assert_same_numbers(sam, weights)

    def test_the_loaded_network_computes_what_the_original_computes(self, weights, save):
        sam = sx.load(save(weights))
        original = give_weights(build_reference(CUSTOM), weights)
        image = torch.randn(1, 3, 80, 80)
        points = torch.tensor([[[20.0, 30.0]]]), torch.tensor([[1]])

        ours = sam.encode_image(image)
        logits, iou = decode_with_ours(sam, ours, points, None, None)

        expected = original.image_encoder(image)
        torch.testing.assert_close(ours, expected, rtol=0, atol=2e-5 * float(expected.abs().max()))
        expected_logits, expected_iou = decode_with_reference(original, ours, points, None, None)
        torch.testing.assert_close(logits, expected_logits, rtol=1e-4, atol=1e-5)
        torch.testing.assert_close(iou, expected_iou, rtol=1e-4, atol=1e-5)

    def test_the_format_of_before_2020_is_read_too(self, weights, save):
        sam = sx.load(save(weights, _use_new_zipfile_serialization=False))

        assert_same_numbers(sam, weights)

    @pytest.mark.parametrize("name", ["sam.safetensors", "SAM.SAFETENSORS"])
    def test_safetensors_are_read(self, weights, tmp_path, name):
        safetensors.torch.save_file(weights, tmp_path / name)

        assert_same_numbers(sx.load(tmp_path / name), weights)

    @pytest.mark.parametrize("ending", ["pth", "safetensors"])
    def test_half_precision_in_the_file_becomes_single_in_memory(self, weights, tmp_path, ending):
        half = {name: tensor.half() for name, tensor in weights.items()}
        path = tmp_path / f"half.{ending}"
        (torch.save if ending == "pth" else safetensors.torch.save_file)(half, path)

        assert {tensor.dtype for tensor in read_weights(path).values()} == {torch.float32}
        single = {name: tensor.float() for name, tensor in half.items()}
        assert_same_numbers(sx.load(path), single)

    def test_what_our_own_network_saves_is_read_back(self, weights, save, tmp_path):
        sam = sx.load(save(weights))
        safetensors.torch.save_file(sam.state_dict(), tmp_path / "ours.safetensors")

        assert_same_numbers(sx.load(tmp_path / "ours.safetensors"), weights)

    def test_parameters_as_a_module_saves_them_are_fine(self, weights, save):
        parameters = {name: nn.Parameter(tensor) for name, tensor in weights.items()}

        assert_same_numbers(sx.load(save(parameters)), weights)

    def test_the_network_is_ready_for_use_and_not_for_training(self, weights, save):
        sam = sx.load(save(weights))

        assert not sam.training
        assert not any(parameter.requires_grad for parameter in sam.parameters())

    def test_the_path_may_be_a_string_with_a_home_folder(self, weights, save, monkeypatch):
        path = save(weights)
        monkeypatch.setenv("HOME", str(path.parent))

        assert_same_numbers(sx.load("~/sam.pth"), weights)

    def test_the_network_goes_to_the_device_that_is_asked_for(self, weights, save):
        path = save(weights)

        assert sx.load(path).device == torch.device("cpu")
        assert sx.load(path, device="meta").device == torch.device("meta")
        moved = sx.load(path, device=torch.device("meta"))
        assert {tensor.device.type for tensor in moved.state_dict().values()} == {"meta"}


class TestSizes:
    @pytest.mark.parametrize("config", [VIT_B, VIT_L, VIT_H, TOY], ids=lambda config: config.name)
    def test_named_networks_are_recognised(self, config: SamConfig):
        shapes = rename_official(build_reference(config).state_dict())

        assert config_from_shapes(shapes) is config

    def test_a_real_size_of_reduced_depth_keeps_its_other_sizes(self):
        shallow = replace(VIT_B, name="custom", encoder_depth=4, global_blocks=(1, 3))

        shapes = rename_official(build_reference(shallow).state_dict())

        assert config_from_shapes(shapes) == shallow

    @pytest.mark.parametrize(
        "changes",
        [
            {"window_size": 14},  # larger than the grid of 10
            {"global_blocks": (0, 1, 2, 3), "window_size": 10},
            {"global_blocks": ()},
            {"mask_tokens": 3, "decoder_depth": 1},
            {"mask_hint_channels": 8, "attention_downsampling": 1},
            {"encoder_heads": 8, "patch_size": 4, "image_size": 40},
        ],
    )
    def test_unusual_sizes_are_read_from_the_shapes(self, changes: dict):
        config = replace(CUSTOM, **changes)

        shapes = rename_official(build_reference(config).state_dict())

        assert config_from_shapes(shapes) == config
