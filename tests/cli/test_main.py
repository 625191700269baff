"""What holds for every command: how it ends."""

import subprocess
import sys
from pathlib import Path

import pytest

from sam_explore.cli import info, main

from ..patience import PATIENCE_SECONDS

COMMAND = str(Path(sys.executable).with_name("sam-explore"))


def test_a_closed_pipe_is_no_error():
    process = subprocess.Popen([COMMAND, "info"], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    process.stdout.close()  # as `head` does
    said = process.stderr.read()
    assert (process.wait(PATIENCE_SECONDS), said) == (0, b"")


def test_ctrl_c_ends_a_command_in_a_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
):
    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(info, "_device", stop)
    assert main(["info"]) == 130
    assert capsys.readouterr().err == "\nsam-explore: stopped.\n"
