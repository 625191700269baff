"""Files that are written as new ones: never through a symbolic link, and whole or not at all."""

import os
import stat
from io import BufferedIOBase
from pathlib import Path
from tempfile import NamedTemporaryFile

_NO_LINK = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)


def write_whole(path: Path, content: bytes) -> None:
    """Write a file in one step: what was there before is replaced, and so is a symbolic link.

    Raises OSError, and then leaves what was there as it was.
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
    """Give a file of our own its name, with the rights that new files have here."""
    os.chmod(private, 0o666 & ~_umask())
    os.replace(private, path)


def open_private(path: Path) -> BufferedIOBase:
    """A new file that only this user may read; what was there by that name, or a link, is gone."""
    path.unlink(missing_ok=True)
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _NO_LINK, 0o600), "wb")


def open_own(path: Path) -> BufferedIOBase:
    """A file of this user's, to be gone on with at its end.

    Raises OSError where it is a symbolic link, or is no file that `is_own` takes.
    """
    file = os.fdopen(os.open(path, os.O_WRONLY | os.O_APPEND | _NO_LINK), "ab")
    if not _is_own(os.fstat(file.fileno())):
        file.close()
        raise OSError(f"{path} is no file of yours alone.")
    return file


def is_own(path: Path) -> bool:
    """Whether it is a regular file of this user's, under this name alone."""
    try:
        return _is_own(path.lstat())
    except FileNotFoundError:
        return False


def _is_own(found: os.stat_result) -> bool:
    is_mine = not hasattr(os, "getuid") or found.st_uid == os.getuid()
    return stat.S_ISREG(found.st_mode) and is_mine and found.st_nlink == 1


def _umask() -> int:
    """What new files are not allowed; it can only be read by setting it."""
    mask = os.umask(0)
    os.umask(mask)
    return mask
