"""Shared by the commands that start a server on the user's copy of the notebooks."""

import argparse
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

from ..paths import at_home
from .notebooks import PACKAGE, copy_notebooks, notebooks_source

# For tornado, in bytes. By default a message of 10 MB ends the connection; jupyter_server's own
# limit, 512 MB, is for a message and what stands around it.
LARGE_UPLOADS = {"websocket_max_message_size": 256 * 2**20}

NOTEBOOKS = "sam-explore-notebooks"  # made in the current folder


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare the folder of the user's copy, and where the server listens."""
    parser.add_argument(
        "--folder",
        type=Path,
        default=Path(NOTEBOOKS),
        help=f"where your copy of the notebooks lives (default: ./{NOTEBOOKS})",
    )
    parser.add_argument("--no-browser", action="store_true", help="print the address only")
    parser.add_argument("--port", type=int, help="the port to listen on")
    parser.set_defaults(passed_on=[])


def require(module: str, name: str, extra: str) -> None:
    """Raise an error with the installation command for a missing program.

    Raises:
        ValueError: it is missing.
    """
    if find_spec(module) is None:
        raise ValueError(
            f"{name} is not installed here. Install it, in the version of the tests, with: "
            f'"{sys.executable}" -m pip install -c "{tested_versions()}" "sam-explore[{extra}]"'
        )


def tested_versions() -> Path:
    """The file of versions that the tests last passed with.

    Raises:
        ValueError: it is missing.
    """
    for file in (PACKAGE / "constraints.txt", PACKAGE.parent / ".ci" / "constraints.txt"):
        if file.is_file():
            return file
    raise ValueError(
        f"The tested versions are missing: expected {PACKAGE / 'constraints.txt'}. Install "
        "sam-explore again."
    )


def bring_notebooks(folder: Path) -> Path:
    """Copy the notebooks, print which were kept, and return the absolute path of the folder."""
    folder = at_home(folder).resolve()
    for sentence in copy_notebooks(notebooks_source(), folder):
        print(sentence)
    return folder


def become(
    module: str, settings: list[str], arguments: argparse.Namespace, extra: dict[str, str]
) -> int:
    """Replace this process by a server if possible, else wait for its end.

    `-P` keeps its working directory off the import path.

    Args:
        module: what `python -m` starts.
        settings: its arguments before those of the user.
        arguments: the user's, as `add_options` declared them.
        extra: variables added to the environment.
    """
    command = [sys.executable, "-P", "-m", module, *settings]
    command += ["--no-browser"] if arguments.no_browser else []
    command += [f"--port={arguments.port}"] if arguments.port is not None else []
    command += arguments.passed_on
    environment = {**os.environ, **extra}
    sys.stdout.flush()
    if os.name == "posix":
        # Signals, including Ctrl-C, then reach the server itself.
        os.execve(command[0], command, environment)
    return subprocess.call(command, env=environment)
