"""The README's command and its code are what CI and a reader run."""

import os
import re
import shlex
import shutil
import stat
import subprocess
import sys
import threading
import zipfile
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from sam_explore.cli.launching import NOTEBOOKS

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text("utf-8")
(PINNED_TORCH,) = re.findall(
    r"^torch==([\d.]+)", (ROOT / ".ci" / "constraints.txt").read_text("utf-8"), re.MULTILINE
)


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)


def test_a_command_opens_the_lab_and_another_passes_the_tests_each_in_its_own_environment():
    lab, small_torch, test = blocks("sh")
    assert small_torch.split()[3] == lab.split()[3]
    assert lab.strip().endswith("sam-explore lab")
    assert "bin/pytest" in test
    assert lab.split()[3] != test.split()[3]


def test_the_folder_of_notebooks_is_the_one_that_is_made():
    assert f"`{NOTEBOOKS}`, with your copy of the notebooks" in README


@pytest.mark.skipif(os.name != "posix", reason="the commands are for a POSIX shell")
def test_the_small_build_of_pytorch_is_installed_and_stays(tmp_path: Path, index_with_torch: str):
    """The command itself, with an index of ours that has a stand-in for PyTorch's wheel."""
    lab, small_torch, _ = blocks("sh")
    (tmp_path / ".ci").mkdir()
    shutil.copy(ROOT / ".ci" / "constraints.txt", tmp_path / ".ci")
    url = "https://download.pytorch.org/whl/cpu"
    assert small_torch.count(url) == 1
    python = f"{shlex.quote(sys.executable)} -m venv"
    command = small_torch.replace(url, index_with_torch).replace("python3 -m venv", python)
    pip = tmp_path / ".venv" / "bin" / "pip"

    def run(*command: str) -> str:
        done = subprocess.run(command, cwd=tmp_path, env=alone, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout

    alone = {name: value for name, value in os.environ.items() if not name.startswith("PIP_")}
    alone |= {"PIP_CONFIG_FILE": os.devnull, "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    alone.pop("PYTHONPATH", None)
    run("bash", "-euc", command)
    assert f"torch=={PINNED_TORCH}+cpu" in run(pip, "freeze")
    # What the other command asks of torch is there, so that it takes no other build.
    (constraints,) = re.findall(r"-c \S+", lab)
    (needed,) = re.findall(r'"(torch>=[\d.]+)"', (ROOT / "pyproject.toml").read_text("utf-8"))
    told = run(pip, "install", *constraints.split(), "--no-index", needed)
    assert f"already satisfied: {needed}" in told


@pytest.fixture
def index_with_torch(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a package index that has one empty wheel: the pinned torch, built for CPUs."""
    folder = tmp_path_factory.mktemp("index") / "torch"
    folder.mkdir()
    version = f"{PINNED_TORCH}+cpu"
    name, about = f"torch-{version}-py3-none-any.whl", f"torch-{version}.dist-info"
    with zipfile.ZipFile(folder / name, "w") as wheel:
        head = f"Metadata-Version: 2.1\nName: torch\nVersion: {version}\n"
        wheel.writestr(f"{about}/METADATA", head)
        tag = "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        wheel.writestr(f"{about}/WHEEL", tag)
        wheel.writestr(f"{about}/RECORD", "")
    link = f'<a href="{name.replace("+", "%2B")}">{name}</a>'
    (folder / "index.html").write_text(f"<!DOCTYPE html><html><body>{link}</body></html>", "utf-8")
    handler = partial(SimpleHTTPRequestHandler, directory=folder.parent)
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.mark.skipif(os.name != "posix", reason="the script is for Debian")
def test_ci_runs_exactly_the_readmes_test_command(tmp_path: Path):
    shell = tmp_path / "bash"
    shell.write_text('#!/bin/sh\nprintf %s "$4" >&2\nexit 3\n', "utf-8")
    for name, content in (("bash", shell.read_text("utf-8")), ("chromium", "#!/bin/sh\n")):
        (tmp_path / name).write_text(content, "utf-8")
        (tmp_path / name).chmod(stat.S_IRWXU)
    path = f"{tmp_path}{os.pathsep}{os.environ['PATH']}"
    real_bash = subprocess.run(["which", "bash"], capture_output=True, text=True).stdout.strip()
    done = subprocess.run(
        [real_bash, ROOT / ".ci" / "run"],
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 3
    assert done.stderr.strip() == blocks("sh")[2].strip()


@pytest.mark.parametrize(
    ("tests", "complaint"),
    [
        ('<testcase classname="tests.browser.test_a" name="a"/>', ""),
        ('<testcase classname="tests.test_a" name="a"/>', "no browser test ran"),
        (
            '<testcase classname="tests.browser.test_a" name="a"><skipped/></testcase>',
            "browser tests were skipped: a",
        ),
    ],
)
def test_ci_fails_unless_all_browser_tests_ran(tmp_path: Path, tests: str, complaint: str):
    report = tmp_path / "report.xml"
    report.write_text(f"<testsuites><testsuite>{tests}</testsuite></testsuites>", "utf-8")
    command = [sys.executable, ROOT / ".ci" / "browser_tests_ran.py", report]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.stderr.strip() == complaint
    assert done.returncode == (1 if complaint else 0)


def test_the_readmes_code_runs_and_answers_with_a_mask_of_the_picture():
    names = {}
    six_lines, look_inside = blocks("python")
    lines = six_lines.strip().splitlines()
    exec("\n".join(lines[:-1]), names)
    mask = eval(lines[-1].partition("#")[0], names)
    assert mask.shape == names["image"].shape[:2]
    assert 0 < mask.mean() < 1
    *before, edited = look_inside.strip().splitlines()
    exec("\n".join(before), names)
    assert eval(edited, names).axes


def test_the_picture_in_the_readme_is_there():
    (picture,) = re.findall(r"!\[.+?\]\((.+?)\)", README, re.DOTALL)
    assert (ROOT / picture).is_file()
