"""The command line: `sam-explore lab` opens the course in JupyterLab, `sam-explore info` looks."""

import argparse
import hashlib
import json
import os
import platform
import subprocess
import sys
import sysconfig
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent
FIRST_NOTEBOOK = "01_prompting.ipynb"
WEIGHT_SUFFIXES = {".pth", ".safetensors"}
_OWN_FOLDER = (
    ".sam-explore"  # inside the reader's folder: what was copied, and settings for the lab
)


def main(argv: list[str] | None = None) -> int:
    """Run a command; returns the exit status. Everything after `--` is for jupyter lab."""
    argv = sys.argv[1:] if argv is None else list(argv)
    own, for_jupyter = _split_at_dashes(argv)
    arguments = _parser().parse_args(own)
    if for_jupyter and arguments.command != "lab":
        _parser().error(f"only `lab` takes arguments after `--`, not `{arguments.command}`")
    try:
        if arguments.command == "info":
            return info()
        return lab(arguments.folder, arguments.no_browser, arguments.port, for_jupyter)
    except (OSError, ValueError) as error:
        print(f"sam-explore: {error}", file=sys.stderr)
        return 1


def lab(folder: Path, no_browser: bool, port: int | None, for_jupyter: list[str]) -> int:
    """Copy the notebooks to the reader's folder and become JupyterLab on the first of them."""
    if find_spec("jupyterlab") is None:
        raise ValueError(
            "JupyterLab is not installed here. Install it with: "
            f'{sys.executable} -m pip install "sam-explore[lab]"'
        )
    folder = folder.expanduser().resolve()
    for sentence in copy_notebooks(notebooks_source(), folder):
        print(sentence)
    print(f"Notebooks: {folder}", flush=True)
    command = [sys.executable, "-m", "jupyterlab", FIRST_NOTEBOOK]
    command += ["--no-browser"] if no_browser else []
    command += [f"--port={port}"] if port is not None else []
    environment = {**os.environ, "JUPYTER_CONFIG_PATH": _lab_settings(folder)}
    os.chdir(folder)
    if (
        os.name == "posix"
    ):  # signals, Ctrl-C and its question included, then reach JupyterLab itself
        os.execve(command[0], command + for_jupyter, environment)
    return subprocess.call(command + for_jupyter, env=environment)


def info() -> int:
    """Print versions, device, the models at hand, the model card and the cache folder."""
    rows = [("sam-explore", metadata.version("sam-explore")), ("python", platform.python_version())]
    for package in ("torch", "numpy", "ipywidgets", "ipycanvas", "jupyterlab"):
        rows.append((package, _version(package)))
    rows.append(("device", _device()))
    rows += [("model", line) for line in _models_at_hand()] or [("model", "none at hand")]
    rows.append(("model card", str(model_card() or "missing: install sam-explore again")))
    rows.append(("cache folder", str(cache_folder())))
    for name, value in rows:
        print(f"{name:<14}{value}")
    return 0


def copy_notebooks(source: Path, folder: Path) -> list[str]:
    """Bring `folder` up to date with the notebooks in `source`, and leave the reader's work alone.

    A file that the reader changed is kept; a file that is as it was copied is renewed. Returns a
    sentence for each file kept.
    """
    _refuse_installed(folder, source)
    copied_file = folder / _OWN_FOLDER / "copied.json"
    copied = json.loads(copied_file.read_text("utf-8")) if copied_file.exists() else {}
    kept = []
    for original in sorted(source.rglob("*.ipynb")):
        if ".ipynb_checkpoints" in original.parts:
            continue
        name = original.relative_to(source).as_posix()
        mine, theirs = original.read_bytes(), folder / name
        if theirs.exists() and _digest(theirs.read_bytes()) not in (
            copied.get(name),
            _digest(mine),
        ):
            newer = copied.get(name) != _digest(mine)
            advice = "; to see the newer one that came with the package, rename yours"
            kept.append(f"Kept your version of {name}{advice if newer else ''}.")
            continue
        theirs.parent.mkdir(parents=True, exist_ok=True)
        theirs.write_bytes(mine)
        copied[name] = _digest(mine)
    copied_file.parent.mkdir(parents=True, exist_ok=True)
    copied_file.write_text(json.dumps(copied, indent=1), "utf-8")
    return kept


def notebooks_source() -> Path:
    """Where the notebooks lie: inside an installed package, beside it in a working copy."""
    for folder in (PACKAGE / "notebooks", PACKAGE.parent / "notebooks"):
        if (folder / FIRST_NOTEBOOK).is_file():
            return folder
    raise ValueError(
        f"The notebooks are missing: expected {FIRST_NOTEBOOK} in {PACKAGE / 'notebooks'}. "
        "Install sam-explore again."
    )


def model_card() -> Path | None:
    """What the shipped model was made of and is good for: inside an installed package, in docs of
    a working copy."""
    places = (PACKAGE / "toy" / "model_card.md", PACKAGE.parent / "docs" / "toy_model.md")
    return next((place for place in places if place.is_file()), None)


def cache_folder() -> Path:
    """Where downloaded weights are kept: SAM_EXPLORE_CACHE, or the system's place for caches."""
    if chosen := os.environ.get("SAM_EXPLORE_CACHE"):
        return Path(chosen).expanduser()
    if sys.platform == "darwin":
        base = Path.home() / "Library" / "Caches"
    elif os.name == "nt":
        base = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    else:
        base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return base / "sam-explore"


def _split_at_dashes(argv: list[str]) -> tuple[list[str], list[str]]:
    at = argv.index("--") if "--" in argv else len(argv)
    return argv[:at], argv[at + 1 :]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="sam-explore", description="Look inside the Segment Anything Model, live."
    )
    commands = parser.add_subparsers(dest="command", required=True)
    lab_parser = commands.add_parser(
        "lab",
        help="open the notebooks in JupyterLab, as your own copy",
        usage="sam-explore lab [--folder FOLDER] [--no-browser] [--port PORT] [-- ARGUMENT ...]",
        epilog="What follows -- goes to jupyter lab as it is, such as: -- --allow-root",
    )
    lab_parser.add_argument(
        "--folder",
        type=Path,
        default=Path("sam-explore-notebooks"),
        help="where your copy of the notebooks lives (default: ./sam-explore-notebooks)",
    )
    lab_parser.add_argument("--no-browser", action="store_true", help="print the address only")
    lab_parser.add_argument("--port", type=int, help="the port to listen on")
    commands.add_parser("info", help="print versions, device, models at hand and the cache folder")
    return parser


def _refuse_installed(folder: Path, source: Path) -> None:
    """Notebooks are worked on, and an installed package is not the place for that."""
    installed = [Path(sysconfig.get_path(name)).resolve() for name in ("purelib", "platlib")]
    for taken in (PACKAGE, source.resolve(), *installed):
        if folder.resolve().is_relative_to(taken):
            raise ValueError(
                f"{folder} belongs to the installed package. Choose a folder of your own with "
                "--folder."
            )


def _lab_settings(folder: Path) -> str:
    """A search path for Jupyter's settings with one place more: there JupyterLab's questions about
    news and updates are off. The reader's own settings still win."""
    place = folder / _OWN_FOLDER / "jupyter"
    settings = place / "labconfig" / "default_setting_overrides.json"
    settings.parent.mkdir(parents=True, exist_ok=True)
    quiet = {"fetchNews": "false", "checkForUpdates": False}
    text = json.dumps({"@jupyterlab/apputils-extension:notification": quiet}, indent=1)
    settings.write_text(text, "utf-8")
    others = os.environ.get("JUPYTER_CONFIG_PATH")
    return os.pathsep.join([str(place), others] if others else [str(place)])


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "not installed"


def _device() -> str:
    import torch  # slow to import, and only this needs it

    if torch.cuda.is_available():
        return f"cuda ({torch.cuda.get_device_name()})"
    if torch.backends.mps.is_available():
        return "mps"
    return f"cpu ({torch.get_num_threads()} threads)"


def _models_at_hand() -> list[str]:
    from sam_explore.loading import shipped_weights

    files = [shipped_weights()] if shipped_weights().is_file() else []
    cache = cache_folder()
    if cache.is_dir():
        files += sorted(file for file in cache.iterdir() if file.suffix in WEIGHT_SUFFIXES)
    return [f"{file} ({file.stat().st_size / 2**20:.1f} MiB)" for file in files]
