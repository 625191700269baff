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
    return Path(meant(os.fspath(given))).expanduser()


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
