"""`sam-explore app`: what the server is given. The server itself: tests/browser."""

import json
import os
import re
import sys
from pathlib import Path

import pytest

from sam_explore.app_limits import MOST_UPLOADED_BYTES, OPEN_FOLDER, PAGE_MEMORY
from sam_explore.cli import launching, main
from sam_explore.cli.app import WARM_MODEL
from sam_explore.cli.notebooks import notebooks_source
from sam_explore.loading import shipped_weights


def started(handed_over: list, *arguments: str) -> tuple[list[str], dict[str, str], dict]:
    """The command, its environment and the settings that it reads."""
    with pytest.raises(SystemExit):
        main(["app", *arguments])
    command, environment = handed_over[-1]
    place = Path(environment["JUPYTER_CONFIG_PATH"])
    assert Path.cwd() == place
    return command, environment, json.loads((place / "voila.json").read_text("utf-8"))


def test_app_serves_the_chapters_as_they_came_with_the_package(handed_over: list, tmp_path: Path):
    options = ["--no-browser", "--port", "8123", "--base_url=/sam/", "--", "--debug"]
    command, environment, settings = started(handed_over, *options)
    assert command[:4] == [sys.executable, "-P", "-m", "sam_explore.cli.app_server"]
    assert command[4:] == ["--no-browser", "--port=8123", "--base_url=/sam/", "--debug"]
    course = sorted(notebooks_source().glob("*.ipynb"))  # no files that lie here by chance
    assert settings["AppServer"] == {
        "chapters": [str(each) for each in course],
        "opened": "",
        "names": [],
    }
    assert not (tmp_path / "sam-explore-notebooks").exists()
    assert WARM_MODEL not in environment
    assert environment[OPEN_FOLDER] == ""
    assert environment[PAGE_MEMORY] == "2000"
    assert settings["PageKernels"] == {"most": 40}
    largest = settings["Voila"]["tornado_settings"]["websocket_max_message_size"]
    assert largest > MOST_UPLOADED_BYTES
    assert settings["VoilaConfiguration"]["allow_theme_override"] == "NO"
    assert settings["VoilaConfiguration"]["allow_template_override"] == "NO"
    assert min(settings["VoilaExecutor"].values()) >= 600  # seconds, on a busy machine


@pytest.mark.skipif(os.name != "posix", reason="kernels are reached by ports there")
def test_app_reaches_kernels_by_no_port_where_paths_are_short_enough(
    handed_over: list, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    for folder, transport in (("/tmp", "ipc"), (f"/tmp/{'x' * 40}", "tcp")):
        monkeypatch.setattr("tempfile.tempdir", folder)
        assert started(handed_over)[2]["KernelManager"] == {"transport": transport}


@pytest.mark.parametrize("apart", [True, False])
def test_app_passes_on_where_it_listens_and_who_may_come_in(
    handed_over: list, tmp_path: Path, apart: bool
):
    given = {
        "--ip": "0.0.0.0",
        "--token": "word",
        "--name": "sam.example",
        "--files": str(tmp_path),
    }
    given |= {"--pages": "7", "--memory": "500"}
    options = [each for pair in given.items() for each in pair]
    if not apart:
        options = [f"{name}={value}" for name, value in given.items()]
    command, environment, settings = started(handed_over, *options, "--name", "b.example")
    assert not command[4:]  # anybody on this machine can read it
    assert settings["Voila"]["ip"] == "0.0.0.0"
    assert settings["Voila"]["token"] == "word"
    assert settings["AppServer"]["names"] == ["sam.example", "b.example"]
    assert settings["PageKernels"] == {"most": 7}
    assert environment[OPEN_FOLDER] == str(tmp_path)
    assert environment[PAGE_MEMORY] == "500"


def test_app_lets_everybody_in_only_if_it_is_told_so(handed_over: list):
    _, _, settings = started(handed_over, "--token=")
    assert settings["Voila"]["token"] == ""
    assert "token" not in started(handed_over)[2]["Voila"]


def test_app_takes_a_notebook_of_the_readers_own_and_a_model(handed_over: list, tmp_path: Path):
    (tmp_path / "mine.ipynb").touch()
    (tmp_path / "weights.safetensors").symlink_to(shipped_weights())
    options = ["mine.ipynb", "--model", "weights.safetensors"]
    _, environment, settings = started(handed_over, *options)
    assert settings["AppServer"]["chapters"] == [str(tmp_path / "mine.ipynb")]
    assert settings["AppServer"]["opened"] == "mine"
    assert settings["Voila"]["root_dir"] == str(tmp_path)
    assert environment[WARM_MODEL] == str(tmp_path / "weights.safetensors")


def test_app_takes_the_readers_copy_of_one_that_is_named(handed_over: list, tmp_path: Path):
    name = sorted(notebooks_source().glob("*.ipynb"))[1].stem
    _, _, settings = started(handed_over, name)
    copies = tmp_path / "sam-explore-notebooks"
    assert settings["AppServer"]["opened"] == name
    chapters = [Path(each) for each in settings["AppServer"]["chapters"]]
    assert copies / f"{name}.ipynb" in chapters
    assert chapters == sorted(copies.glob("*.ipynb"))  # and those before and after it
    assert all(each.is_file() for each in chapters)


def test_app_refuses_in_words(
    handed_over: list, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
):
    assert main(["app", "none.ipynb"]) == 1
    assert "There is no notebook none.ipynb. Those of the course are" in capsys.readouterr().err
    assert main(["app", "--model", "none.safetensors"]) == 1
    assert "none.safetensors" in capsys.readouterr().err
    assert main(["app", "--files", "none"]) == 1
    assert "--files expects a folder, and none is none." in capsys.readouterr().err
    monkeypatch.setattr(launching, "find_spec", lambda name: None)
    assert main(["app"]) == 1
    told = capsys.readouterr().err
    assert "Voila is not installed here. Install it, in the version of the tests, with: " in told
    (versions,) = re.findall(r'-m pip install -c "(.+?)" "sam-explore\[app\]"', told)
    assert "voila==" in Path(versions).read_text("utf-8")
    assert not handed_over
