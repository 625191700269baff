"""A SAM is found by what a file holds: under any prefix, in any dict, next to anything."""

import argparse
import datetime
import io
import json
import os
import pathlib
import re
import warnings
import zipfile

import numpy as np
import pytest
import safetensors.torch
import torch
from torch import Tensor, nn

import sam_explore as sx
from sam_explore.loading import rename_official
from sam_explore.provenance import origin_of_model

from ..checkpoints import CUSTOM, official_weights
from ..parity.huggingface import build_transformers, rename_for_transformers

COMPONENTS = ("image_encoder", "prompt_encoder", "mask_decoder")


@pytest.fixture
def weights() -> dict[str, Tensor]:
    return dict(official_weights())


@pytest.fixture
def save(tmp_path):
    def save(content: object, name: str = "sam.pth", **options) -> pathlib.Path:
        torch.save(content, tmp_path / name, **options)
        return tmp_path / name

    return save


def prefixed(weights: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {prefix + name: tensor for name, tensor in weights.items()}


def assert_same_numbers(sam: sx.Sam, weights: dict[str, Tensor]) -> None:
    expected = rename_official(weights)
    assert sam.state_dict().keys() == expected.keys()
    for name, tensor in sam.state_dict().items():
        assert torch.equal(tensor, expected[name]), name


@pytest.fixture
def no_warning():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


@pytest.mark.usefixtures("no_warning")
class TestFound:
    @pytest.mark.parametrize(
        "prefix",
        ["sam_model.", "net.", "medsam_model.", "_forward_module.", "module.model.sam.", "a.b.c."],
    )
    def test_under_any_prefix(self, weights, save, prefix):
        assert_same_numbers(sx.load(save(prefixed(weights, prefix))), weights)

    @pytest.mark.parametrize(
        "wrapper", ["_orig_mod", "module", "_fsdp_wrapped_module._checkpoint_wrapped_module"]
    )
    def test_where_only_the_encoder_is_wrapped(self, weights, save, wrapper):
        mixed = {
            re.sub(r"^image_encoder\.", f"image_encoder.{wrapper}.", name): tensor
            for name, tensor in weights.items()
        }
        assert_same_numbers(sx.load(save(mixed)), weights)

    @pytest.mark.parametrize(
        "wrapper",
        ["state_dict", "ema_state_dict", "params", "weights", "teacher", "module", "anything"],
    )
    def test_in_any_dict(self, weights, save, wrapper):
        path = save({"epoch": 3, wrapper: weights, "best": [0.1, None]})
        assert_same_numbers(sx.load(path), weights)

    def test_as_lightning_saves_it(self, weights, save):
        content = {"state_dict": prefixed(weights, "model."), "hyper_parameters": {"lr": 0.1}}
        assert_same_numbers(sx.load(save(content, "last.ckpt")), weights)

    def test_in_dicts_of_dicts_and_a_component_in_each(self, weights, save):
        nested = {"model": {"state_dict": prefixed(weights, "sam."), "step": 1}}
        assert_same_numbers(sx.load(save(nested)), weights)
        apart = {
            part: {
                name.removeprefix(f"{part}."): tensor
                for name, tensor in weights.items()
                if name.startswith(f"{part}.")
            }
            for part in COMPONENTS
        }
        assert_same_numbers(sx.load(save(apart)), weights)

    def test_among_plain_values_of_the_same_dict(self, weights, save):
        assert_same_numbers(sx.load(save({**weights, "epoch": 3, "name": "mine"})), weights)

    def test_twice_the_same_in_memory_is_one(self, weights, save):
        assert_same_numbers(sx.load(save({"model": weights, "state_dict": weights})), weights)
        both = {"model": weights, "state_dict": dict(weights)}
        assert_same_numbers(sx.load(save(both)), weights)

    def test_a_dict_that_holds_itself(self, weights, save):
        content = {"model": weights}
        content["content"] = content
        assert_same_numbers(sx.load(save(content)), weights)

    @pytest.mark.parametrize("name", ["sam.pth", "SAM.BIN", "sam", "sam.safetensors"])
    def test_under_any_ending(self, weights, tmp_path, name):
        torch.save(weights, tmp_path / name)
        assert_same_numbers(sx.load(tmp_path / name), weights)
        safetensors.torch.save_file(weights, tmp_path / name)
        assert_same_numbers(sx.load(tmp_path / name), weights)

    def test_in_what_is_in_memory(self, weights, tmp_path):
        sam = sx.load({"model": prefixed(weights, "sam.")})
        assert_same_numbers(sam, weights)
        assert origin_of_model(sam).code == "sx.load(weights)"
        weights["image_encoder.pos_embed"].add_(0)  # and shares nothing with what was given
        ours = sam.state_dict()["image_encoder.position_encoder.table"]
        assert ours.data_ptr() != weights["image_encoder.pos_embed"].data_ptr()

    @pytest.mark.parametrize("ending", ["pth", "safetensors"])
    def test_in_an_open_file(self, weights, tmp_path, ending):
        path = tmp_path / f"sam.{ending}"
        (torch.save if ending == "pth" else safetensors.torch.save_file)(weights, path)
        assert_same_numbers(sx.load(io.BytesIO(path.read_bytes())), weights)
        with path.open("rb") as file:
            assert_same_numbers(sx.load(file), weights)


class TestNextToOthers:
    @pytest.mark.parametrize(
        "names",
        [
            ["pixel_mean", "pixel_std"],
            ["criterion.weight", "metric.total", "metric.count"],
            ["decoder.head.weight"],
        ],
    )
    @pytest.mark.parametrize("prefix", ["", "sam."])
    def test_foreign_tensors_are_named_and_left(self, weights, save, names, prefix):
        others = {prefix + name: torch.arange(3) for name in names}
        path = save(prefixed(weights, prefix) | others)

        with pytest.warns(UserWarning, match="Next to a SAM, sam.pth holds") as caught:
            sam = sx.load(path)
        assert_same_numbers(sam, weights)
        (warning,) = caught
        assert warning.filename == __file__  # of who called load
        for name in others:
            assert name in str(warning.message)

    def test_the_counter_of_averaged_weights_is_one(self, weights, save):
        path = save(
            {"n_averaged": torch.tensor(5), **prefixed(weights, "module.")}, "my swa ü 模.pth"
        )

        with pytest.warns(UserWarning, match=r"1 tensor that is .*left out: n_averaged\."):
            assert_same_numbers(sx.load(path), weights)

    def test_another_decoders_state_in_a_dict_of_its_own(self, weights, save):
        path = save({"model_state": weights, "decoder_state": {"a.weight": torch.ones(2)}})

        with pytest.warns(UserWarning, match=r"left out: decoder_state\.a\.weight\."):
            assert_same_numbers(sx.load(path), weights)

    def test_of_many_the_first_are_named(self, weights, save):
        many = {f"head.{index}.weight": torch.ones(1) for index in range(40)}

        with pytest.warns(UserWarning, match=r"40 tensors that are.*head\.5\.weight \.\.\.\.$"):
            sx.load(save(weights | many))

    def test_a_name_with_control_characters_is_shown_without_them(self, weights, save):
        with pytest.warns(UserWarning, match="left out") as caught:
            sx.load(save({**weights, "\x1b]0;title\x07" + 5000 * "x": torch.ones(1)}))
        said = str(caught[0].message)
        assert said.isprintable()
        assert len(said) < 400

    @pytest.mark.parametrize("nested", [True, False])
    def test_for_two_the_message_asks_which_and_its_lines_load_one(self, weights, save, nested):
        other = {name: tensor + 1 for name, tensor in weights.items()}
        both = prefixed(weights, "model.") | prefixed(other, "ema.")
        path = save({"model": weights, "ema": other} if nested else both)

        with pytest.raises(ValueError, match=r"2 SAMs, under 'ema' and 'model'. Which") as asked:
            sx.load(path)

        code = re.search(r"sx\.load\((?:content\[.*?\]|\{.*?\})\)", str(asked.value))[0]
        content = torch.load(path, weights_only=True)
        assert_same_numbers(eval(code, {"sx": sx, "content": content, "weights": content}), weights)

    def test_a_part_of_another_is_no_second_one(self, weights, save):
        part = {"image_encoder.pos_embed": weights["image_encoder.pos_embed"] + 1}

        with pytest.warns(UserWarning, match="left out: old"):
            assert_same_numbers(sx.load(save({"model": weights, "old": part})), weights)

    @pytest.mark.parametrize(
        "name",
        [
            "image_encoder.blocks.0.attn.qkv.linear_a_q.weight",
            "image_encoder.blocks.0.attn.qkv.lora_A.default.weight",
            "image_encoder.blocks.1.MLP_Adapter.D_fc1.weight",
            "image_encoder.blocks.1.attn.qkv.qkv.weight",
            "mask_decoder.transformer.layers.0.self_attn.q_proj.base_layer.weight",
            "image_encoder.prompt_generator.embedding_generator.weight",
        ],
    )
    @pytest.mark.parametrize("prefix", ["", "base_model.model."])
    def test_adapters_and_lora_are_refused_by_name(self, weights, save, name, prefix):
        path = save(prefixed({**weights, name: torch.ones(2)}, prefix))

        with pytest.raises(ValueError, match=r"adapters or LoRA inside its blocks.*Merge them"):
            sx.load(path)

    @pytest.mark.parametrize("name", ["mask_decoder.hf_token.weight", "image_encoder.trunk.a"])
    def test_variants_stay_refused_under_any_prefix_and_in_any_dict(self, weights, save, name):
        path = save({"ema": prefixed({**weights, name: torch.ones(2)}, "net.")})

        with pytest.raises(ValueError, match="is SAM"):
            sx.load(path)

    def test_mobile_sam_under_a_prefix_is_reported(self, save):
        names = ("image_encoder.patch_embed.seq.0.c.weight", "mask_decoder.iou_token.weight")
        path = save({"model": {f"net.{name}": torch.ones(2) for name in names}})

        with pytest.raises(ValueError, match="is of MobileSAM's family"):
            sx.load(path)


class TestMetadata:
    """Weights are told apart from the settings of the script that saved them."""

    @pytest.mark.parametrize("zipped", [True, False], ids=["today's format", "older format"])
    @pytest.mark.parametrize(
        "metadata",
        [
            np.float64(0.5),
            {"best": np.float32(0.5), "curve": np.arange(3), "seed": np.int64(1)},
            argparse.Namespace(lr=0.1, to=pathlib.Path("runs")),
            pathlib.PurePosixPath("/data"),
            datetime.datetime(2024, 1, 2),
            [datetime.date(2024, 1, 2), datetime.timedelta(hours=1)],
        ],
        ids=lambda value: type(value).__name__,
    )
    def test_metadata_alone_is_in_the_way_and_the_lines_do_without(
        self, weights, save, metadata, zipped, tmp_path, monkeypatch
    ):
        content = {"model": weights, "args": metadata}
        path = save(content, _use_new_zipfile_serialization=zipped)

        with pytest.raises(ValueError, match=r"Only the metadata is in the way, not the") as told:
            sx.load(path)

        lines = str(told.value).partition(":\n\n")[2]
        assert "weights_only=True" in lines
        monkeypatch.chdir(tmp_path)
        exec(lines, {})
        assert_same_numbers(sx.load(tmp_path / "weights.pth"), weights)

    def test_with_code_as_well_it_is_not_metadata(self, save):
        content = {"model": nn.Linear(1, 1), "args": argparse.Namespace(a=1)}

        with pytest.raises(ValueError, match="more than plain tensors") as told:
            sx.load(save(content))
        assert "safe_globals" not in str(told.value)

    def test_that_an_empty_folder_name_is_no_reason_to_run_code(self, save):
        with pytest.raises(ValueError, match=r"refers to .*eval"):
            sx.load(save({"a": torch.ones(1), "b": _Evaluates()}))


class _Evaluates:
    def __reduce__(self):
        return eval, ("1 / 0",)


class TestParts:
    @pytest.fixture
    def folder(self, weights, tmp_path):
        """As save_pretrained writes a model that is larger than a file may be."""
        model = build_transformers(CUSTOM, weights)
        model.save_pretrained(tmp_path, max_shard_size="100KB")
        assert len(list(tmp_path.glob("model-*.safetensors"))) > 2
        return tmp_path

    def test_all_parts_load_from_their_list_the_folder_or_one_of_them(self, weights, folder):
        part = next(folder.glob("model-00002-*.safetensors"))
        for given in (folder / "model.safetensors.index.json", folder, part):
            assert_same_numbers(sx.load(given), weights)

    def test_parts_of_pickles_load_too(self, weights, tmp_path):
        theirs = rename_for_transformers(weights)
        names = list(theirs)
        halves = {"one.bin": names[::2], "two.bin": names[1::2]}
        for file, some in halves.items():
            torch.save({name: theirs[name] for name in some}, tmp_path / file)
        index = {"weight_map": {name: file for file, some in halves.items() for name in some}}
        (tmp_path / "pytorch_model.bin.index.json").write_text(json.dumps(index))

        assert_same_numbers(sx.load(tmp_path), weights)

    def test_a_missing_part_is_named(self, folder):
        part = next(folder.glob("model-00002-*.safetensors"))
        part.unlink()

        with pytest.raises(ValueError, match=f"lists {part.name}, which is not next to it"):
            sx.load(folder)

    @pytest.mark.parametrize("file", ["../other.pth", "/etc/passwd", "model.index.json", 3])
    def test_a_list_that_names_anything_but_files_next_to_it_is_refused(self, tmp_path, file):
        (tmp_path / "model.safetensors").mkdir()
        index = tmp_path / "model.index.json"
        index.write_text(json.dumps({"weight_map": {"a": file}}))

        with pytest.raises(ValueError, match="names a file outside its folder"):
            sx.load(index)

    @pytest.mark.parametrize("text", ["", "[]", "{}", '{"weight_map": 3}', "[" * 100_000])
    def test_a_list_that_is_none_is_refused_in_words(self, tmp_path, text):
        (tmp_path / "model.index.json").write_text(text)

        with pytest.raises(ValueError, match="should list the files of a checkpoint"):
            sx.load(tmp_path / "model.index.json")


class TestNearMisses:
    def test_an_encoder_by_itself_is_reported(self, weights, save):
        alone = {
            name.removeprefix("image_encoder."): tensor
            for name, tensor in weights.items()
            if name.startswith("image_encoder.")
        }
        with pytest.raises(ValueError, match="It may be an image encoder by itself"):
            sx.load(save(alone))
        with pytest.raises(ValueError, match=r"mask_decoder\.iou_token is missing"):
            sx.load(save(prefixed(alone, "image_encoder.")))

    def test_for_arrays_the_message_says_how_to_make_tensors(self, weights):
        arrays = {name: tensor.numpy() for name, tensor in weights.items()}
        with pytest.raises(ValueError, match=r"are arrays; torch\.from_numpy makes tensors"):
            sx.load(arrays)

    def test_positions_in_a_row_are_recognised_by_their_shape(self, weights):
        weights["image_encoder.pos_embed"] = weights["image_encoder.pos_embed"].flatten(1, 2)
        with pytest.raises(ValueError, match=r"table should have 4 axes, and is \(1, 100, 32\)"):
            sx.load(weights)

    def test_for_a_checkpoint_in_a_zip_the_message_says_to_unpack_it(self, save, tmp_path, weights):
        with zipfile.ZipFile(tmp_path / "sam.zip", "w") as archive:
            archive.write(save(weights), "sam.pth")
        with pytest.raises(ValueError, match="if a checkpoint is in it, unpack it"):
            sx.load(tmp_path / "sam.zip")

    @pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float8_e4m3fn])
    def test_narrow_numbers_become_fp32(self, weights, save, dtype):
        narrow = {name: tensor.to(dtype) for name, tensor in weights.items()}
        wide = {name: tensor.float() for name, tensor in narrow.items()}
        assert_same_numbers(sx.load(save(narrow)), wide)

    @pytest.mark.skipif(os.name != "posix", reason="links need rights elsewhere")
    def test_hugging_faces_cache_is_read_through_its_links(self, weights, tmp_path):
        (tmp_path / "blobs").mkdir()
        (tmp_path / "snapshots" / "abc").mkdir(parents=True)
        theirs = rename_for_transformers(weights)
        theirs = {name: tensor.clone() for name, tensor in theirs.items()}
        safetensors.torch.save_file(theirs, tmp_path / "blobs" / "12")
        (tmp_path / "snapshots" / "abc" / "model.safetensors").symlink_to("../../blobs/12")
        for given in (tmp_path, tmp_path / "snapshots" / "abc"):
            assert_same_numbers(sx.load(given), weights)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (nn.Linear(1, 1), r"not Linear\. Give its weights: load\(model\.state_dict\(\)\)"),
        (b"PK", r"not bytes\. .*io\.BytesIO"),
        (3, "a state dict or an open file, not int"),
        (io.StringIO("a"), 'reads text. Open it with "rb"'),
    ],
    ids=lambda value: type(value).__name__,
)
def test_for_what_can_not_be_loaded_the_message_says_what_can(given, words):
    with pytest.raises(TypeError, match=words):
        sx.load(given)


def test_weights_that_are_there_twice_are_named_and_no_others():
    weights = dict(official_weights())
    weights["module.mask_decoder.iou_token.weight"] = weights["mask_decoder.iou_token.weight"]
    with pytest.raises(ValueError, match="holds weights twice") as refusal:
        sx.load(weights)
    assert str(refusal.value).count("mask_decoder.iou_token.weight") == 2
    assert "image_encoder" not in str(refusal.value)
