"""Settings for a server, in a new folder that contains nothing else."""

import json
import os
import shutil
import sys
from pathlib import Path

from ..writing import write_whole

FORKED_KERNEL = "sam-explore-fork"  # the provisioner in `forking`, as pyproject.toml declares it
# On other systems a fork is unsafe once system libraries are in use, or impossible.
CAN_FORK = sys.platform == "linux"
KERNELS = "share"  # inside the folder: where Jupyter searches for kernels
KERNEL = {
    "argv": [sys.executable, "-P", "-Xfrozen_modules=off", "-m", "sam_explore.cli.kernel",
             "-f", "{connection_file}"],
    "display_name": "Python 3 (ipykernel)",
    "language": "python",
    "metadata": {
        "debugger": True,
        **({"kernel_provisioner": {"provisioner_name": FORKED_KERNEL}} if CAN_FORK else {}),
    },
}  # fmt: skip
# A process with all modules and the small model, which kernels are forked from.
WARM = "from sam_explore.cli.forking import start_warm_process\n\nstart_warm_process()\n"
# JupyterLab shows a kernel as busy and idle again for each message, and lays out its toolbar twice
# for it. Messages of widgets, such as of a pointer that moves, take no part in that here.
QUIET_STATUS = 'c.MappingKernelManager.untracked_message_types.append("comm_msg")\n'


def place_settings(files: dict[str, dict | str]) -> tuple[Path, dict[str, str]]:
    """Write settings files into a new folder in Jupyter's runtime folder, private to this user.

    Never into the user's folder: a folder from someone else could contain settings, which are code.

    Args:
        files: what each holds: text as it is, or values as JSON.

    Returns:
        The folder, and the variables by which Jupyter finds it before the user's own settings.
    """
    from jupyter_core.paths import jupyter_runtime_dir  # comes with the servers

    base = Path(jupyter_runtime_dir()) / "sam-explore"
    base.mkdir(mode=0o700, parents=True, exist_ok=True)
    _sweep(base)
    place = base / str(os.getpid())
    _remove(place)  # of an older process with this id
    place.mkdir(mode=0o700)
    for name, settings in files.items():
        (place / name).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        text = settings if isinstance(settings, str) else json.dumps(settings, indent=1)
        write_whole(place / name, text.encode())
    return place, {
        "JUPYTER_CONFIG_PATH": _first(place, "JUPYTER_CONFIG_PATH"),
        "JUPYTER_PATH": _first(place / KERNELS, "JUPYTER_PATH"),
    }


def _first(place: Path, variable: str) -> str:
    others = os.environ.get(variable)
    return os.pathsep.join([str(place), *([others] if others else [])])


def _sweep(base: Path) -> None:
    """Remove the settings of servers that have ended; each folder has its server's process id."""
    if os.name == "posix":
        for each in base.iterdir():
            if not (each.name.isdecimal() and _is_running(int(each.name))):
                _remove(each)


def _is_running(process: int) -> bool:
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        pass
    return True


def _remove(each: Path) -> None:
    if each.is_dir() and not each.is_symlink():
        shutil.rmtree(each, ignore_errors=True)
    else:
        each.unlink(missing_ok=True)
