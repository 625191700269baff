"""Files are written whole, as new ones, and through no link."""

import os
import stat
from pathlib import Path

import pytest

from sam_explore import writing

posix = pytest.mark.skipif(os.name != "posix", reason="links and rights are others elsewhere")


def test_a_file_is_written_and_replaced(tmp_path: Path):
    for content in (b"first", b"second"):
        writing.write_whole(tmp_path / "a.txt", content)
        assert (tmp_path / "a.txt").read_bytes() == content
    assert [each.name for each in tmp_path.iterdir()] == ["a.txt"]


def test_what_fails_leaves_what_was_there_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    def fail(*_: object) -> None:
        raise OSError("no room")

    (tmp_path / "a.txt").write_bytes(b"first")
    monkeypatch.setattr(writing.os, "replace", fail)
    with pytest.raises(OSError, match="no room"):
        writing.write_whole(tmp_path / "a.txt", b"second")
    assert (tmp_path / "a.txt").read_bytes() == b"first"
    assert [each.name for each in tmp_path.iterdir()] == ["a.txt"]


@posix
def test_a_link_is_replaced_and_rights_are_those_of_new_files(tmp_path: Path):
    (tmp_path / "precious").write_bytes(b"precious")
    (tmp_path / "a.txt").symlink_to(tmp_path / "precious")

    writing.write_whole(tmp_path / "a.txt", b"mine")

    assert (tmp_path / "precious").read_bytes() == b"precious"
    assert not (tmp_path / "a.txt").is_symlink()
    assert (tmp_path / "a.txt").stat().st_mode == (tmp_path / "precious").stat().st_mode


@posix
def test_a_private_file_is_new_and_for_this_user_alone(tmp_path: Path):
    (tmp_path / "precious").write_bytes(b"precious")
    (tmp_path / "a").hardlink_to(tmp_path / "precious")

    with writing.open_private(tmp_path / "a") as file:
        file.write(b"mine")

    assert (tmp_path / "precious").read_bytes() == b"precious"
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o600


@posix
def test_only_a_regular_file_under_one_name_is_gone_on_with(tmp_path: Path):
    (tmp_path / "mine").write_bytes(b"one")
    with writing.open_own(tmp_path / "mine") as file:
        file.write(b"two")
    assert (tmp_path / "mine").read_bytes() == b"onetwo"

    (tmp_path / "link").symlink_to(tmp_path / "mine")
    (tmp_path / "twin").hardlink_to(tmp_path / "mine")
    os.mkfifo(tmp_path / "pipe")
    assert not any(writing.is_own(tmp_path / name) for name in ("link", "twin", "pipe", "none"))
    for name in ("link", "twin"):
        with pytest.raises(OSError, match=name):
            writing.open_own(tmp_path / name)
