"""One command remakes all that hangs on the shipped weights."""

import importlib.util
import re
import subprocess
from types import ModuleType

import pytest

from sam_explore.loading import load, shipped_weights
from sam_explore.model import VIT_B

from .scripts import DOCS, NAMES

ROOT = DOCS.parent
CARD = (DOCS / "toy_model.md").read_text("utf-8")


def script(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, DOCS / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_command_is_a_script_that_exists():
    for command in script("remake").commands():
        assert command[0] == "-m" or (ROOT / command[0]).is_file()


def test_every_mark_that_names_the_weights_is_remade():
    """The pages' parts that end with the weights' digest, the exams, and the sizes."""
    remade = [" ".join(command) for command in script("remake").commands()]
    for name in NAMES:
        assert any(f"docs/phenomena/{name}.py" in command for command in remade)
    marks = set(re.findall(r"<!-- (?!/)([\w ]+) -->", CARD))
    without_model = {mark for mark in marks if mark.endswith("baselines")}
    assert marks - without_model == {"sizes", "exam", "clear", "photographs"}
    assert sum("docs/toy_model.md" in command for command in remade) == 3
    assert "docs/make_sizes.py" in remade


def test_it_ends_at_the_first_command_that_fails(monkeypatch, capsys):
    remake = script("remake")
    ran = []

    def run(command, cwd):
        ran.append(command[1:])
        return subprocess.CompletedProcess(command, returncode=len(ran) - 1)

    monkeypatch.setattr(remake.subprocess, "run", run)
    with pytest.raises(SystemExit, match=r"failed: python -m sam_explore\.toy\.exam"):
        remake.main(["--only", "toy_model"])
    assert len(ran) == 2
    with pytest.raises(SystemExit, match="--list"):
        remake.main(["--from", "nothing"])
    remake.main(["--list", "--from", "photographs"])
    assert "photographs" in capsys.readouterr().out.splitlines()[-len(NAMES) - 2]


def test_the_card_has_the_sizes_of_the_shipped_model():
    sizes = script("make_sizes")
    found = CARD.split("<!-- sizes -->")[1].split("<!-- /sizes -->")[0].strip().splitlines()
    megabytes = shipped_weights().stat().st_size / 1e6
    assert found == sizes.lines(load(), megabytes), "run python docs/make_sizes.py"


def test_windows_that_fit_pad_nothing():
    sizes = script("make_sizes")
    assert sizes.padding(VIT_B) == " (pads the grid to 70)"
    assert sizes.padding(type(VIT_B)(window_size=16)) == ""
