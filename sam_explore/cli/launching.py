"""What the commands share that start a server on the reader's copy of the notebooks."""

import argparse
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

from .notebooks import copy_notebooks, notebooks_source

# For tornado, which both servers are made of: in bytes. By default 10 MB end the connection.
LARGE_UPLOADS = {"websocket_max_message_size": 512 * 2**20}

NOTEBOOKS = "sam-explore-notebooks"  # made in the current folder


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare where the reader's copy goes, and where the server listens."""
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
    """Say how to install a program that is missing.

    Raises:
        ValueError: it is missing.
    """
    if find_spec(module) is None:
        raise ValueError(
            f"{name} is not installed here. Install it with: "
            f'{sys.executable} -m pip install "sam-explore[{extra}]"'
        )


def bring_notebooks(folder: Path) -> Path:
    """Copy the notebooks, tell of those that were kept, and return the folder in full."""
    folder = folder.expanduser().resolve()
    for sentence in copy_notebooks(notebooks_source(), folder):
        print(sentence)
    return folder


def become(
    module: str, settings: list[str], arguments: argparse.Namespace, extra: dict[str, str]
) -> int:
    """Run a server in place of this process where that can be done, else wait for its end.

    Nothing of the folder that it runs in is imported: `-P` keeps that off the path.

    Args:
        module: what `python -m` starts.
        settings: what it is told before what the reader asked for.
        arguments: the reader's, as `add_options` declared them.
        extra: variables added to the environment.
    """
    command = [sys.executable, "-P", "-m", module, *settings]
    command += ["--no-browser"] if arguments.no_browser else []
    command += [f"--port={arguments.port}"] if arguments.port is not None else []
    command += arguments.passed_on
    environment = {**os.environ, **extra}
    sys.stdout.flush()
    if os.name == "posix":
        # Signals, Ctrl-C included, then reach the server itself.
        os.execve(command[0], command, environment)
    return subprocess.call(command, env=environment)
