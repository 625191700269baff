"""`sam-explore lab`: the course in JupyterLab, as the reader's own copy."""

import argparse
import json
import os
from pathlib import Path

from .launching import add_options, become, bring_notebooks, require
from .notebooks import FIRST_NOTEBOOK, OWN_FOLDER

_LARGEST_UPLOAD = 512 * 2**20  # bytes; by default a message of 10 MB ends the connection


def add(commands: argparse._SubParsersAction) -> None:
    """Declare the command and its arguments."""
    parser = commands.add_parser(
        "lab",
        help="open the notebooks in JupyterLab, as your own copy",
        epilog="Any other option goes to jupyter lab as it is, such as --allow-root.",
        allow_abbrev=False,
    )
    add_options(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Copy the notebooks to the reader's folder and become JupyterLab on the first of them."""
    require("jupyterlab", "JupyterLab", "lab")
    folder = bring_notebooks(arguments.folder)
    print(f"Notebooks: {folder}")
    settings = {"JUPYTER_CONFIG_PATH": _lab_settings(folder)}
    os.chdir(folder)
    # Not as a file to open: then the address that is printed would be the launcher's.
    first = f"--LabApp.default_url=/lab/tree/{FIRST_NOTEBOOK}"
    return become("jupyterlab", [first], arguments, settings)


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
