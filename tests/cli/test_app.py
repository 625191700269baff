"""`sam-explore app`: the arguments for Voila. The page itself: tests/browser."""

import json
import sys
from pathlib import Path

import pytest

from sam_explore.cli import launching, main
from sam_explore.cli.app import WARM_MODEL
from sam_explore.cli.notebooks import notebooks_source
from sam_explore.loading import shipped_weights


def test_app_runs_voila_on_the_first_notebook(handed_over: list, tmp_path: Path):
    with pytest.raises(SystemExit):
        main(["app", "--no-browser", "--port", "8123", "--token=secret", "--", "--debug"])
    ((command, environment),) = handed_over
    first = notebooks_source() / "01_prompting.ipynb"  # no file that lies here by chance
    assert command[:5] == [sys.executable, "-P", "-m", "voila", str(first)]
    assert not (tmp_path / "sam-explore-notebooks").exists()
    assert command[-4:] == ["--no-browser", "--port=8123", "--token=secret", "--debug"]
    assert WARM_MODEL not in environment
    place = Path(environment["JUPYTER_CONFIG_PATH"])
    assert Path.cwd() == place
    settings = json.loads((place / "voila.json").read_text("utf-8"))
    assert settings["Voila"]["tornado_settings"]["websocket_max_message_size"] > 100e6


def test_app_takes_a_notebook_of_the_readers_own_and_a_model(
    handed_over: list, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    (tmp_path / "mine.ipynb").touch()
    (tmp_path / "weights.safetensors").symlink_to(shipped_weights())
    with pytest.raises(SystemExit):
        main(["app", "mine.ipynb", "--model", "weights.safetensors"])
    ((command, environment),) = handed_over
    assert command[4] == str(tmp_path / "mine.ipynb")
    assert environment[WARM_MODEL] == str(tmp_path / "weights.safetensors")


def test_app_takes_the_readers_copy_of_one_that_is_named(handed_over: list, tmp_path: Path):
    with pytest.raises(SystemExit):
        main(["app", "02_position_encodings"])
    ((command, _),) = handed_over
    mine = tmp_path / "sam-explore-notebooks" / "02_position_encodings.ipynb"
    assert command[4] == str(mine)
    assert mine.is_file()


def test_app_refuses_in_words(
    handed_over: list, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
):
    assert main(["app", "none.ipynb"]) == 1
    assert "There is no notebook none.ipynb. Those of the course are" in capsys.readouterr().err
    assert main(["app", "--model", "none.safetensors"]) == 1
    assert "none.safetensors" in capsys.readouterr().err
    monkeypatch.setattr(launching, "find_spec", lambda name: None)
    assert main(["app"]) == 1
    assert 'pip install "sam-explore[app]"' in capsys.readouterr().err
    assert not handed_over
