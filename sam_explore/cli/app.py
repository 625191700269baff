"""`sam-explore app`: a notebook as a page of its own through Voila, with no code on it."""

import argparse
import os
from pathlib import Path

from .launching import LARGE_UPLOADS, add_options, become, bring_notebooks, require
from .notebooks import FIRST_NOTEBOOK, find_notebook, notebooks_source
from .server_settings import place_settings

WARM_MODEL = "SAM_EXPLORE_WARM_MODEL"  # the source for `load`; unset for the small model


def add(commands: argparse._SubParsersAction) -> None:
    """Declare the command and its arguments."""
    parser = commands.add_parser(
        "app",
        help="open a notebook as a page without code, through Voila",
        epilog="Any other option goes to voila as it is, such as --ip=0.0.0.0; a path in one has "
        "to be absolute.",
        allow_abbrev=False,
    )
    parser.add_argument(
        "notebook",
        type=Path,
        nargs="?",
        help="a notebook of yours, or the name of one of the course, of which your copy is taken "
        f"(default: {FIRST_NOTEBOOK} as it came with the package)",
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
    """Run Voila on the given notebook, or on the first one of the course.

    The notebook runs as soon as a page is opened. So without a name it is the one from the package,
    and not one of the same name in the current folder.
    """
    require("voila", "Voila", "app")
    if arguments.notebook is None:
        notebook = notebooks_source() / FIRST_NOTEBOOK
    else:
        notebook = find_notebook(arguments.notebook, bring_notebooks(arguments.folder))
    print(f"Notebook: {notebook}")
    model = {WARM_MODEL: _found(arguments.model)} if arguments.model else {}
    place, extra = place_settings(_SETTINGS)
    os.chdir(place)  # Voila reads settings from its working directory
    return become("voila", [str(notebook), *_OPTIONS], arguments, {**extra, **model})


def _found(model: str) -> str:
    """The model's name, or the absolute path of its file; raises an error now if there is none."""
    from ..loading import weights_file  # slow to import, and only needed here

    path = weights_file(model)
    return str(path.absolute()) if Path(model).expanduser().is_file() else model


# A page that is closed requests the end of its kernel without the token that Voila 0.5 requires.
# Kernel ids can't be guessed, so requests without a token are safe.
_TORNADO = {"disable_check_xsrf": True, **LARGE_UPLOADS}
_SETTINGS = {"voila.json": {"Voila": {"tornado_settings": _TORNADO}}}
_OPTIONS = [
    # The kernel of a lost page ends after ten minutes.
    "--MappingKernelManager.cull_idle_timeout=600",
    "--MappingKernelManager.cull_interval=60",
    "--VoilaConfiguration.kernel_spec_manager_class=sam_explore.cli.forking.WarmPython",
    # Notebook 7's own extension needs a newer JupyterLab than Voila brings, and breaks the page.
    "--VoilaConfiguration.extension_denylist=@jupyter-notebook/lab-extension",
    "--show_tracebacks=True",  # the user who starts it may see errors
]
