"""`sam-explore app`: a notebook as a page of its own through Voila, with no code on it."""

import argparse
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

from .notebooks import FIRST_NOTEBOOK, add_folder, copy_notebooks, find_notebook, notebooks_source

WARM_MODEL = "SAM_EXPLORE_WARM_MODEL"  # what the notebook gives to load; unset for the small model


def add(commands: argparse._SubParsersAction) -> None:
    """Declare the command and its arguments."""
    parser = commands.add_parser(
        "app",
        help="open a notebook as a page without code, through Voila",
        epilog="Any other option goes to voila as it is, such as --ip=0.0.0.0.",
        allow_abbrev=False,
    )
    parser.add_argument(
        "notebook",
        type=Path,
        nargs="?",
        default=Path(FIRST_NOTEBOOK),
        help=f"a notebook of yours, or the name of one of the course (default: {FIRST_NOTEBOOK})",
    )
    add_folder(parser)
    parser.add_argument("--no-browser", action="store_true", help="print the address only")
    parser.add_argument("--port", type=int, help="the port to listen on (default: 8866)")
    parser.add_argument(
        "--model",
        default="",
        help="what the notebook gives to sx.load, such as vit_b: on Linux it is loaded before the "
        "first page, once for all pages (default: the small model)",
    )
    parser.set_defaults(run=run, passed_on=[])


def run(arguments: argparse.Namespace) -> int:
    """Copy the notebooks to the reader's folder and become Voila on one of them."""
    if find_spec("voila") is None:
        raise ValueError(
            "Voila is not installed here. Install it with: "
            f'{sys.executable} -m pip install "sam-explore[app]"'
        )
    folder = arguments.folder.expanduser().resolve()
    for sentence in copy_notebooks(notebooks_source(), folder):
        print(sentence)
    notebook = find_notebook(arguments.notebook, folder)
    print(f"Notebook: {notebook}", flush=True)
    command = [sys.executable, "-m", "voila", str(notebook), *_SETTINGS]
    command += ["--no-browser"] if arguments.no_browser else []
    command += [f"--port={arguments.port}"] if arguments.port is not None else []
    command += arguments.passed_on
    environment = dict(os.environ)
    if arguments.model:
        environment[WARM_MODEL] = _found(arguments.model)
    if os.name == "posix":
        # Signals, Ctrl-C included, then reach Voila itself.
        os.execve(command[0], command, environment)
    return subprocess.call(command, env=environment)


def _found(model: str) -> str:
    """The model's name, or its file as every folder knows it; told here if there is none."""
    from ..loading import weights_file  # slow to import, and only this needs it

    path = weights_file(model)
    return str(path.absolute()) if Path(model).expanduser().is_file() else model


_SETTINGS = [
    # A page that is closed asks for its kernel's end, without the token that Voila 0.5 wants with
    # it. Whom it asks to end has a name that nobody can guess.
    "--Voila.tornado_settings=disable_check_xsrf=True",
    # Of a page that is lost, the kernel ends after ten minutes.
    "--MappingKernelManager.cull_idle_timeout=600",
    "--MappingKernelManager.cull_interval=60",
    "--VoilaConfiguration.kernel_spec_manager_class=sam_explore.cli.forking.WarmPython",
    # Notebook 7's own extension wants a newer JupyterLab than Voila brings, and would end the page.
    "--VoilaConfiguration.extension_denylist=@jupyter-notebook/lab-extension",
    "--show_tracebacks=True",  # who starts it may see what goes wrong
]
