"""What the app allows its pages, which strangers may open; in Jupyter nothing of it applies."""

import os
from pathlib import Path

from .paths import meant

# Variables, which `sam-explore app` sets for its kernels.
OPEN_FOLDER = "SAM_EXPLORE_FILES"  # the folder that typed paths lead into, or nothing for none
PAGE_MEMORY = "SAM_EXPLORE_PAGE_MEMORY"  # what a page may allocate, in MB

MOST_UPLOADED_BYTES = 64 * 2**20  # of a file


def may_type() -> bool:
    """Whether there are files that a typed path can lead to."""
    return os.environ.get(OPEN_FOLDER) != ""


def nearby() -> Path | None:
    """The folder whose weights are in the list of models."""
    folder = os.environ.get(OPEN_FOLDER)
    return Path.cwd() if folder is None else Path(folder) if folder else None


def reachable(typed: str) -> str:
    """The path that is meant; in the app a relative one begins in the folder that is open there.

    Raises:
        ValueError: the app does not show this file. The words are the same whether it exists.
    """
    folder = os.environ.get(OPEN_FOLDER)
    if folder is None:
        return meant(typed)
    if folder:
        inside = Path(folder).resolve()
        file = (inside / meant(typed)).resolve()
        if file.is_relative_to(inside):
            return str(file)
    raise ValueError(
        "Here files can't be opened by a path, apart from those in the folder that whoever runs "
        "this server may name (sam-explore app --files FOLDER). Upload a picture instead."
    )


def memory_limit() -> int | None:
    """What a page may allocate, in MB, or None for as much as there is."""
    limit = os.environ.get(PAGE_MEMORY)
    return int(limit) if limit else None
