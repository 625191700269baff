"""`sam-explore app`: the chapters as pages without code, through Voila, for others on a network."""

import argparse
import os
import tempfile
import uuid
from pathlib import Path

from ..app_limits import OPEN_FOLDER, PAGE_MEMORY
from ..paths import at_home
from .app_server.limits import MOST_MESSAGE
from .launching import add_options, become, bring_notebooks, require
from .notebooks import find_notebook, notebooks_source
from .server_settings import place_settings

WARM_MODEL = "SAM_EXPLORE_WARM_MODEL"  # the source for `load`; unset for the small model


def add(commands: argparse._SubParsersAction) -> None:
    """Declare the command and its arguments."""
    parser = commands.add_parser(
        "app",
        help="open the chapters as pages without code, through Voila",
        epilog="Any other option goes to voila as it is, such as --base_url=/sam/; a path in one "
        "has to be absolute.",
        allow_abbrev=False,
    )
    parser.add_argument(
        "notebook",
        type=Path,
        nargs="?",
        help="a notebook of yours, or the name of one of the course, of which your copy is taken "
        "(default: the list of all, as they came with the package)",
    )
    add_options(parser)
    _add_network_options(parser)
    parser.add_argument(
        "--model",
        default="",
        help="what the notebook gives to sx.load, such as vit_b: on Linux it is loaded before the "
        "first page, once for all pages (default: the small model)",
    )
    parser.set_defaults(run=run)


def _add_network_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--ip",
        help="the address to listen at, such as 0.0.0.0 for all networks of this machine "
        "(default: this machine only)",
    )
    parser.add_argument(
        "--name",
        action="append",
        default=[],
        help="a name by which visitors ask for this server, besides this machine's own; may be "
        "given several times",
    )
    parser.add_argument(
        "--files",
        type=Path,
        help="a folder whose pictures and weights visitors may open by a path (default: none)",
    )
    parser.add_argument(
        "--pages",
        type=int,
        default=40,
        help="how many pages may be open at a time (default: %(default)s)",
    )
    parser.add_argument(
        "--memory",
        type=int,
        default=2000,
        help="how many MB one page may take beyond what all share; Linux only "
        "(default: %(default)s)",
    )
    parser.add_argument(
        "--token",
        help="the word that opens the pages; an empty one, --token=, lets everybody in "
        "(default: a new one, printed with the address)",
    )


def run(arguments: argparse.Namespace) -> int:
    """Run the server on the given notebook, or on the course.

    A notebook runs as soon as its page is opened. So without a name they are those from the
    package, and not others in the current folder.
    """
    require("voila", "Voila", "app")
    notebooks, opened = _chapters(arguments)
    print(f"Notebook: {opened}" if opened else f"Notebooks: {notebooks[0].parent}")
    variables = {OPEN_FOLDER: _folder(arguments.files), PAGE_MEMORY: str(arguments.memory)}
    if arguments.model:
        variables[WARM_MODEL] = _found(arguments.model)
    place, extra = place_settings({"voila.json": _settings(arguments, notebooks, opened)})
    os.chdir(place)  # Voila reads settings from its working directory
    return become(_SERVER, [], arguments, {**extra, **variables})


def _chapters(arguments: argparse.Namespace) -> tuple[list[Path], Path | None]:
    """The notebooks in order, and the one that was asked for."""
    course = sorted(notebooks_source().glob("*.ipynb"))
    if arguments.notebook is None:
        return course, None
    copies = bring_notebooks(arguments.folder)
    opened = find_notebook(arguments.notebook, copies)
    mine = [copies / each.name for each in course if (copies / each.name).is_file()]
    return (mine if opened in mine else [opened]), opened


def _folder(files: Path | None) -> str:
    """The folder's absolute path; empty for none."""
    if files is None:
        return ""
    folder = at_home(files).resolve()
    if not folder.is_dir():
        raise ValueError(f"--files expects a folder, and {files} is none.")
    return str(folder)


def _found(model: str) -> str:
    """The model's name, or the absolute path of its file; raises an error now if there is none."""
    from ..loading import weights_file  # slow to import, and only needed here

    path = weights_file(model)
    return str(path.absolute()) if at_home(model).is_file() else model


_SERVER = "sam_explore.cli.app_server"


def _settings(arguments: argparse.Namespace, notebooks: list[Path], opened: Path | None) -> dict:
    """What Voila reads from its file of settings."""
    given = {"ip": arguments.ip, "token": arguments.token}
    return {
        "Voila": {
            "root_dir": str(notebooks[0].parent),
            "tornado_settings": _TORNADO,
            **{name: value for name, value in given.items() if value is not None},
        },
        "AppServer": {
            "chapters": [str(each) for each in notebooks],
            "opened": opened.stem if opened else "",
            "names": arguments.name,
        },
        "PageKernels": {"most": arguments.pages},
        "VoilaConfiguration": {
            # Else what `?theme=` says runs as a script in the page.
            "allow_template_override": "NO",
            "allow_theme_override": "NO",
            "kernel_spec_manager_class": "sam_explore.cli.forking.WarmPython",
            "multi_kernel_manager_class": f"{_SERVER}.kernels.PageKernels",
            # Notebook 7's own extension needs a newer JupyterLab than Voila brings, and breaks the
            # page.
            "extension_denylist": ["@jupyter-notebook/lab-extension"],
        },
        # A kernel that died is not started again: it would know nothing of its page.
        "KernelRestarter": {"restart_limit": 0, "time_to_dead": 1.0},
        "KernelManager": {"transport": _transport()},
        "VoilaExecutor": {"startup_timeout": _LONG, "iopub_timeout": _LONG},
        # Else who has the token can write a password into a file of settings.
        "PasswordIdentityProvider": {"allow_password_change": False},
    }


# Seconds. A kernel that starts slowly, or tells late what a cell shows, is no reason to end a page:
# thirty that start together on two cores take longer than the minute, and the four seconds, that
# are usual. That a kernel has died is noticed otherwise.
_LONG = 3600


def _transport() -> str:
    """How kernels are reached: by sockets that are files, where the system takes their paths.

    A port is chosen before a kernel takes it. Any other program may take it in between, and the
    kernel then dies as it starts. For this Jupyter has restarts, which are switched off here.
    """
    folder = Path(tempfile.gettempdir()) / "voila_12345678"  # as Voila names it
    path = folder / f"kernel-{uuid.uuid4()}-ipc-5"
    fits = len(os.fsencode(path)) < _MOST_SOCKET_PATH
    return "ipc" if os.name == "posix" and fits else "tcp"


_MOST_SOCKET_PATH = 104  # bytes, with one for the end; on Linux 108

# A page that is closed requests the end of its kernel without the token that Voila 0.5 requires.
# Kernel ids can't be guessed, and a request from another site is refused before.
_TORNADO = {"disable_check_xsrf": True, "websocket_max_message_size": MOST_MESSAGE}
