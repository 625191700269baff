"""The source of `load` is found, or refused with a helpful message."""

import os
import re
from pathlib import Path

import pytest

import sam_explore as sx
from sam_explore.loading import OFFICIAL, shipped_weights, warm_up, weights_file


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Path:
    """An empty folder to work in, with an empty cache elsewhere."""
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    monkeypatch.setenv("SAM_EXPLORE_CACHE", str(tmp_path / "cache"))
    return tmp_path / "here"


def refused(source, kind: type[Exception]) -> str:
    with pytest.raises(kind) as error:
        weights_file(source)
    assert type(error.value) is kind
    return str(error.value)


def test_no_name_and_the_name_toy_are_the_shipped_model(folder):
    assert weights_file(None) == weights_file("toy") == shipped_weights()
    assert sx.load("toy").config is sx.load().config


def test_a_path_is_a_file_even_under_the_name_of_a_release(folder):
    (folder / "vit_b").write_bytes(b"mine")

    assert weights_file(Path("vit_b")) == Path("vit_b")
    assert weights_file("./vit_b") == Path("vit_b")


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("vit-b", "'vit_b'"),
        ("ViT-L", "'vit_l'"),
        ("vith", "'vit_h'"),
        ("vit_huge", "'vit_h'"),
        ("sam_vit_b", "'vit_b'"),
        ("vit_s", "'vit_b' or 'vit_l' or 'vit_h'"),
        ("toys", "'toy'"),
    ],
)
def test_an_unknown_name_gets_the_close_ones(folder, given, meant):
    said = refused(given, ValueError)

    assert said.startswith(f"No model is named {given!r}")
    asked = re.search(r"Did you mean (.*?)\?", said)[1]
    assert sorted(asked.split(" or ")) == sorted(meant.split(" or "))
    assert "toy, vit_b, vit_l, vit_h" in said


def test_a_name_like_no_other_gets_the_list(folder):
    said = refused("resnet", ValueError)

    assert "Did you mean" not in said
    assert "Names are toy, vit_b, vit_l, vit_h; anything else is the path" in said


def test_a_repository_of_hugging_face_is_no_path_and_gets_the_release(folder):
    said = refused("facebook/sam-vit-huge", FileNotFoundError)

    assert 'there is none. Did you mean the release, load("vit_h")?' in said


def test_a_missing_file_is_named_with_similar_ones(folder):
    (folder / "sam_vit_b_finetuned.pth").write_bytes(b"")
    said = refused("sam_vit_b_finetune.pth", FileNotFoundError)

    assert "Expected a weights file at sam_vit_b_finetune.pth, but there is none." in said
    assert "Did you mean sam_vit_b_finetuned.pth in the same folder?" in said


def test_an_official_file_that_is_not_here_has_a_name(folder):
    said = refused("sam_vit_l_0b3195.pth", FileNotFoundError)

    assert 'load("vit_l") downloads it' in said


def test_a_missing_folder_is_reported(folder):
    said = refused("weights/mine.pth", FileNotFoundError)

    assert "Its folder weights doesn't exist either" in said


def test_a_folder_is_reported_with_its_contents(folder):
    assert "holds no .pth or .safetensors file" in refused(folder, IsADirectoryError)
    (folder / "one.safetensors").write_bytes(b"")
    (folder / "two.pth").write_bytes(b"")
    (folder / "notes.txt").write_bytes(b"")

    said = refused(folder, IsADirectoryError)
    assert "is a folder. It holds one.safetensors, two.pth: give the path of the file" in said


@pytest.mark.parametrize(
    "name",
    [
        "mine.pth",
        "model.safetensors",
        "pytorch_model.bin",
        "model.safetensors.index.json",
        "pytorch_model.bin.index.json",
    ],
)
def test_the_weights_of_a_folder_are_found(folder, name):
    (folder / name).write_bytes(b"")
    (folder / "config.json").write_bytes(b"{}")

    assert weights_file(folder) == folder / name
    assert weights_file(f"{folder}/") == folder / name


def test_a_part_stands_for_all_if_their_list_is_there(folder):
    part = folder / "model-00001-of-00002.safetensors"
    part.write_bytes(b"")
    assert weights_file(part) == part
    (folder / "model.safetensors.index.json").write_bytes(b"{}")
    assert weights_file(part) == folder / "model.safetensors.index.json"


@pytest.mark.skipif(os.name != "posix", reason="there are no pipes in folders elsewhere")
def test_a_pipe_is_refused_before_anything_waits_for_it(folder):
    os.mkfifo(folder / "sam.pth")
    assert "is a device or a pipe" in refused("sam.pth", ValueError)
    assert "is a device or a pipe" in refused("/dev/zero", ValueError)


def test_a_pasted_path_is_meant_without_its_quotes(folder):
    (folder / "my sam.pth").write_bytes(b"")
    for pasted in ('"my sam.pth"', "'my sam.pth'", f' "{folder}/my sam.pth" \n'):
        assert weights_file(pasted).samefile(folder / "my sam.pth")
    said = refused('"C:\\weights\\sam.pth"', FileNotFoundError)
    assert '"' not in said.partition("Give the")[0]


def test_a_file_address_is_a_path(folder):
    (folder / "my sam.pth").write_bytes(b"")
    address = (folder / "my sam.pth").as_uri()
    assert "%20" in address
    for given in (address, address.replace("file://", "file://localhost"), f'"{address}"'):
        assert weights_file(given) == folder / "my sam.pth"
    assert "a file of another machine, nas." in refused("file://nas/sam.pth", ValueError)


@pytest.mark.parametrize("address", ["https://example.org/sam.pth", "http://a/b", "s3://a/b.pth"])
def test_an_address_is_refused(folder, address):
    said = refused(address, ValueError)

    assert f"not addresses of the web ({address}). Download it from where you trust it" in said


def test_an_official_address_has_a_name(folder):
    said = refused(OFFICIAL["vit_h"].url, ValueError)

    assert 'load("vit_h") downloads and checks it' in said


def test_nothing_of_all_this_touches_the_cache(folder):
    for source in ("vit-b", "facebook/sam-vit-base", "sam_vit_b_01ec64.pth"):
        with pytest.raises((ValueError, OSError)):
            weights_file(source)
    assert not (folder.parent / "cache").exists()


@pytest.mark.parametrize("given", ["", "  "])
def test_an_empty_text_is_not_this_folder(folder, monkeypatch, given):
    (folder / "my.pth").write_bytes(b"")
    monkeypatch.chdir(folder)
    assert weights_file(".") == Path("my.pth")
    assert "is an empty text. Give a path or a name; None means" in refused(given, ValueError)


def test_a_model_is_warm_as_long_as_its_file_is_the_same(folder):
    """Else the file of before would be given for the one of now."""
    path = folder / "my.safetensors"
    path.write_bytes(shipped_weights().read_bytes())
    warm_up(path)
    os.utime(path, (1, 1))
    cold = sx.load(path)
    warm_up(path)
    assert sx.load(path) is not cold
