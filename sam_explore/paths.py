"""Paths as users type or paste them: with quotes, `~` or a `file:` address."""

import os
import re
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname


def local_path(given: str | os.PathLike[str]) -> Path:
    """The path that is meant, with the home folder for `~`. It does not have to exist.

    Raises ValueError for a `file:` address of another machine.
    """
    return at_home(meant(os.fspath(given)))


def at_home(path: str | os.PathLike[str]) -> Path:
    """The path with the home folder for `~`; as it is if there is no such user."""
    try:
        return Path(path).expanduser()
    except RuntimeError:
        return Path(path)


def check_target(file: Path) -> None:
    """Raise ValueError where no file can be written: in no folder, or in place of one.

    For what takes long, so that it is not computed in vain.
    """
    if not file.parent.is_dir():
        raise ValueError(f"There is no folder {file.parent} to write {file.name} into.")
    if file.is_dir():
        raise ValueError(f"{file} is a folder. Give the name of a file to write.")


def meant(text: str) -> str:
    """The typed or pasted text without what copying added to it.

    That is the quotes of Windows' "Copy as path", unless there is a file of exactly that name,
    and `file:///` before a path.

    Raises ValueError for a `file:` address of another machine.
    """
    if os.path.lexists(text):
        return text
    text = _unquoted(text)
    return _of_address(text) if re.match(r"file:/", text, re.IGNORECASE) else text


def _unquoted(text: str) -> str:
    text = text.strip()
    is_quoted = len(text) > 1 and text[0] == text[-1] and text[0] in "\"'"
    return text[1:-1] if is_quoted else text


def _of_address(address: str) -> str:
    parts = urlsplit(address)
    if parts.netloc not in ("", "localhost"):
        raise ValueError(
            f"{address} is a file of another machine, {parts.netloc}. Give the path under which it "
            "is mounted here."
        )
    return url2pathname(parts.path)
