"""Finds what a file of torch.save refers to, without running any of its code.

PyTorch's own reader builds tensors and plain values only. This module decides which files that
reader gets, and what to report for a file that needs more.
"""

import pickletools
import re
import zipfile
from collections.abc import Iterator
from io import BufferedIOBase, BytesIO
from typing import IO, cast

_MOST_INSTRUCTIONS = 8_000_000  # bytes; for a checkpoint with an optimizer it has less than 1 MB
_PICKLES_OF_OLD = 4  # pickles in a file of the format before 2020, up to the one with the tensors


class Unreadable(ValueError):
    """The file can't come from torch.save; the message is the reason, as part of a sentence."""


def check_archive(file: BufferedIOBase, size: int) -> None:
    """Refuse an archive that would unpack to more than its size.

    Args:
        file: the archive.
        size: its bytes.

    Raises:
        Unreadable: it is damaged, compressed, or not an archive of torch.save.
    """
    try:
        parts = zipfile.ZipFile(file).infolist()
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError) as error:
        raise Unreadable("its list of parts is missing or broken") from error
    names = {part.filename.rpartition("/")[2] for part in parts}
    if "constants.pkl" in names:
        raise Unreadable("it is TorchScript, a program; save the module's state_dict() instead")
    if any(name.endswith(".npy") for name in names):
        raise Unreadable("it is an archive of NumPy arrays")
    if "data.pkl" not in names:
        raise Unreadable("it is an archive of something else; if a checkpoint is in it, unpack it")
    if any(part.compress_type != zipfile.ZIP_STORED for part in parts):
        raise Unreadable("its parts are compressed, which torch.save never does")
    if sum(part.file_size for part in parts) > size:
        raise Unreadable("its parts claim to be larger than the file")
    instructions = max(part.file_size for part in parts if part.filename.endswith("data.pkl"))
    _check_instructions(instructions)


def references(file: BufferedIOBase, kind: str) -> list[str]:
    """The names of the functions and classes that a file refers to, without repeats.

    Args:
        file: an output of torch.save.
        kind: "zip", after `check_archive`, or "pickle" for the format before 2020.

    Raises:
        Unreadable: it is damaged, or has more instructions than any checkpoint.
    """
    file.seek(0)
    if kind == "zip":
        archive = zipfile.ZipFile(file)
        (name, *_) = (each for each in archive.namelist() if each.endswith("data.pkl"))
        try:
            file = BytesIO(archive.read(name))
        except Exception as error:  # a damaged archive can raise nearly any error
            raise Unreadable("its list of contents is damaged") from error
    return list(dict.fromkeys(_names(file, 1 if kind == "zip" else _PICKLES_OF_OLD)))


def is_plain(reference: str) -> bool:
    """Whether it is what torch.save writes for tensors, dicts and numbers."""
    return bool(_PLAIN.fullmatch(reference))


def _names(file: BufferedIOBase, pickles: int) -> Iterator[str]:
    texts: list[str] = []
    for _ in range(pickles):
        try:
            for instruction, argument, _ in pickletools.genops(cast(IO[bytes], file)):
                _check_instructions(file.tell())
                if instruction.name == "GLOBAL":
                    yield str(argument).replace(" ", ".", 1)
                elif instruction.name == "STACK_GLOBAL":
                    yield ".".join(texts[-2:])
                elif isinstance(argument, str):
                    texts = [*texts[-1:], argument]
        except Unreadable:
            raise
        except Exception as error:  # a damaged pickle can raise nearly any error
            raise Unreadable("foreign or broken pickle") from error


def _check_instructions(size: int) -> None:
    if size > _MOST_INSTRUCTIONS:
        raise Unreadable(f"its list of contents takes more than {_MOST_INSTRUCTIONS / 1e6:.0f} MB")


# What torch.save writes for tensors, and its reader accepts.
_PLAIN = re.compile(
    r"torch\.(_utils\._rebuild_\w+|\w*Storage|storage\.\w+|Size|Tensor|device|[a-z]+\d+\w*|bool|"
    r"nn\.parameter\.Parameter|serialization\._get_layout)"
    r"|collections\.(OrderedDict|Counter)|_codecs\.encode|(__builtin__|builtins)\.(bytearray|set|complex)"
)
