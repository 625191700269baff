"""Networks related to SAM v1 are recognised by name, each with advice."""

import pickle
import sys
from types import ModuleType

import pytest
import torch
import transformers
from torch import nn

import sam_explore as sx
from sam_explore.loading import our_names

from ..checkpoints import official_weights

NAMES = {
    "image_encoder.patch_embed.seq.0.c.weight": r"is of MobileSAM's family.*TinyViT.*own code",
    "image_encoder.layers.0.blocks.0.conv1.c.weight": "is of MobileSAM's family",
    "mask_decoder.hf_token.weight": r"is SAM-HQ.*hf_token.*load\(\"vit_b\"\)",
    "mask_decoder.compress_vit_feat.0.weight": "is SAM-HQ",
    "mask_decoder.embedding_maskfeature.0.weight": "is SAM-HQ",
    "mask_decoder.embedding_encoder.0.weight": "is SAM-HQ",
    "image_encoder.trunk.pos_embed": "is SAM 2: .*Hiera.*Sam2Model",
    "memory_attention.layers.0.norm1.weight": "is SAM 2",
    "sam_mask_decoder.iou_token.weight": "is SAM 2",
}


@pytest.mark.parametrize("name", NAMES)
def test_a_known_network_is_named_with_what_to_do(name):
    weights = {**official_weights(), name: torch.zeros(2)}

    with pytest.raises(ValueError, match=f"^sam.pth {NAMES[name]}"):
        our_names(weights, "sam.pth")


def test_sam_2_is_recognised_in_a_wrapped_file_too(tmp_path):
    names = ("image_encoder.trunk.pos_embed", "sam_mask_decoder.iou_token.weight")
    torch.save({"model": {name: torch.zeros(2) for name in names}}, tmp_path / "sam2.pt")

    with pytest.raises(ValueError, match=r"^sam2\.pt is SAM 2"):
        sx.load(tmp_path / "sam2.pt")


@pytest.mark.parametrize(("network", "word"), [("Sam2", "SAM 2"), ("SamHQ", "SAM-HQ")])
def test_those_of_transformers_are_recognised_too(network, word):
    config = getattr(transformers, f"{network}Config")()
    with torch.device("meta"):
        weights = getattr(transformers, f"{network}Model")(config).state_dict()

    with pytest.raises(ValueError, match=f"is {word}"):
        our_names(weights)


def test_a_pruned_pickle_is_refused_and_the_message_says_what_it_is(tmp_path, monkeypatch):
    module = ModuleType("segment_anything_kd.modeling.sam")
    monkeypatch.setitem(sys.modules, "segment_anything_kd", ModuleType("segment_anything_kd"))
    monkeypatch.setitem(sys.modules, "segment_anything_kd.modeling", module)
    monkeypatch.setitem(sys.modules, module.__name__, module)
    module.Sam = type("Sam", (nn.Linear,), {"__module__": module.__name__})
    torch.save(module.Sam(2, 2), tmp_path / "SlimSAM-77.pth")

    with pytest.raises(ValueError, match=r"segment_anything_kd.*pruned.*take SlimSAM-uniform"):
        sx.load(tmp_path / "SlimSAM-77.pth")


def test_pruned_block_by_block_is_one_of_the_reasons_for_other_shapes(tmp_path):
    weights = dict(official_weights())
    name = "image_encoder.blocks.1.mlp.lin1.weight"
    weights[name] = weights[name][:-8].clone()
    torch.save(weights, tmp_path / "sam.pth")

    with pytest.raises(ValueError, match=r"1 of another shape.*pruned block by block"):
        sx.load(tmp_path / "sam.pth")


def test_a_pickle_of_something_else_is_not_called_pruned(tmp_path):
    (tmp_path / "sam.pth").write_bytes(pickle.dumps(nn.Linear(1, 1), protocol=2))

    with pytest.raises(ValueError) as error:  # noqa: PT011 the words are looked at below
        sx.load(tmp_path / "sam.pth")
    assert "pruned" not in str(error.value)
