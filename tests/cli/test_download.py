"""`sam-explore download`: what it says, and that it checks."""

import pytest

from sam_explore.cli import main
from sam_explore.loading import OFFICIAL, Release

EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"  # SHA-256 of nothing


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """A cache that holds the release "vit_l", which is an empty file now, from nowhere."""
    monkeypatch.setenv("SAM_EXPLORE_CACHE", str(tmp_path))
    monkeypatch.setitem(OFFICIAL, "vit_l", Release("http://127.0.0.1:9/l.pth", 0, EMPTY))
    (tmp_path / "l.pth").write_bytes(b"")
    return tmp_path


def test_a_file_that_is_there_is_checked_and_named(cache, capsys):
    assert main(["download", "vit_l"]) == 0
    said = capsys.readouterr().out
    assert str(cache / "l.pth") in said
    assert "SHA-256 are the official ones" in said
    assert 'sx.load("vit_l")' in said


def test_an_unknown_name_is_reported_with_the_close_ones(cache, capsys):
    assert main(["download", "ViT-B"]) == 1
    said = capsys.readouterr().err
    assert "'ViT-B' is none of the official models vit_b, vit_l, vit_h. Did you mean vit_b?" in said


def test_a_failed_download_is_an_exit_status_and_a_sentence(cache, capsys, monkeypatch):
    monkeypatch.setitem(OFFICIAL, "vit_l", Release("http://127.0.0.1:9/m.pth", 1, EMPTY))
    assert main(["download", "vit_l"]) == 1
    assert "sam-explore: m.pth could not be downloaded" in capsys.readouterr().err
