"""`sam-explore info`: versions, device, the available models and paths."""

import argparse
import platform
from importlib import metadata
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[1]


def add(commands: argparse._SubParsersAction) -> None:
    """Declare the command; it takes no arguments."""
    words = "print versions, device, models at hand and the cache folder"
    commands.add_parser("info", help=words).set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Print versions, device, the available models, the model card and the cache folder."""
    from sam_explore.loading import (
        cache_folder,
    )  # imports torch, which other commands don't need

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


def model_card() -> Path | None:
    """The path of the shipped model's card: in an installed package, or in the docs of a working
    copy."""
    places = (PACKAGE / "toy" / "model_card.md", PACKAGE.parent / "docs" / "toy_model.md")
    return next((place for place in places if place.is_file()), None)


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "not installed"


def _device() -> str:
    import torch  # slow to import, and only needed here

    if torch.cuda.is_available():
        return f"cuda ({torch.cuda.get_device_name()})"
    if torch.backends.mps.is_available():
        return "mps"
    return f"cpu ({torch.get_num_threads()} threads)"


def _models_at_hand() -> list[str]:
    from sam_explore.loading import cache_folder, shipped_weights, weights_in

    files = [shipped_weights()] if shipped_weights().is_file() else []
    if cache_folder().is_dir():
        files += weights_in(cache_folder())
    return [f"{file} ({file.stat().st_size / 2**20:.1f} MiB)" for file in files]
