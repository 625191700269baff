"""`sam-explore lab`: the course in JupyterLab, in the user's own copy."""

import argparse
import os

from .launching import LARGE_UPLOADS, add_options, become, bring_notebooks, require
from .notebooks import FIRST_NOTEBOOK
from .server_settings import KERNEL, KERNELS, QUIET_STATUS, WARM, place_settings


def add(commands: argparse._SubParsersAction) -> None:
    """Declare the command and its arguments."""
    parser = commands.add_parser(
        "lab",
        help="open the notebooks in JupyterLab, as your own copy",
        epilog="Any other option goes to jupyter lab as it is, such as --allow-root; a path in one "
        "has to be absolute.",
        allow_abbrev=False,
    )
    add_options(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Copy the notebooks to the user's folder and run JupyterLab on the first of them."""
    require("jupyterlab", "JupyterLab", "lab")
    folder = bring_notebooks(arguments.folder)
    print(f"Notebooks: {folder}")
    place, settings = place_settings(_SETTINGS)
    os.chdir(place)  # extensions, such as Voila's, read settings from the working directory
    # Not as a file to open, since the printed address would then be the launcher's.
    first = f"--LabApp.default_url=/lab/tree/{FIRST_NOTEBOOK}"
    return become("jupyterlab", [f"--ServerApp.root_dir={folder}", first], arguments, settings)


_SETTINGS: dict[str, dict | str] = {
    # JupyterLab's questions about news and updates are off.
    "labconfig/default_setting_overrides.json": {
        "@jupyterlab/apputils-extension:notification": {
            "fetchNews": "false",
            "checkForUpdates": False,
        }
    },
    "jupyter_server_config.json": {"ServerApp": {"tornado_settings": LARGE_UPLOADS}},
    "jupyter_server_config.py": QUIET_STATUS + WARM,
    f"{KERNELS}/kernels/python3/kernel.json": KERNEL,
}
