"""Writes files safely: never through a symbolic link, and completely or not at all."""

import os
import stat
from io import BufferedIOBase
from pathlib import Path
from tempfile import NamedTemporaryFile

_NO_LINK = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)


def write_whole(path: Path, content: bytes) -> None:
    """Write a file in one step: what was there before is replaced, and so is a symbolic link.

    Raises OSError, and then leaves the old file as it was.
    """
    with NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as file:
        try:
            file.write(content)
            file.close()
            publish(Path(file.name), path)
        except BaseException:
            file.close()
            os.unlink(file.name)
            raise


def publish(private: Path, path: Path) -> None:
    """Give a file of ours its final name, with the usual permissions of a new file."""
    os.chmod(private, 0o666 & ~_umask())
    os.replace(private, path)


def open_private(path: Path) -> BufferedIOBase:
    """A new file that only this user may read. It replaces an old file or link of that name."""
    path.unlink(missing_ok=True)
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _NO_LINK, 0o600), "wb")


def open_own(path: Path) -> BufferedIOBase:
    """Open a file of this user's for appending.

    Raises OSError if it is a symbolic link, or a file that `is_own` refuses.
    """
    file = os.fdopen(os.open(path, os.O_WRONLY | os.O_APPEND | _NO_LINK), "ab")
    if not _is_own(os.fstat(file.fileno())):
        file.close()
        raise OSError(f"{path} is no file of yours alone.")
    return file


def is_own(path: Path) -> bool:
    """Whether it is a regular file of this user's with this name only, no hard links."""
    try:
        return _is_own(path.lstat())
    except FileNotFoundError:
        return False


def _is_own(found: os.stat_result) -> bool:
    is_mine = not hasattr(os, "getuid") or found.st_uid == os.getuid()
    return stat.S_ISREG(found.st_mode) and is_mine and found.st_nlink == 1


def _umask() -> int:
    """The process's umask; it can only be read by setting it."""
    mask = os.umask(0)
    os.umask(mask)
    return mask
