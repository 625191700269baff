"""Files that are not SAM v1 networks are refused with a message; code in a file never runs."""

import io
import json
import os
import pickle
from pathlib import Path

import numpy as np
import pytest
import safetensors.torch
import torch
from torch import Tensor, nn

import sam_explore as sx

from ..checkpoints import official_weights


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


class TestWrongFiles:
    @pytest.mark.parametrize("zipped", [True, False], ids=["today's format", "older format"])
    @pytest.mark.parametrize("kept", [0, 1, 10, 100, 1000, 20_000, -1000, -1])
    def test_a_truncated_pth_is_refused_in_words(self, weights, save, kept, zipped):
        path = save(weights, _use_new_zipfile_serialization=zipped)
        path.write_bytes(path.read_bytes()[:kept])

        with pytest.raises(ValueError, match=r"sam\.pth (could not be read|is no PyTorch file)"):
            sx.load(path)

    def test_for_a_truncated_download_the_message_says_what_to_do(self, weights, save):
        path = save(weights)
        path.write_bytes(path.read_bytes()[:100_000])

        with pytest.raises(ValueError, match=r"probably truncated.* download it again"):
            sx.load(path)

    def test_for_a_truncated_official_file_the_message_has_the_right_size(self, weights, save):
        path = save(weights, "sam_vit_b_01ec64.pth")
        path.write_bytes(path.read_bytes()[:100_000])

        with pytest.raises(ValueError, match=r"has 100,000 bytes, the official file 375,042,383"):
            sx.load(path)

    @pytest.mark.parametrize("kept", [0, 5, 100, 30_000, -1])
    def test_a_truncated_safetensors_is_refused_in_words(self, weights, tmp_path, kept):
        path = tmp_path / "sam.safetensors"
        safetensors.torch.save_file(weights, path)
        path.write_bytes(path.read_bytes()[:kept])

        with pytest.raises(ValueError, match=r"as a safetensors file.* probably truncated"):
            sx.load(path)

    def test_a_text_file_is_distinguished_from_a_weights_file(self, tmp_path):
        path = tmp_path / "sam.pth"
        path.write_text("version https://git-lfs.github.com/spec/v1\noid sha256:00\n")

        with pytest.raises(ValueError, match="no PyTorch file: it looks like a pointer of git-lfs"):
            sx.load(path)

    def test_a_text_file_is_distinguished_from_safetensors(self, tmp_path):
        path = tmp_path / "sam.safetensors"
        path.write_text("<html>Not found</html>" * 10)

        with pytest.raises(ValueError, match=r"could not be read.* another kind than its ending"):
            sx.load(path)

    @pytest.mark.parametrize("ending", ["pth", "safetensors"])
    @pytest.mark.parametrize(
        ("start", "words"),
        [
            (b"", "an empty file"),
            (b"<!DOCTYPE html><title>my bank</title>", "a web page"),
            (b"-----BEGIN OPENSSH PRIVATE KEY-----\nsecret", "a key or a certificate"),
            (b"password = secret", "a text file"),
            (b'{"token": "secret"}', "JSON"),
            (b"\x89PNG\r\n\x1a\nsecret", "a picture"),
            (b"\x89HDF\r\n\x1a\nsecret", "an HDF5 file"),
            (b"\x1f\x8b\x08secret", "a gzip archive"),
            (b"\xfe\xed\xfasecret", "binary data of another kind"),
        ],
    )
    def test_a_foreign_file_is_reported_by_its_kind_and_not_quoted(
        self, tmp_path, start, words, ending
    ):
        path = tmp_path / f"sam.{ending}"
        path.write_bytes(start)

        with pytest.raises(ValueError, match=f"it looks like {words}") as caught:
            sx.load(path)
        for secret in ("secret", "bank", "BEGIN", "token"):
            assert secret not in str(caught.value)

    @pytest.mark.parametrize("name", ["sam.onnx", "sam.pth"])
    def test_for_onnx_the_message_says_what_to_load_instead(self, tmp_path, name):
        (tmp_path / name).write_bytes(b"\x08\x08\x12\x07pytorch\x1a\x052.0.0:")

        with pytest.raises(ValueError, match=r"is ONNX: .* the checkpoint that it was exported"):
            sx.load(tmp_path / name)

    def test_torchscript_and_numpy_archives_are_reported(self, tmp_path):
        torch.jit.script(nn.Linear(2, 2)).save(tmp_path / "script.pt")
        with pytest.raises(ValueError, match=r"it is TorchScript.* state_dict\(\)"):
            sx.load(tmp_path / "script.pt")
        np.savez(tmp_path / "arrays.npz", a=np.zeros(2))
        with pytest.raises(ValueError, match="an archive of NumPy arrays"):
            sx.load(tmp_path / "arrays.npz")

    @pytest.mark.filterwarnings("ignore:Detected pickle protocol")
    def test_a_damaged_file_is_refused_whatever_torch_raises(self, weights, save):
        path = save(weights)
        good = bytearray(path.read_bytes())
        header = good.index(b"image_encoder.pos_embed")
        messages = []
        for position in range(header - 40, header + 200, 3):
            damaged = good.copy()
            damaged[position] ^= 0xFF
            path.write_bytes(damaged)
            try:
                sx.load(path)
            except ValueError as error:
                messages.append(str(error))
        assert len(messages) > 40  # some bytes are not read at all
        assert all("sam.pth" in message for message in messages)

    @pytest.mark.parametrize(
        ("content", "words"),
        [
            (torch.zeros(3), "holds a Tensor"),
            ([torch.zeros(3)], "holds a list"),
            ({0: torch.zeros(3)}, "holds a dict with 0"),
            ({"image_encoder.pos_embed": "none"}, "holds a dict with 'image_encoder.pos_embed'"),
        ],
    )
    def test_what_is_no_state_dict_is_refused(self, save, content, words):
        with pytest.raises(ValueError, match=f"should hold a state dict.* {words}"):
            sx.load(save(content))

    @pytest.mark.parametrize(
        ("names", "shown"),
        [
            (["backbone.pos_embed", "head.weight"], "backbone.pos_embed, head.weight"),
            ([], "nothing"),
        ],
        ids=["another network", "no weights at all"],
    )
    def test_another_networks_weights_are_refused(self, save, names, shown):
        path = save({name: torch.zeros(2, 2) for name in names})

        with pytest.raises(ValueError, match=rf"no SAM v1 checkpoint.* holds {shown}.* can't be"):
            sx.load(path)

    @pytest.mark.parametrize(
        ("missing", "shown"),
        [
            (
                "image_encoder.patch_embed.proj.weight",
                "projection.weight is missing",
            ),
            ("mask_decoder.iou_token.weight", "mask_decoder.iou_token is missing"),
            ("image_encoder.blocks.1.norm2.bias", "1 missing .*vit.blocks.1.norm2.bias"),
            ("prompt_encoder.no_mask_embed.weight", "1 missing .*mask_hint_encoder.no_mask"),
            (
                "prompt_encoder.pe_layer.positional_encoding_gaussian_matrix",
                "1 missing .*coordinate_encoder.frequencies",
            ),
        ],
    )
    def test_a_missing_weight_is_named(self, weights, save, missing, shown):
        rest = {name: tensor for name, tensor in weights.items() if name != missing}

        with pytest.raises(ValueError, match=f"sam.pth .*{shown}.* official ViT-B, L or H"):
            sx.load(save(rest))

    def test_a_further_weight_is_named(self, weights, save):
        path = save({**weights, "mask_decoder.adapter.weight": torch.zeros(1, 64)})

        with pytest.raises(
            ValueError,
            match=r"1 that SAM v1 does not have \(mask_decoder.adapter.*variant with further parts",
        ):
            sx.load(path)

    def test_a_weight_of_another_shape_is_named_with_both_shapes(self, weights, save):
        path = save({**weights, "mask_decoder.mask_tokens.weight": torch.zeros(4, 60)})

        with pytest.raises(
            ValueError,
            match=r"shape \(mask_decoder.mask_tokens \(4, 60\) instead of \(4, 32\)",
        ):
            sx.load(path)

    @pytest.mark.parametrize(
        ("name", "shape"),
        [
            ("image_encoder.pos_embed", (10, 32)),
            ("image_encoder.pos_embed", (1, 10, 10, 33)),
            ("image_encoder.blocks.0.attn.rel_pos_h", (7, 0)),
            ("mask_decoder.iou_token.weight", (64,)),
            ("mask_decoder.transformer.layers.0.cross_attn_token_to_image.q_proj.weight", (0, 64)),
        ],
    )
    def test_shapes_that_give_no_size_are_refused_in_words(self, weights, save, name, shape):
        path = save({**weights, name: torch.zeros(shape)})

        with pytest.raises(ValueError, match=r"sam.pth has weights .*shapes do not fit together"):
            sx.load(path)


class TestFilesWithCode:
    def test_code_in_a_file_is_refused_and_does_not_run(self, weights, save, tmp_path):
        trace = tmp_path / "it ran"
        path = save({**weights, "image_encoder.pos_embed": _Touches(trace)})

        with pytest.raises(ValueError, match=r"refers to \S*system.* could run code.* refused"):
            sx.load(path)
        assert not trace.exists()

        torch.load(path, weights_only=False)  # the same file does run where code is allowed
        assert trace.exists()

    def test_a_bare_pickle_with_code_is_refused_and_does_not_run(self, tmp_path):
        trace, path = tmp_path / "it ran", tmp_path / "sam.pth"
        path.write_bytes(pickle.dumps(_Touches(trace), protocol=2))

        with pytest.raises(ValueError, match="sam"):
            sx.load(path)
        assert not trace.exists()

        pickle.load(io.BytesIO(path.read_bytes()))
        assert trace.exists()

    @pytest.mark.parametrize("zipped", [True, False], ids=["today's format", "older format"])
    def test_a_whole_pickled_module_is_refused(self, save, zipped):
        path = save(nn.Linear(2, 2), _use_new_zipfile_serialization=zipped)

        with pytest.raises(ValueError, match=r"refers to torch\.nn.*Save the model's state_dict"):
            sx.load(path)

    def test_the_refusal_does_not_advise_to_allow_code(self, save):
        with pytest.raises(ValueError, match="holds more than plain tensors") as caught:
            sx.load(save({"weights": np.zeros(3)}))

        assert caught.value.__cause__ is None
        assert caught.value.__suppress_context__
        assert "weights_only" not in str(caught.value)
        assert "safe_globals" not in str(caught.value)

    def test_a_packaged_archive_is_refused(self, tmp_path):
        path = tmp_path / "sam.pth"
        archive = torch.package.PackageExporter(path)
        archive.save_pickle("model", "model.pkl", {"a": 1})
        archive.close()

        with pytest.raises(ValueError, match=r"sam\.pth could not be read as a PyTorch file"):
            sx.load(path)


class _Touches:
    """Unpickling this runs a shell command that leaves a file behind."""

    def __init__(self, trace: Path):
        self.trace = trace

    def __reduce__(self):
        return os.system, (f"touch '{self.trace}'",)


def test_types_that_are_read_from_files_alone_are_named(weights):
    """An optimizer's state in 4 bits, say; the library's reader of bytes raises a KeyError."""
    content = safetensors.torch.save({**weights, "step": torch.zeros(16, dtype=torch.uint8)})
    length = int.from_bytes(content[:8], "little")
    header = json.loads(content[8 : 8 + length])
    header["step"] |= {"dtype": "F4", "shape": [32]}
    text = json.dumps(header).encode()
    changed = len(text).to_bytes(8, "little") + text + content[8 + length :]
    with pytest.raises(ValueError, match="numbers of the type 'F4'; give the path of the file"):
        sx.load(io.BytesIO(changed))
