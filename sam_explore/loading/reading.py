"""The tensors of a file under the names in the file; code in a file never runs."""

import pickle
import re
from collections.abc import Mapping
from pathlib import Path

import safetensors
import safetensors.torch
import torch
from torch import Tensor

from .downloading import OFFICIAL

# Under these a training script keeps the state dict, beside its optimizer and the like.
_WRAPPERS = ("model", "model_state", "model_state_dict", "state_dict")


def read_weights(path: Path) -> dict[str, Tensor]:
    """The tensors of a file as fp32, by the names in the file. Never runs code from the file.

    A state dict that is wrapped in a training checkpoint, such as {"model": ..., "epoch": ...}, is
    taken out of it.

    Raises:
        ValueError: the file is truncated, holds code, or holds something else than named tensors.
    """
    if path.suffix.lower() == ".safetensors":
        weights = _read_safetensors(path)
    else:
        weights = _read_pickle(path)
    return {
        name: tensor.detach().float() if tensor.is_floating_point() else tensor
        for name, tensor in weights.items()
    }


def _read_safetensors(path: Path) -> dict[str, Tensor]:
    try:
        return safetensors.torch.load_file(path)
    except (safetensors.SafetensorError, OSError) as error:
        raise _unreadable(path, "a safetensors file", str(error)) from error


def _read_pickle(path: Path) -> dict[str, Tensor]:
    with path.open("rb") as file:
        start = file.read(40)
    if start and not start.startswith((b"PK", b"\x80")):  # neither an archive nor a pickle
        raise ValueError(
            f"{path.name} is no PyTorch file: it begins with {start!r}. Expected a state dict that "
            "was saved with torch.save. If the download gave a web page or a pointer to the file, "
            "download the file itself."
        )
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        # The cause is left out: it advises to switch off the protection.
        code = re.search(r"GLOBAL (\S+)", str(error))
        if code is None:
            raise _unreadable(path, "a PyTorch file", "foreign or broken pickle") from None
        raise _holds_code(path, code[1]) from None
    except Exception as error:  # of a damaged file torch raises nearly any kind
        reason = str(error).splitlines()[0] if str(error) else "it ends too early"
        raise _unreadable(path, "a PyTorch file", reason) from error
    weights = _unwrapped(content)
    if weights is None:
        raise ValueError(
            f"{path.name} should hold a state dict, names with tensors, by itself or under one of "
            f"{', '.join(map(repr, _WRAPPERS))}, but holds {_describe(content)}. Save the model's "
            "state_dict() and load that."
        )
    return dict(weights)


def _unwrapped(content: object) -> Mapping[str, Tensor] | None:
    """The state dict in what was read, or None."""
    if _is_state_dict(content):
        return content
    if isinstance(content, Mapping):
        inside = (content.get(wrapper) for wrapper in _WRAPPERS)
        return next((each for each in inside if _is_state_dict(each)), None)
    return None


def _is_state_dict(content: object) -> bool:
    return isinstance(content, Mapping) and all(
        isinstance(name, str) and isinstance(value, Tensor) for name, value in content.items()
    )


def _holds_code(path: Path, reference: str) -> ValueError:
    message = (
        f"{path.name} holds more than plain tensors: it refers to {reference}, as a pickled model "
        "does. Loading it could run code, so it is refused. "
    )
    if "segment_anything" in reference:
        # SlimSAM's globally pruned files are of this kind, with other widths in every block.
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


def _unreadable(path: Path, kind: str, reason: str) -> ValueError:
    official = next((each for each in OFFICIAL.values() if each.file == path.name), None)
    sizes = "Compare its size with the original's and download"
    if official:
        bytes_here = f"It has {path.stat().st_size:,} bytes, the official file {official.bytes:,}."
        sizes = f"{bytes_here} Download"
    return ValueError(
        f"{path.name} could not be read as {kind} of plain tensors ({reason}). It is probably "
        f"truncated, or of another kind than its ending says. {sizes} it again."
    )


def _describe(content: object) -> str:
    if isinstance(content, Mapping):
        return f"a dict with {', '.join(repr(key) for key in list(content)[:5])}"
    return f"a {type(content).__name__}"
