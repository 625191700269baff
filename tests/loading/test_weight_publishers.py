"""Layouts other than the official one: Hugging Face's, wrapped, prefixed; and SlimSAM's widths."""

from dataclasses import replace

import pytest
import safetensors.torch
import torch
from torch import Tensor

import sam_explore as sx
from sam_explore.loading import config_from_shapes, our_names, rename_official
from sam_explore.model import VIT_B

from ..checkpoints import CUSTOM, official_weights
from ..parity.huggingface import build_transformers, rename_for_transformers
from ..parity.reference import build_reference

TIED = (
    "shared_image_embedding.positional_embedding",
    "prompt_encoder.shared_embedding.positional_embedding",
)


@pytest.fixture
def weights() -> dict[str, Tensor]:
    return dict(official_weights())


def assert_same_numbers(found: dict[str, Tensor], weights: dict[str, Tensor]) -> None:
    expected = rename_official(weights)
    assert found.keys() == expected.keys()
    for name, tensor in found.items():
        assert torch.equal(tensor, expected[name]), name


class TestHuggingFace:
    @pytest.mark.parametrize("kept", [TIED, TIED[:1], TIED[1:]], ids=["both", "first", "second"])
    def test_either_spelling_of_the_tied_matrix_is_read(self, weights, tmp_path, kept):
        theirs = rename_for_transformers(weights)
        theirs = {name: tensor.clone() for name, tensor in theirs.items() if name not in TIED}
        for name in kept:
            gaussian = "prompt_encoder.pe_layer.positional_encoding_gaussian_matrix"
            theirs[name] = weights[gaussian].clone()
        safetensors.torch.save_file(theirs, tmp_path / "model.safetensors")

        sam = sx.load(tmp_path / "model.safetensors")

        assert sam.config == CUSTOM
        assert_same_numbers(sam.state_dict(), weights)

    def test_a_folder_of_save_pretrained_loads_and_computes_the_same(self, weights, tmp_path):
        theirs = build_transformers(CUSTOM, weights)
        theirs.save_pretrained(tmp_path)
        image = torch.randn(1, 3, 80, 80, generator=torch.Generator().manual_seed(0))

        sam = sx.load(tmp_path / "model.safetensors")

        assert_same_numbers(sam.state_dict(), weights)
        torch.testing.assert_close(
            sam.encode_image(image),
            theirs.vision_encoder(image).last_hidden_state,
            rtol=1e-4,
            atol=1e-4,
        )

    def test_all_names_of_vit_b_are_known(self):
        shapes = build_reference(VIT_B).state_dict()

        ours = our_names(rename_for_transformers(shapes) | {TIED[1]: torch.zeros(2, 128)} | {
            TIED[0]: torch.zeros(2, 128)
        })  # fmt: skip

        assert len(ours) == 314
        assert config_from_shapes(ours) is VIT_B

    def test_two_different_matrices_are_refused(self, weights, tmp_path):
        theirs = rename_for_transformers(weights)
        theirs[TIED[0]] = theirs[TIED[0]] + 1

        with pytest.raises(ValueError, match="file has two different Gaussian matrices"):
            our_names(theirs, "file")

    def test_none_of_the_two_is_a_missing_weight(self, weights, tmp_path):
        theirs = rename_for_transformers(weights)
        theirs = {name: tensor for name, tensor in theirs.items() if name not in TIED}
        torch.save(theirs, tmp_path / "sam.bin")

        with pytest.raises(ValueError, match=r"1 missing \(coordinate_encoder.frequencies"):
            sx.load(tmp_path / "sam.bin")


class TestWrapped:
    @pytest.mark.parametrize("key", ["model", "model_state", "state_dict", "model_state_dict"])
    def test_a_training_checkpoint_gives_its_state_dict(self, weights, tmp_path, key):
        state = {"state": {0: {"step": torch.tensor(3)}}, "param_groups": [{"lr": 0.1}]}
        torch.save({"epoch": 3, key: weights, "optimizer": state}, tmp_path / "sam.pth")

        assert_same_numbers(sx.load(tmp_path / "sam.pth").state_dict(), weights)

    @pytest.mark.parametrize("prefix", ["module.", "sam.", "module.sam.", "model."])
    def test_prefixes_of_all_names_come_off(self, weights, prefix):
        prefixed = {prefix + name: tensor for name, tensor in weights.items()}

        assert_same_numbers(our_names(prefixed), weights)

    def test_prefixes_come_off_in_every_layout(self, weights):
        theirs = {f"module.{name}": t for name, t in rename_for_transformers(weights).items()}
        ours = {f"sam.{name}": tensor for name, tensor in rename_official(weights).items()}

        assert_same_numbers(our_names(theirs), weights)
        assert_same_numbers(our_names(ours), weights)

    def test_both_at_once_from_a_file(self, weights, tmp_path):
        prefixed = {f"module.{name}": tensor for name, tensor in weights.items()}
        torch.save({"model": prefixed}, tmp_path / "sam.pth")

        assert_same_numbers(sx.load(tmp_path / "sam.pth").state_dict(), weights)

    def test_what_has_another_prefix_is_named_and_left(self, weights):
        mixed = {f"sam.{name}": tensor for name, tensor in weights.items()}
        mixed["head.weight"] = torch.zeros(2)

        with pytest.warns(UserWarning, match=r"1 tensor that is no part of it.*: head\.weight\."):
            found = our_names(mixed)
        assert_same_numbers(found, weights)


class TestWidths:
    @pytest.mark.parametrize(("dim", "mlp_dim"), [(384, 1536), (168, 696)], ids=["50 %", "77 %"])
    @pytest.mark.parametrize("layout", ["official", "Hugging Face"])
    def test_slimsam_uniform_is_read_from_its_shapes(self, dim, mlp_dim, layout):
        slim = replace(VIT_B, name="custom", encoder_dim=dim, encoder_mlp_dim=mlp_dim)
        shapes = build_reference(slim).state_dict()
        if layout == "Hugging Face":
            shapes = rename_for_transformers(shapes)
            del shapes[TIED[1]]

        config = config_from_shapes(our_names(shapes))

        assert config == slim
        assert config.encoder_heads == 12

    def test_medsam_is_a_vit_b(self):
        shapes = build_reference(VIT_B).state_dict()  # its names and shapes are the original's

        assert config_from_shapes(our_names(shapes)) is VIT_B
