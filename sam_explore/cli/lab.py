"""`sam-explore lab`: the course in JupyterLab, as the reader's own copy."""

import argparse
import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

from .notebooks import (
    FIRST_NOTEBOOK,
    OWN_FOLDER,
    add_folder,
    copy_notebooks,
    notebooks_source,
)

_LARGEST_UPLOAD = 512 * 2**20  # bytes; by default a message of 10 MB ends the connection


def add(commands: argparse._SubParsersAction) -> None:
    """Declare the command and its arguments."""
    parser = commands.add_parser(
        "lab",
        help="open the notebooks in JupyterLab, as your own copy",
        epilog="Any other option goes to jupyter lab as it is, such as --allow-root.",
        allow_abbrev=False,
    )
    add_folder(parser)
    parser.add_argument("--no-browser", action="store_true", help="print the address only")
    parser.add_argument("--port", type=int, help="the port to listen on")
    parser.set_defaults(run=run, passed_on=[])


def run(arguments: argparse.Namespace) -> int:
    """Copy the notebooks to the reader's folder and become JupyterLab on the first of them."""
    if find_spec("jupyterlab") is None:
        raise ValueError(
            "JupyterLab is not installed here. Install it with: "
            f'{sys.executable} -m pip install "sam-explore[lab]"'
        )
    folder = arguments.folder.expanduser().resolve()
    for sentence in copy_notebooks(notebooks_source(), folder):
        print(sentence)
    print(f"Notebooks: {folder}", flush=True)
    command = [sys.executable, "-m", "jupyterlab"]
    # Not as a file to open: then the address that is printed would be the launcher's.
    command += [f"--LabApp.default_url=/lab/tree/{FIRST_NOTEBOOK}"]
    command += ["--no-browser"] if arguments.no_browser else []
    command += [f"--port={arguments.port}"] if arguments.port is not None else []
    command += arguments.passed_on
    environment = {**os.environ, "JUPYTER_CONFIG_PATH": _lab_settings(folder)}
    os.chdir(folder)
    if os.name == "posix":
        # Signals, Ctrl-C and its question included, then reach JupyterLab itself.
        os.execve(command[0], command, environment)
    return subprocess.call(command, env=environment)


def _lab_settings(folder: Path) -> str:
    """A search path for Jupyter's settings with one place more: there JupyterLab's questions about
    news and updates are off, and uploads may be large. The reader's own settings still win."""
    place = folder / OWN_FOLDER / "jupyter"
    settings = place / "labconfig" / "default_setting_overrides.json"
    settings.parent.mkdir(parents=True, exist_ok=True)
    quiet = {"fetchNews": "false", "checkForUpdates": False}
    text = json.dumps({"@jupyterlab/apputils-extension:notification": quiet}, indent=1)
    settings.write_text(text, "utf-8")
    large = {"ServerApp": {"tornado_settings": {"websocket_max_message_size": _LARGEST_UPLOAD}}}
    (place / "jupyter_server_config.json").write_text(json.dumps(large, indent=1), "utf-8")
    others = os.environ.get("JUPYTER_CONFIG_PATH")
    return os.pathsep.join([str(place), others] if others else [str(place)])
