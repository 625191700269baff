"""A reader's folder, and programs that would have been started."""

import os
import subprocess
from pathlib import Path

import pytest


@pytest.fixture
def handed_over(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list:
    """Collects (command, environment) of the program that would have been started."""
    calls = []

    def become(path: str, command: list[str], environment: dict[str, str]) -> None:
        calls.append((command, environment))
        raise SystemExit(0)

    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("JUPYTER_CONFIG_PATH", raising=False)
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(tmp_path / "runtime"))
    monkeypatch.setattr(os, "execve", become)
    monkeypatch.setattr(subprocess, "call", lambda command, env: become("", command, env))
    return calls
