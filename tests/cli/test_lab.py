"""`sam-explore lab`: the reader's copy of the notebooks, and JupyterLab on it."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from importlib import metadata
from pathlib import Path

import pytest
from jupyter_server.serverapp import ServerApp

from sam_explore.cli import launching, main
from sam_explore.cli.notebooks import PACKAGE, copy_notebooks, notebooks_source

from ..patience import PATIENCE_SECONDS

COMMAND = str(Path(sys.executable).with_name("sam-explore"))
TOKEN = "opens-the-lab"


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Notebooks as they come with the package, or nearly."""
    folder = tmp_path / "package"
    folder.mkdir()
    (folder / "01_prompting.ipynb").write_text("first", "utf-8")
    (folder / "02_inside.ipynb").write_text("second", "utf-8")
    return folder


def test_notebooks_are_copied_and_a_second_time_changes_nothing(source: Path, tmp_path: Path):
    mine = tmp_path / "mine"
    assert copy_notebooks(source, mine) == []
    assert copy_notebooks(source, mine) == []
    assert sorted(path.name for path in mine.glob("*.ipynb")) == [
        "01_prompting.ipynb",
        "02_inside.ipynb",
    ]


def test_what_the_user_changed_is_kept_and_reported(source: Path, tmp_path: Path):
    mine = tmp_path / "mine"
    copy_notebooks(source, mine)
    (mine / "01_prompting.ipynb").write_text("my notes", "utf-8")
    assert copy_notebooks(source, mine) == ["Kept your version of 01_prompting.ipynb."]
    (source / "01_prompting.ipynb").write_text("first, better", "utf-8")
    (said,) = copy_notebooks(source, mine)
    assert "01_prompting.ipynb; to see the newer one" in said
    assert (mine / "01_prompting.ipynb").read_text("utf-8") == "my notes"


def test_a_file_of_the_readers_own_with_the_same_name_is_kept(source: Path, tmp_path: Path):
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "02_inside.ipynb").write_text("something else", "utf-8")
    assert len(copy_notebooks(source, mine)) == 1
    assert (mine / "02_inside.ipynb").read_text("utf-8") == "something else"
    assert (mine / "01_prompting.ipynb").read_text("utf-8") == "first"


def test_an_untouched_copy_is_renewed_and_a_removed_one_comes_back(source: Path, tmp_path: Path):
    mine = tmp_path / "mine"
    copy_notebooks(source, mine)
    (mine / "02_inside.ipynb").unlink()
    (source / "01_prompting.ipynb").write_text("first, better", "utf-8")
    assert copy_notebooks(source, mine) == []
    assert (mine / "01_prompting.ipynb").read_text("utf-8") == "first, better"
    assert (mine / "02_inside.ipynb").read_text("utf-8") == "second"


def test_the_installed_package_is_no_place_for_the_readers_notebooks(
    handed_over: list, capsys: pytest.CaptureFixture
):
    installed = Path(metadata.distribution("jupyterlab").locate_file("my-notebooks"))
    for folder in (PACKAGE / "notebooks", installed, notebooks_source()):
        assert main(["lab", "--folder", str(folder)]) == 1
        assert "Choose a folder of your own with --folder" in capsys.readouterr().err
    assert not handed_over
    assert not installed.exists()


def test_lab_runs_jupyterlab_on_the_first_notebook(handed_over: list, tmp_path: Path):
    with pytest.raises(SystemExit):
        main(["lab", "--allow-root", "--port", "8123", "--no-browser", "--", "--debug"])
    ((command, environment),) = handed_over
    folder = tmp_path / "sam-explore-notebooks"
    assert command[:4] == [sys.executable, "-P", "-m", "jupyterlab"]
    assert command[4] == f"--ServerApp.root_dir={folder}"
    assert command[5] == "--LabApp.default_url=/lab/tree/01_prompting.ipynb"
    assert command[6:] == ["--no-browser", "--port=8123", "--allow-root", "--debug"]
    assert (folder / "01_prompting.ipynb").is_file()
    settings = Path(environment["JUPYTER_CONFIG_PATH"])
    assert Path.cwd() == settings
    assert not settings.is_relative_to(folder)
    server = json.loads((settings / "jupyter_server_config.json").read_text("utf-8"))
    largest = server["ServerApp"]["tornado_settings"]["websocket_max_message_size"]
    assert 100e6 < largest < ServerApp.max_buffer_size.default_value
    kernel = json.loads((settings / "share/kernels/python3/kernel.json").read_text("utf-8"))
    provisioner = kernel["metadata"].get("kernel_provisioner", {}).get("provisioner_name")
    assert provisioner == ("sam-explore-fork" if sys.platform == "linux" else None)


def test_lab_without_jupyterlab_says_how_to_install_it(
    handed_over: list,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture,
    tmp_path: Path,
):
    monkeypatch.setattr(launching, "find_spec", lambda name: None)
    assert main(["lab"]) == 1
    said = capsys.readouterr().err
    assert "pip install" in said
    assert said.rstrip().endswith('"sam-explore[lab]"')
    assert not handed_over
    assert not list(tmp_path.iterdir())


@pytest.fixture
def served(tmp_path: Path):
    """`sam-explore lab` as a reader starts it: its address and the process."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    own = {f"JUPYTER_{kind}_DIR": str(tmp_path / kind) for kind in ("CONFIG", "DATA", "RUNTIME")}
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(
            [COMMAND, "lab", "--no-browser", "--port", str(port), "--allow-root"],
            cwd=tmp_path,
            env={**os.environ, **own, "JUPYTER_TOKEN": TOKEN, "JUPYTER_PORT_RETRIES": "0"},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    yield f"http://127.0.0.1:{port}", process, tmp_path / "log"
    process.kill()
    process.wait()


def answer_of(address: str, process: subprocess.Popen) -> dict:
    """Ask until the server is up, with patience."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    request = urllib.request.Request(address, headers={"Authorization": f"token {TOKEN}"})
    while True:
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE_SECONDS) as answer:
                return json.load(answer)
        except urllib.error.HTTPError:
            raise
        except (urllib.error.URLError, ConnectionError):
            if process.poll() is not None or time.monotonic() > deadline:
                raise
            time.sleep(0.1)


def page_data(address: str) -> dict:
    """What the server tells JupyterLab in its page."""
    with urllib.request.urlopen(f"{address}/lab?token={TOKEN}", timeout=PATIENCE_SECONDS) as page:
        html = page.read().decode()
    (data,) = re.findall(r'<script id="jupyter-config-data"[^>]*>(.*?)</script>', html, re.DOTALL)
    return json.loads(data)


@pytest.mark.skipif(os.name != "posix", reason="ends the server by a signal")
def test_the_lab_serves_the_copy_asks_nothing_about_news_and_ends_on_a_signal(served: tuple):
    address, process, log = served
    content = answer_of(f"{address}/api/contents", process)["content"]
    assert "01_prompting.ipynb" in [entry["name"] for entry in content]
    setting = "@jupyterlab/apputils-extension:notification"
    schema = answer_of(f"{address}/lab/api/settings/{setting}", process)["schema"]
    assert schema["properties"]["fetchNews"]["default"] == "false"
    untracked = page_data(address)["untracked_message_types"]
    assert {"comm_msg", "kernel_info_request"} <= set(untracked)  # the latter is Jupyter's own
    printed = log.read_text("utf-8")
    assert f"{address}/lab/tree/01_prompting.ipynb?token=" in printed
    process.send_signal(signal.SIGTERM)
    assert process.wait(PATIENCE_SECONDS) == 0


def test_what_a_command_does_not_know_is_refused_where_no_program_takes_it(
    capsys: pytest.CaptureFixture,
):
    for unknown in (["--", "--allow-root"], ["--allow-root"]):
        with pytest.raises(SystemExit):
            main(["info", *unknown])
        assert "`info`" in capsys.readouterr().err
