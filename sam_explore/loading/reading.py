"""Reads the tensors of a file under the file's own names; code in a file never runs.

A file is memory-mapped, and its header is checked first. Numbers are read last, and only those of
the SAM in it.
"""

import json
import pickle
from collections.abc import Collection, Mapping
from io import BufferedIOBase
from pathlib import Path
from typing import Any

import safetensors
import safetensors.torch
import torch
from torch import Tensor, nn

from .downloading import OFFICIAL
from .file_signatures import START, kind_of, looks_like
from .metadata import is_metadata, lines_that_save_again
from .pickles import Unreadable, check_archive, is_plain, references
from .printable_names import listed, shown
from .sizes import empty_sam
from .sources import INDEX
from .tensor_checks import as_float32, judge
from .tensor_selection import find_sam
from .weight_publishers import our_names

_LONGEST_INDEX = 50_000_000  # bytes
_DEEPEST = 5  # levels of nested dicts that are searched for weights


def read_weights(source: Path | Mapping | BufferedIOBase, name: str = "") -> dict[str, Tensor]:
    """The weights of a SAM as fp32, in the layout of the file. Never runs code from the file.

    Prefixes and surrounding dicts do not matter. Warns about tensors that are not part of a SAM,
    by name.

    Args:
        source: a file, the index of a checkpoint in several files, a dict with tensors in it, or an
            open file.
        name: the source's name in messages.

    Raises:
        ValueError: it is truncated, contains code, or is not a SAM v1; or one of its tensors can't
            be a weight, and the message names it.
    """
    name = name or called(source)
    nested: list[str] = []
    tensors = _flat(_content(source, name), name, nested)
    weights = find_sam(tensors, name, nested)
    judge(weights, name)
    empty_sam(our_names(weights, name), name)
    return as_float32(weights, name)


def called(source: Path | Mapping | BufferedIOBase) -> str:
    """The name of a source in messages."""
    if isinstance(source, Path):
        return source.name
    if isinstance(source, Mapping):
        return "state dict"
    return "the open file"


def _content(source: Path | Mapping | BufferedIOBase, name: str) -> object:
    if isinstance(source, Mapping):
        return source
    if isinstance(source, Path):
        if source.name.endswith(INDEX):
            return _of_parts(source)
        with source.open("rb") as file:
            return _of_file(file, name, source)
    return _of_file(source, name, None)


def _of_parts(index: Path) -> dict[str, Tensor]:
    """All tensors of the files that an index lists."""
    try:
        with index.open("rb") as file:
            text = file.read(_LONGEST_INDEX)
        parts = dict.fromkeys(json.loads(text)["weight_map"].values())
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError(
            f"{index.name} should list the files of a checkpoint in several parts, under "
            "'weight_map', as Hugging Face's save_pretrained writes it, and does not."
        ) from error
    content: dict[str, Tensor] = {}
    for part in parts:
        if not isinstance(part, str) or Path(part).name != part or part.endswith(INDEX):
            raise ValueError(
                f"{index.name} names a file outside its folder, which is not read: it should list "
                "the names of files next to it."
            )
        if not (index.parent / part).is_file():
            raise ValueError(
                f"{index.name} lists {shown(part)}, which is not next to it. Bring all parts of "
                "the checkpoint into one folder."
            )
        content |= _flat(_content(index.parent / part, part), part, [])
    return content


def _of_file(file: BufferedIOBase, name: str, path: Path | None) -> object:
    start = file.read(START)
    kind = kind_of(start)
    if kind == "safetensors":
        return _of_safetensors(file, name, path)
    if kind is None:
        reason = f"it looks like {looks_like(start)}"
        if name.lower().endswith(".safetensors"):
            raise _unreadable(name, path, "a safetensors file", reason)
        raise ValueError(_no_weights(name, start, reason))
    try:
        return _of_torch_save(file, name, path, kind)
    except Unreadable as error:
        raise _unreadable(name, path, "a PyTorch file", str(error)) from error


def _no_weights(name: str, start: bytes, reason: str) -> str:
    if "ONNX" in reason or name.lower().endswith(".onnx"):
        return (
            f"{name} is ONNX: a graph to be run, in which the weights have lost their names, so "
            "nothing inside it can be shown. Load the checkpoint that it was exported from."
        )
    return (
        f"{name} is no PyTorch file: {reason}. Expected a state dict that was saved with "
        "torch.save, or safetensors. If the download gave a web page or a pointer to the file, "
        "download the file itself."
    )


def _of_safetensors(file: BufferedIOBase, name: str, path: Path | None) -> dict[str, Tensor]:
    try:
        if path is None:
            file.seek(0)
            return safetensors.torch.load(file.read())
        return safetensors.torch.load_file(path)  # memory-mapped, so nothing is read yet
    except KeyError as error:  # a type that is known in files alone
        reason = f"it has numbers of the type {error}; give the path of the file"
        raise _unreadable(name, path, "a safetensors file", reason) from error
    except (safetensors.SafetensorError, OSError, ValueError) as error:
        reason = "its list of tensors is broken or does not match its size"
        raise _unreadable(name, path, "a safetensors file", reason) from error


def _of_torch_save(file: BufferedIOBase, name: str, path: Path | None, kind: str) -> object:
    size = file.seek(0, 2)
    if kind == "zip":
        check_archive(file, size)
    named = references(file, kind)
    file.seek(0)
    # Mapped data is neither unpacked nor read. The older format can't be mapped. Given a path,
    # PyTorch would choose the reader by the suffix, not by the content.
    mapped = kind == "zip" and path is not None and path.suffix != ".safetensors"
    source: Any = path if mapped else file
    try:
        return torch.load(source, map_location="cpu", weights_only=True, mmap=mapped)
    except pickle.UnpicklingError:
        # The cause is left out, since it advises turning off the protection.
        if all(map(is_plain, named)):
            raise Unreadable("foreign or broken pickle") from None
        raise _holds_code(name, path, named) from None
    except Exception as error:  # for a damaged file torch can raise nearly any error
        raise Unreadable("it is damaged, or ends too early") from error


def _flat(content: object, name: str, nested: list[str]) -> dict[str, Tensor]:
    """All named tensors in nested dicts; the names of the inner dicts are added to `nested`."""
    tensors: dict[str, Tensor] = {}
    seen: set[int] = set()  # a dict may contain itself, or another one a thousand times

    def look(inside: Mapping, prefix: str, depth: int) -> None:
        seen.add(id(inside))
        for key, value in inside.items():
            if not isinstance(key, str):
                continue
            if isinstance(value, Tensor):
                tensors[prefix + key] = value
            elif isinstance(value, Mapping) and id(value) not in seen and depth < _DEEPEST:
                nested.append(prefix + key)
                look(value, f"{prefix}{key}.", depth + 1)

    if isinstance(content, Mapping):
        look(content, "", 1)
    if not tensors and content != {}:
        raise ValueError(
            f"{name} should hold a state dict, names with tensors, by itself or in a dict, but "
            f"holds {_describe(content)}. Save the model's state_dict() and load that."
        )
    return tensors


def _holds_code(name: str, path: Path | None, named: Collection[str]) -> ValueError:
    foreign = [each for each in named if not is_plain(each)]
    if is_metadata(foreign) and any("_rebuild_" in each for each in named):
        file = str(path) if path else name
        return ValueError(
            f"{name} holds tensors and, next to them, metadata of kinds that can't be read without "
            f"allowing them ({listed(foreign)}), such as a script's settings. Only the metadata is "
            "in the way, not the model. If you trust the file, these lines save its weights alone, "
            f"and allow nothing but these kinds:\n\n{lines_that_save_again(file, foreign)}"
        )
    message = (
        f"{name} holds more than plain tensors: it refers to {listed(foreign)}, as a pickled model "
        "does. Loading it could run code, so it is refused. "
    )
    if any("segment_anything" in reference for reference in foreign):
        # SlimSAM's globally pruned files are like this, with different widths in every block.
        message += (
            "It seems to be a whole SAM, as the pruned SlimSAM files are. Those were pruned to "
            "another width in each block, which no SAM v1 network has, so that even their weights "
            'alone would not fit; take SlimSAM-uniform instead, or load("vit_b"). Of any other '
            "one save the state_dict() where you trust the file, best as safetensors, and load "
            "that."
        )
    else:
        message += "Save the model's state_dict(), best as safetensors, and load that."
    return ValueError(message)


def _unreadable(name: str, path: Path | None, kind: str, reason: str) -> ValueError:
    official = next((each for each in OFFICIAL.values() if each.file == name), None)
    sizes = "Compare its size with the original's and download"
    if official and path:
        bytes_here = f"It has {path.stat().st_size:,} bytes, the official file {official.bytes:,}."
        sizes = f"{bytes_here} Download"
    return ValueError(
        f"{name} could not be read as {kind} of plain tensors ({reason}). It is probably "
        f"truncated, or of another kind than its ending says. {sizes} it again."
    )


def _describe(content: object) -> str:
    if isinstance(content, Mapping):
        keys = ", ".join(shown(repr(key)) for key in list(content)[:5])
        are_arrays = any(type(value).__module__ == "numpy" for value in content.values())
        return f"a dict with {keys}{_ARRAYS if are_arrays else ''}"
    if isinstance(content, nn.Module):
        return "a module"
    return f"a {type(content).__name__}"


_ARRAYS = ", of which some are arrays; torch.from_numpy makes tensors of them"
