"""The README's command and its code are what CI and a reader run."""

import os
import re
import stat
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text("utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)


def test_a_command_opens_the_lab_and_another_passes_the_tests_each_in_its_own_environment():
    lab, test = blocks("sh")
    assert lab.strip().endswith("sam-explore lab")
    assert "bin/pytest" in test
    assert lab.split()[3] != test.split()[3]


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
    assert done.stderr.strip() == blocks("sh")[1].strip()


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
