"""`sam-explore run-folder`."""

import pytest
from PIL import Image

from sam_explore.cli import main

from ..folders.conftest import here  # noqa: F401  the fixture

pytestmark = pytest.mark.usefixtures("here")


@pytest.fixture
def folder(tmp_path):
    for name in ("a", "b"):
        Image.new("RGB", (30, 20), "teal").save(tmp_path / f"{name}.png")
    return tmp_path


def test_it_prints_the_means_and_writes_a_page(folder, capsys):
    options = ["-o", str(folder / "out"), "--page", str(folder / "p.html"), "--null", "pixels"]
    assert main(["run-folder", "embedding", str(folder), *options]) == 0
    printed = capsys.readouterr().out
    assert "of 2 pictures, 0 with an error" in printed
    assert "Embedding: mean over the tokens" in printed
    assert "pixels shuffled" in printed
    assert (folder / "p.html").read_text("utf-8").startswith("<!doctype html>")


def test_it_fails_where_no_picture_has_an_answer_and_says_why(tmp_path, capsys):
    (tmp_path / "a.png").write_bytes(b"no picture")
    assert main(["run-folder", "embedding", str(tmp_path), "-o", str(tmp_path / "out")]) == 1
    assert "a.png: ValueError" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["HeadAtlass"], "did you mean HeadAtlas"),
        (["masks", "--null", "prompts"], "all have the same"),
        (["masks", "--page", "missing/p.html"], "no folder"),
        (["masks", "--weights", "missing.pth"], "no"),
    ],
)
def test_what_is_wrong_is_said_in_a_line(folder, capsys, monkeypatch, arguments, message):
    monkeypatch.chdir(folder)
    question, *options = arguments
    assert main(["run-folder", question, str(folder), *options]) == 1
    error = capsys.readouterr().err
    assert error.startswith("sam-explore: ")
    assert message in error
    assert not (folder / "answers").exists()


def test_a_missing_extra_is_said_with_the_command(folder, capsys, monkeypatch):
    monkeypatch.setattr("sam_explore.folders.extras.find_spec", lambda name: None)
    assert main(["run-folder", "masks", str(folder)]) == 1
    assert 'pip install "sam-explore[folders]"' in capsys.readouterr().err
