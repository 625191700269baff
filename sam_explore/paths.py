"""A path as people paste it, and what it means: quotes, `~` and `file:` addresses."""

import os
import re
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname


def local_path(given: str | os.PathLike[str]) -> Path:
    """The path that is meant. There need not be anything at it.

    Taken off are the quotes that Windows' "Copy as path" puts around, if nothing of that very name
    is there; `~` is the home folder, and `file:///…` the path in it.

    Raises:
        ValueError: a `file:` address of another machine.
    """
    text = os.fspath(given)
    if isinstance(given, str) and not Path(text).exists():
        text = _unquoted(text)
        if re.match(r"file:/", text, re.IGNORECASE):
            text = _of_address(text)
    return Path(text).expanduser()


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
