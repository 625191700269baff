"""A folder that somebody sends is no code: what is planted in it neither runs nor is written
through."""

import json
import os
import socket
import stat
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import nbformat
import pytest
from jupyter_client import BlockingKernelClient
from nbformat.v4 import new_code_cell, new_notebook

from sam_explore.cli import main
from sam_explore.cli.notebooks import copy_notebooks, notebooks_source
from sam_explore.cli.server_settings import KERNELS, place_settings

from ..patience import PATIENCE_SECONDS

COMMAND = str(Path(sys.executable).with_name("sam-explore"))
PLANT = "from pathlib import Path\nPath(__file__).with_name('it ran').touch()\n"
posix = pytest.mark.skipif(os.name != "posix", reason="links need rights elsewhere")


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Notebooks as they come with the package, or nearly."""
    folder = tmp_path / "package"
    folder.mkdir()
    (folder / "01_prompting.ipynb").write_text("first", "utf-8")
    return folder


def listens(port: int) -> bool:
    """Whether somebody answers there."""
    try:
        socket.create_connection(("localhost", port), timeout=5).close()
    except OSError:
        return False
    return True


def wait_until_ready(client: BlockingKernelClient) -> None:
    """Wait until a kernel answers. The client calls it dead where its heart misses a beat, which
    it does on a busy machine."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            return client.wait_for_ready(timeout=PATIENCE_SECONDS)
        except RuntimeError:
            if time.monotonic() > deadline:
                raise


class TestCode:
    """Planted are modules by the names of what is started, and settings."""

    NAMES = (
        "voila.py",
        "jupyterlab.py",
        "jupyter_server_config.py",
        "jupyter_config.py",
        "ipykernel_launcher.py",
        "ipykernel.py",
        "torch.py",
        "numpy.py",
        "sam_explore.py",
        "sitecustomize.py",
    )

    @pytest.fixture
    def planted(self, tmp_path: Path) -> Path:
        places = [
            tmp_path / "here",
            tmp_path / "here" / "sam-explore-notebooks",
            tmp_path / "here" / "sam-explore-notebooks" / ".sam-explore" / "jupyter",
        ]
        for place in places:
            place.mkdir(parents=True)
            for name in self.NAMES:
                (place / name).write_text(PLANT, "utf-8")
        notebook = new_notebook(cells=[new_code_cell("import sam_explore, torch, helper\n1 + 1")])
        nbformat.write(notebook, places[0] / "mine.ipynb")
        (places[0] / "helper.py").write_text("", "utf-8")  # what lies next to a notebook is for it
        return places[0]

    def ran(self, planted: Path) -> list[Path]:
        return list(planted.rglob("it ran"))

    def environment(self, tmp_path: Path) -> dict[str, str]:
        kinds = ("CONFIG", "DATA", "RUNTIME")
        own = {f"JUPYTER_{kind}_DIR": str(tmp_path / kind) for kind in kinds}
        return {**os.environ, **own, "JUPYTER_TOKEN": "word", "PYTHONDONTWRITEBYTECODE": "1"}

    @pytest.fixture
    def start(self, planted: Path, tmp_path: Path):
        """Starts a command in the planted folder, and gives the address of the server."""
        processes = []

        def start(*command: str) -> str:
            with socket.socket() as probe:
                probe.bind(("127.0.0.1", 0))
                port = probe.getsockname()[1]
            with (tmp_path / "log").open("wb") as log:
                process = subprocess.Popen(
                    [COMMAND, *command, "--no-browser", f"--port={port}"],
                    cwd=planted,
                    env=self.environment(tmp_path),
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                )
            processes.append(process)
            address = f"http://localhost:{port}"
            deadline = time.monotonic() + PATIENCE_SECONDS
            # It may say where it is before it listens.
            while address not in (tmp_path / "log").read_text("utf-8") or not listens(port):
                assert process.poll() is None, (tmp_path / "log").read_text("utf-8")
                assert time.monotonic() < deadline, (tmp_path / "log").read_text("utf-8")
                time.sleep(0.1)
            return address

        yield start
        for process in processes:
            process.terminate()
            process.wait(PATIENCE_SECONDS)

    def test_the_plants_would_run(self, planted: Path):
        subprocess.run([sys.executable, "-m", "voila"], cwd=planted, check=True)
        assert self.ran(planted)

    @pytest.mark.parametrize("notebook", [["mine.ipynb"], []], ids=["of the reader's", "ours"])
    def test_none_runs_in_an_app_whose_page_is_opened(self, start, planted: Path, notebook):
        address = start("app", *notebook, "--show_tracebacks=True")
        name = notebook[0].removesuffix(".ipynb") if notebook else "01_prompting"
        browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
        browser.open(f"{address}/?token=word", timeout=180)
        with browser.open(f"{address}/chapters/{name}", timeout=180) as page:
            text = page.read().decode()
        assert "rendered_cells" in text
        assert "ModuleNotFoundError" not in text  # of the helper
        assert self.ran(planted) == []

    def test_none_runs_in_a_lab_whose_kernel_is_started(self, start, planted: Path, tmp_path):
        address = start("lab", "--allow-root")

        def ask(method: str, path: str, content: dict | None = None) -> dict:
            request = urllib.request.Request(
                f"{address}/api/{path}",
                method=method,
                data=None if content is None else json.dumps(content).encode(),
                headers={"Authorization": "token word"},
            )
            with urllib.request.urlopen(request, timeout=180) as answer:
                return json.load(answer)

        specs = ask("GET", "kernelspecs")["kernelspecs"]["python3"]["spec"]["argv"]
        assert specs[1] == "-P"
        notebook = {"path": "01_prompting.ipynb", "name": "a", "type": "notebook"}
        session = ask("POST", "sessions", {**notebook, "kernel": {"name": "python3"}})
        file = tmp_path / "RUNTIME" / f"kernel-{session['kernel']['id']}.json"
        client = BlockingKernelClient(connection_file=str(file))
        client.load_connection_file()
        client.start_channels()
        wait_until_ready(client)
        reply = client.execute_interactive("import sam_explore, torch", timeout=180)
        client.stop_channels()
        assert reply["content"]["status"] == "ok"
        assert self.ran(planted) == []

    def test_none_runs_in_an_export_and_a_helper_is_found(self, planted: Path, tmp_path: Path):
        told = subprocess.run(
            [COMMAND, "export", "mine.ipynb"],
            cwd=planted,
            env=self.environment(tmp_path),
            capture_output=True,
            text=True,
            timeout=300,
        )
        assert told.returncode == 0, told.stderr
        assert self.ran(planted) == []


class TestSettings:
    def test_they_are_new_private_and_apart_from_the_readers_folder(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ):
        monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(tmp_path / "runtime"))
        monkeypatch.setenv("JUPYTER_CONFIG_PATH", "mine")
        monkeypatch.delenv("JUPYTER_PATH", raising=False)
        files = {"a.json": {"A": 1}, f"{KERNELS}/kernels/python3/kernel.json": {}}

        place, variables = place_settings(files)
        (place / "planted.py").write_text(PLANT, "utf-8")
        again, _ = place_settings(files)

        assert place == again
        assert place.is_relative_to(tmp_path / "runtime")
        found = {file.relative_to(place).as_posix() for file in place.rglob("*") if file.is_file()}
        assert found == set(files)
        assert json.loads((place / "a.json").read_text("utf-8")) == {"A": 1}
        assert variables["JUPYTER_CONFIG_PATH"] == f"{place}{os.pathsep}mine"
        assert variables["JUPYTER_PATH"] == str(place / KERNELS)
        if os.name == "posix":
            assert stat.S_IMODE(place.stat().st_mode) == 0o700

    @posix
    def test_those_of_servers_that_have_ended_go_and_a_link_in_their_place_too(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ):
        monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(tmp_path))
        base = tmp_path / "sam-explore"
        ended = subprocess.Popen([sys.executable, "-c", ""])
        ended.wait()
        (base / str(ended.pid)).mkdir(parents=True)
        (base / str(os.getppid())).mkdir()
        (tmp_path / "elsewhere").mkdir()
        (base / str(os.getpid())).symlink_to(tmp_path / "elsewhere")

        place, _ = place_settings({"a.json": {}})

        assert {each.name for each in base.iterdir()} == {str(os.getppid()), str(os.getpid())}
        assert not place.is_symlink()
        assert list((tmp_path / "elsewhere").iterdir()) == []


@posix
class TestLinks:
    @pytest.fixture
    def mine(self, tmp_path: Path) -> Path:
        folder = tmp_path / "mine"
        folder.mkdir()
        (tmp_path / "precious").write_text("precious", "utf-8")
        return folder

    @pytest.mark.parametrize("target", ["precious", "none"])
    def test_a_notebook_is_not_written_through_one(self, source, mine, tmp_path, target):
        (mine / "01_prompting.ipynb").symlink_to(tmp_path / target)

        (said,) = copy_notebooks(source, mine)

        assert said == (
            f"Left 01_prompting.ipynb alone: {mine / '01_prompting.ipynb'} is a symbolic link."
        )
        assert (tmp_path / "precious").read_text("utf-8") == "precious"
        assert not (tmp_path / "none").exists()

    def test_nor_into_a_folder_that_is_one(self, source, mine, tmp_path):
        (source / "more").mkdir()
        (source / "more" / "extra.ipynb").write_text("extra", "utf-8")
        (tmp_path / "elsewhere").mkdir()
        (mine / "more").symlink_to(tmp_path / "elsewhere")

        (said,) = copy_notebooks(source, mine)

        assert "more is a symbolic link" in said
        assert list((tmp_path / "elsewhere").iterdir()) == []
        assert (mine / "01_prompting.ipynb").is_file()

    def test_nor_is_the_record_of_what_was_copied(self, source, mine, tmp_path):
        (mine / ".sam-explore").symlink_to(tmp_path)
        assert copy_notebooks(source, mine) == []
        assert not (tmp_path / "copied.json").exists()

        (mine / ".sam-explore" / "copied.json").unlink()
        (mine / ".sam-explore" / "copied.json").symlink_to(tmp_path / "precious")
        assert copy_notebooks(source, mine) == []
        assert (tmp_path / "precious").read_text("utf-8") == "precious"
        assert copy_notebooks(source, mine) == []

    @pytest.mark.parametrize("text", ["", "[1]", "{", "[" * 100_000, "x" * 2_000_000])
    def test_a_record_that_is_none_counts_as_nothing(self, source, mine, text):
        (mine / ".sam-explore").mkdir()
        (mine / ".sam-explore" / "copied.json").write_text(text, "utf-8")
        (mine / "01_prompting.ipynb").write_text("my notes", "utf-8")

        assert len(copy_notebooks(source, mine)) == 1
        assert (mine / "01_prompting.ipynb").read_text("utf-8") == "my notes"

    def test_a_pipe_among_them_is_left_alone(self, source, mine):
        os.mkfifo(mine / "01_prompting.ipynb")

        assert copy_notebooks(source, mine) == ["Left 01_prompting.ipynb alone, which is no file."]

    def test_a_page_and_a_report_replace_one(self, mine, tmp_path, monkeypatch, capsys):
        monkeypatch.chdir(mine)
        (mine / "page.html").symlink_to(tmp_path / "precious")
        nbformat.write(new_notebook(cells=[new_code_cell("1")]), mine / "page.ipynb")

        assert main(["export", "page.ipynb"]) == 0

        assert (tmp_path / "precious").read_text("utf-8") == "precious"
        assert not (mine / "page.html").is_symlink()
        assert "<html" in (mine / "page.html").read_text("utf-8")


def test_the_course_has_a_first_notebook():
    assert (notebooks_source() / "01_prompting.ipynb").is_file()
