"""Which pictures there are, each under one name, and how they are cut into parts."""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from hashlib import blake2b
from math import isqrt
from pathlib import Path

from PIL import Image

from sam_explore.paths import local_path
from sam_explore.picture_files import FORMATS

_FEWEST, _MOST = 8, 1000  # pictures of a part


def list_pictures(pictures: object) -> dict[str, str]:
    """The paths of the pictures by their names, in the order of the names.

    Args:
        pictures: a folder, in which every file with a picture's ending counts, also in folders
            below, other than those whose name begins with a dot; its names are paths from there
            on. Or a list of paths, which are their own names.

    Raises:
        TypeError: something else.
        FileNotFoundError, NotADirectoryError: no such folder.
        ValueError: no picture at all.
    """
    if isinstance(pictures, str | os.PathLike):
        folder = local_path(pictures)
        files = map(os.path.abspath, _files_in(folder))
        found = {_name(os.path.relpath(path, folder)): path for path in files}
        where = f"in the folder {folder}"
    elif isinstance(pictures, Iterable) and not isinstance(pictures, Mapping | bytes):
        paths = [os.fspath(each) for each in pictures]
        found = {_name(path): os.path.abspath(path) for path in paths}
        where = "in the list"
    else:
        raise TypeError(
            "pictures must be the path of a folder, or a list of paths of pictures, but is "
            f"{pictures!r:.80}."
        )
    if not found:
        raise ValueError(
            f"There is no picture {where}. Pictures end in {', '.join(sorted(_endings()))}."
        )
    return dict(sorted(found.items()))


def folder_of(pictures: object) -> str:
    """The folder that the names of the pictures are seen from; "" for a list of paths."""
    if isinstance(pictures, str | os.PathLike):
        return str(local_path(pictures).absolute())
    return ""


def cut(names: Sequence[str], size: int | None) -> Iterator[tuple[str, Sequence[str]]]:
    """Parts of the pictures, in their order: the name of each part's file, and its pictures' names.

    Neither depends on how many workers there are.

    Args:
        names: of all pictures.
        size: pictures of a part; if None, the square root of all of them, but 8 to 1000.
    """
    size = size or min(max(isqrt(len(names)), _FEWEST), _MOST)
    for start in range(0, len(names), size):
        some = names[start : start + size]
        digest = blake2b("\n".join(some).encode(), digest_size=6).hexdigest()
        yield f"part-{start // size:06d}-{digest}.parquet", some


def _name(path: str) -> str:
    """A path as text for every system; bytes that are no UTF-8 are written as `\\xff`."""
    text = os.fsencode(path).decode("utf-8", "backslashreplace")
    return text.replace(os.sep, "/")


def _files_in(folder: Path) -> Iterator[str]:
    if not folder.exists():
        raise FileNotFoundError(f"There is no folder {folder}. It is seen from {Path.cwd()}.")
    if not folder.is_dir():
        raise NotADirectoryError(f"{folder} is no folder. A single picture goes in as a list.")
    endings = tuple(_endings())
    for place, below, files in os.walk(folder):
        below[:] = [each for each in below if not each.startswith(".")]
        for file in files:
            if file.lower().endswith(endings) and not file.startswith("."):
                yield os.path.join(place, file)


def _endings() -> set[str]:
    return {ending for ending, name in Image.registered_extensions().items() if name in FORMATS}
