"""`sam-explore app`: a notebook as a page of its own through Voila, with no code on it."""

import argparse
from pathlib import Path

from .launching import (
    LARGE_UPLOADS,
    add_options,
    become,
    bring_notebooks,
    place_settings,
    require,
)
from .notebooks import FIRST_NOTEBOOK, find_notebook

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
    add_options(parser)
    parser.add_argument(
        "--model",
        default="",
        help="what the notebook gives to sx.load, such as vit_b: on Linux it is loaded before the "
        "first page, once for all pages (default: the small model)",
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Copy the notebooks to the reader's folder and become Voila on one of them."""
    require("voila", "Voila", "app")
    folder = bring_notebooks(arguments.folder)
    notebook = find_notebook(arguments.notebook, folder)
    print(f"Notebook: {notebook}")
    extra = place_settings(folder, _SETTINGS)
    if arguments.model:
        extra[WARM_MODEL] = _found(arguments.model)
    return become("voila", [str(notebook), *_OPTIONS], arguments, extra)


def _found(model: str) -> str:
    """The model's name, or its file as every folder knows it; told here if there is none."""
    from ..loading import weights_file  # slow to import, and only this needs it

    path = weights_file(model)
    return str(path.absolute()) if Path(model).expanduser().is_file() else model


# A page that is closed asks for its kernel's end, without the token that Voila 0.5 wants with it.
# Whom it asks to end has a name that nobody can guess.
_TORNADO = {"disable_check_xsrf": True, **LARGE_UPLOADS}
_SETTINGS = {"voila.json": {"Voila": {"tornado_settings": _TORNADO}}}
_OPTIONS = [
    # Of a page that is lost, the kernel ends after ten minutes.
    "--MappingKernelManager.cull_idle_timeout=600",
    "--MappingKernelManager.cull_interval=60",
    "--VoilaConfiguration.kernel_spec_manager_class=sam_explore.cli.forking.WarmPython",
    # Notebook 7's own extension wants a newer JupyterLab than Voila brings, and would end the page.
    "--VoilaConfiguration.extension_denylist=@jupyter-notebook/lab-extension",
    "--show_tracebacks=True",  # who starts it may see what goes wrong
]
