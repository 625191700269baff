"""What the commands share that start a server on the reader's copy of the notebooks."""

import argparse
import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

from .notebooks import OWN_FOLDER, copy_notebooks, notebooks_source

# For tornado, which both servers are made of: in bytes. By default 10 MB end the connection.
LARGE_UPLOADS = {"websocket_max_message_size": 512 * 2**20}


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare where the reader's copy goes, and where the server listens."""
    parser.add_argument(
        "--folder",
        type=Path,
        default=Path("sam-explore-notebooks"),
        help="where your copy of the notebooks lives (default: ./sam-explore-notebooks)",
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


def place_settings(folder: Path, files: dict[str, dict]) -> dict[str, str]:
    """Write settings beside the reader's notebooks, by file; the reader's own still win.

    Returns the variable with the search path on which Jupyter finds them.
    """
    place = folder / OWN_FOLDER / "jupyter"
    for name, settings in files.items():
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        (place / name).write_text(json.dumps(settings, indent=1), "utf-8")
    others = os.environ.get("JUPYTER_CONFIG_PATH")
    return {"JUPYTER_CONFIG_PATH": os.pathsep.join([str(place), *([others] if others else [])])}


def become(
    module: str, settings: list[str], arguments: argparse.Namespace, extra: dict[str, str]
) -> int:
    """Run a server in place of this process where that can be done, else wait for its end.

    Args:
        module: what `python -m` starts.
        settings: what it is told before what the reader asked for.
        arguments: the reader's, as `add_options` declared them.
        extra: variables added to the environment.
    """
    command = [sys.executable, "-m", module, *settings]
    command += ["--no-browser"] if arguments.no_browser else []
    command += [f"--port={arguments.port}"] if arguments.port is not None else []
    command += arguments.passed_on
    environment = {**os.environ, **extra}
    sys.stdout.flush()
    if os.name == "posix":
        # Signals, Ctrl-C included, then reach the server itself.
        os.execve(command[0], command, environment)
    return subprocess.call(command, env=environment)
