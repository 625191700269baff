"""Resolves the source of `load`: the shipped file, a release by name, or a path."""

import os
import re
from difflib import get_close_matches
from importlib.resources import files
from pathlib import Path

from sam_explore.paths import at_home, meant

from .downloading import OFFICIAL, download
from .printable_names import listed

WEIGHT_SUFFIXES = (".pth", ".pt", ".bin", ".safetensors")
INDEX = ".index.json"  # the ending of the index of a checkpoint in parts
# Hugging Face's names for the weights in a folder; the first that exists counts.
_OF_FOLDERS = ("model.safetensors", "pytorch_model.bin")
NAMES = ("toy", *OFFICIAL)


def weights_file(source: str | os.PathLike[str] | None) -> Path:
    """The file of weights for a source of `load`; a release given by name is downloaded.

    For a folder, the file in it or the index of its parts; for a part, that index too.

    Raises:
        FileNotFoundError, IsADirectoryError: there is no such file.
        ValueError: an unknown name, or a web address.
        OSError: the download failed.
    """
    if source is None or source == "toy":
        return shipped_weights()
    if isinstance(source, str) and source in OFFICIAL:
        return download(source)
    given = meant(os.fspath(source))
    if not given.strip():
        raise ValueError(
            "The source of the weights is an empty text. Give a path or a name; None means the "
            "small model that ships, and '.' the weights in this folder."
        )
    path = at_home(given)
    if path.is_dir():
        return _in_folder(path)
    if path.is_file():
        return _list_of_parts(path) or path
    raise _no_file(given, path)


def shipped_weights() -> Path:
    """The path of the toy model's file inside the package."""
    return Path(str(files("sam_explore") / "toy" / "weights.safetensors"))


def close_names(wanted: str) -> list[str]:
    """Similar names, one of which may be meant."""
    size = re.search(r"vit[-_ ]?(b|l|h)(?![a-z]*t)", wanted.lower())
    if size:
        return [f"vit_{size[1]}"]
    return get_close_matches(wanted.lower(), NAMES, n=3, cutoff=0.5)


def unknown_name(wanted: str) -> ValueError:
    """The error for an unknown name of a model."""
    close = close_names(wanted)
    hint = f" Did you mean {' or '.join(map(repr, close))}?" if close else ""
    return ValueError(
        f"No model is named {wanted!r}, and there is no such file.{hint} Names are "
        f"{', '.join(NAMES)}; anything else is the path of a .pth or .safetensors file."
    )


def _no_file(given: str, path: Path) -> Exception:
    """The error for something that is neither a name nor a file."""
    if re.match(r"\w[\w+.-]*:/", given) and not re.match(r"\w:", given):
        return _address(given)
    if path.exists():
        return ValueError(
            f"{path} is a device or a pipe. Weights are read from regular files only."
        )
    if path.suffix.lower() not in WEIGHT_SUFFIXES and len(path.parts) == 1:
        return unknown_name(given)
    return FileNotFoundError(
        f"Expected a weights file at {path}, but there is none.{_advice(given, path)} Give the "
        "path of a .pth or .safetensors file, or call load() without a path for the toy model."
    )


def _advice(given: str, path: Path) -> str:
    """Advice for a path that doesn't exist; empty, or a sentence after a space."""
    official = next((name for name in OFFICIAL if OFFICIAL[name].file == path.name), None)
    if official:
        return f' load("{official}") downloads it.'
    if path.parent.is_dir():
        near = get_close_matches(path.name, [file.name for file in weights_in(path.parent)], n=3)
        return f" Did you mean {' or '.join(near)} in the same folder?" if near else ""
    close = [name for name in close_names(given) if name in OFFICIAL]
    if close and not path.suffix:  # may be the name of a repository
        return f' Did you mean the release, load("{close[0]}")?'
    return f" Its folder {path.parent} doesn't exist either."


def _address(given: str) -> ValueError:
    official = next((name for name in OFFICIAL if OFFICIAL[name].url == given), None)
    if official:
        advice = f'This one has a name: load("{official}") downloads and checks it.'
    else:
        advice = "Download it from where you trust it, and give the path of the file."
    return ValueError(f"load takes files and names, not addresses of the web ({given}). {advice}")


def _in_folder(folder: Path) -> Path:
    """The weights file in a folder such as save_pretrained writes."""
    for name in _OF_FOLDERS:
        for each in (folder / name, folder / f"{name}{INDEX}"):
            if each.is_file():
                return each
    snapshots = sorted((folder / "snapshots").glob("*/"))  # in Hugging Face's cache
    if len(snapshots) == 1:
        return _in_folder(snapshots[0])
    found = weights_in(folder)
    if len(found) == 1:
        return found[0]
    if found:
        names = listed([file.name for file in found], most=5)
        advice = f"It holds {names}: give the path of the file."
    else:
        advice = "It holds no .pth or .safetensors file."
    raise IsADirectoryError(f"Expected a weights file, but {folder} is a folder. {advice}")


def _list_of_parts(part: Path) -> Path | None:
    """The index that a part of a checkpoint belongs to, if it is next to the part."""
    match = re.fullmatch(r"(.+)-\d+-of-\d+(\.\w+)", part.name)
    index = part.with_name(f"{match[1]}{match[2]}{INDEX}") if match else part
    return index if index != part and index.is_file() else None


def weights_in(folder: Path) -> list[Path]:
    """The weights files in a folder, by their suffixes."""
    return sorted(each for each in folder.iterdir() if each.suffix.lower() in WEIGHT_SUFFIXES)
