"""`sam-explore info`: what it prints."""

import os
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest

from sam_explore.cli import info, main

from ..patience import PATIENCE_SECONDS

COMMAND = str(Path(sys.executable).with_name("sam-explore"))


def test_info_prints_versions_device_models_and_the_cache_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
):
    (tmp_path / "sam_vit_b_01ec64.pth").write_bytes(b"")
    (tmp_path / "notes.txt").write_bytes(b"")
    monkeypatch.setenv("SAM_EXPLORE_CACHE", str(tmp_path))
    assert main(["info"]) == 0
    said = capsys.readouterr().out
    for package in ("torch", "numpy", "ipywidgets", "ipycanvas", "jupyterlab"):
        assert metadata.version(package) in said
    assert "sam_vit_b_01ec64.pth" in said
    assert "notes.txt" not in said
    assert f"cache folder  {tmp_path}" in said
    (card,) = (line for line in said.splitlines() if line.startswith("model card"))
    page = Path(card.removeprefix("model card").strip()).read_text("utf-8")
    for section in ("Data", "Recipe", "The exam", "Photographs", "Limits", "Licence"):
        assert f"\n## {section}\n" in page
    assert "\ndevice" in said


def test_info_says_when_the_model_card_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
):
    monkeypatch.setattr(info, "PACKAGE", tmp_path / "sam_explore")
    assert main(["info"]) == 0
    assert "model card    missing: install sam-explore again" in capsys.readouterr().out


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "utf-8"])
def test_info_prints_in_every_encoding_of_the_terminal(tmp_path: Path, encoding: str):
    cache = tmp_path / "模型 кэш"
    cache.mkdir()
    (cache / "sam_ы.pth").write_bytes(b"")
    done = subprocess.run(
        [COMMAND, "info"],
        env={**os.environ, "SAM_EXPLORE_CACHE": str(cache), "PYTHONIOENCODING": encoding},
        capture_output=True,
        timeout=PATIENCE_SECONDS,
    )
    assert done.returncode == 0, done.stderr
    said = done.stdout.decode(encoding)
    assert said.splitlines()[-1].startswith("cache folder")
    assert "sam_" in said


@pytest.mark.skipif(sys.platform != "linux", reason="names are bytes there")
def test_info_prints_a_name_that_is_no_text(tmp_path: Path):
    (tmp_path / os.fsdecode(b"sam_\xff.pth")).write_bytes(b"")
    done = subprocess.run(
        [COMMAND, "info"],
        env={**os.environ, "SAM_EXPLORE_CACHE": str(tmp_path)},
        capture_output=True,
        timeout=PATIENCE_SECONDS,
    )
    assert done.returncode == 0, done.stderr
    assert b"cache folder" in done.stdout
