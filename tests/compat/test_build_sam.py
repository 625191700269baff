"""The registry: sizes by name, files of the right size only."""

import pytest
import torch

from sam_explore import compat
from sam_explore.model import VIT_B, VIT_H, VIT_L


def test_names_and_sizes():
    sizes = {"vit_b": VIT_B, "vit_l": VIT_L, "vit_h": VIT_H, "default": VIT_H}
    assert compat.sam_model_registry.keys() == {*sizes, "toy"}
    for name, config in sizes.items():
        with torch.device("meta"):
            assert compat.sam_model_registry[name]().network.config == config


def test_the_shipped_model_has_a_name_too():
    sam = compat.sam_model_registry["toy"]()
    assert sam.to(device="cpu").eval().image_encoder.img_size == sam.network.config.image_size
    assert sam.device == torch.device("cpu")
    assert sam.mask_threshold == 0


def test_a_file_of_another_size_is_refused(tmp_path):
    toy = compat.sam_model_registry["toy"]()
    torch.save(toy.network.state_dict(), tmp_path / "toy.pth")
    with pytest.raises(ValueError, match=r"not vit_b: its image encoder has 8 blocks of 192"):
        compat.sam_model_registry["vit_b"](checkpoint=tmp_path / "toy.pth")
    with pytest.raises(FileNotFoundError):
        compat.sam_model_registry["vit_b"](checkpoint=tmp_path / "missing.pth")


def test_a_file_gives_its_weights(tmp_path):
    toy = compat.sam_model_registry["toy"]()
    torch.save(toy.network.state_dict(), tmp_path / "toy.pth")
    again = compat.sam_model_registry["toy"](checkpoint=str(tmp_path / "toy.pth"))
    torch.testing.assert_close(again.network.state_dict(), toy.network.state_dict())
