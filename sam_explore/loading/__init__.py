"""Loads a Sam from a file, or by the name of a release.

`sources` finds the file and `downloading` fetches a release by name. `reading` reads the tensors
without running any code in the file: `file_signatures` and `pickles` detect its format,
`tensor_selection` selects the tensors of a SAM, and `tensor_checks` checks them.
`weight_publishers` tells by the names whose weights they are, and converts the names to this
package's own, `related_networks` recognises files of other networks, and `sizes` builds the network
from the shapes.
"""

import os
from collections.abc import Mapping
from io import BytesIO, TextIOBase
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from sam_explore.model import Sam
from sam_explore.model.weight_digests import all_weights_of
from sam_explore.provenance import Origin, note_model

from .downloading import OFFICIAL, Release, cache_folder, download, downloaded, sha256_of
from .reading import called, read_weights
from .sizes import config_from_shapes, empty_sam
from .sources import NAMES, close_names, shipped_weights, weights_file, weights_in
from .weight_publishers import official_from, official_names, our_names, rename_official

__all__ = [
    "NAMES",
    "OFFICIAL",
    "Release",
    "cache_folder",
    "check_device",
    "close_names",
    "config_from_shapes",
    "download",
    "downloaded",
    "load",
    "official_from",
    "official_names",
    "our_names",
    "read_weights",
    "rename_official",
    "sam_from",
    "sha256_of",
    "shipped_weights",
    "warm_up",
    "weights_file",
    "weights_in",
]

_warm: dict[tuple[Path, int, int], Sam] = {}  # by path, time of writing and bytes


def warm_up(source: str | Path | None = None) -> None:
    """Load a model in advance; the next `load` of the same source returns this object.

    Processes forked in between share its memory.
    """
    path = weights_file(source)
    file = _stamped(path)
    _warm[file] = sam_from(read_weights(path), path.name)
    all_weights_of(_warm[file])  # hashed once, before the forks


def _stamped(path: Path) -> tuple[Path, int, int]:
    about = path.stat()
    return path, about.st_mtime_ns, about.st_size


@torch.inference_mode(False)  # its tensors could not be used with gradients later
def load(
    source: object = None,
    *,
    device: str | torch.device = "cpu",
    dtype: str | torch.dtype = torch.float32,
) -> Sam:
    """A Sam with its weights, ready for `encode` and `predict`.

    Args:
        source: None or "toy" for the small model that ships with the package. "vit_b", "vit_l" or
            "vit_h" for an official release, which is downloaded if it isn't in the cache yet. Or
            the path of a `.pth` or `.safetensors` file of a SAM v1 network of any size, in the
            official layout, that of Hugging Face's SamModel, or this package's own; or of a folder
            with one, or with its parts and their list. A `Path` is always a file, and so is
            "./vit_b". Or a state dict, alone or inside a dict; or an open binary file.
            docs/weights.md lists which files are supported.
        device: where to put the weights.
        dtype: torch.float32, or torch.bfloat16 for matrix products of the image encoder's blocks
            in bf16, also as "float32" and "bfloat16". Everything else stays in fp32: the residual
            stream, the attention weights, the position encodings and the decoder. docs/weights.md
            says what that costs.

    Raises:
        FileNotFoundError, IsADirectoryError: there is no such file.
        OSError: a download failed.
        TypeError: another type.
        ValueError: an unavailable device, an unknown name, or a file that is truncated, contains
            code, or is not a SAM v1 network; the message says which, and what to do.
    """
    precision = _precision(dtype)
    check_device(device)
    given = _given(source)
    sam = _warm.pop(_stamped(given), None) if isinstance(given, Path) else None
    if sam is None:
        sam = sam_from(read_weights(given), called(given), device=device)
    else:
        sam = sam.to(device)
    sam.multiply_in(precision)
    note_model(sam, _origin(source, device, precision))
    all_weights_of(sam)  # hashed now, so that later changes are detected
    return sam


def check_device(device: str | torch.device) -> None:
    """Raise ValueError for a device that PyTorch can't use here, before a large file is read."""
    try:
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        why = str(error).strip().splitlines()[0]
        raise ValueError(
            f"device must be one that PyTorch reaches here, such as {_devices()}, but is "
            f"{str(device)!r}: {why}. Leave it away for the CPU. A GPU needs its driver and a "
            "build of PyTorch for it: https://pytorch.org/get-started/locally."
        ) from error


def _devices() -> str:
    found = ["'cpu'", *(f"'cuda:{index}'" for index in range(torch.cuda.device_count()))]
    return " or ".join(found)


_PRECISIONS = {"float32": torch.float32, "bfloat16": torch.bfloat16}


def _precision(dtype: Any) -> torch.dtype:
    known: Any = _PRECISIONS.get(dtype, dtype) if isinstance(dtype, str) else dtype
    if known not in _PRECISIONS.values():
        raise ValueError(
            f"dtype must be torch.float32 or torch.bfloat16, or one of them by name, not {dtype!r}."
        )
    return known


def _given(source: object) -> Path | Mapping | BytesIO:
    """The file to read, or the state dict or open file that was given instead."""
    if source is None or isinstance(source, str | os.PathLike):
        return weights_file(source)
    if isinstance(source, Mapping):
        return source
    if hasattr(source, "read"):
        if isinstance(source, TextIOBase):
            raise TypeError('Expected a binary file; this one reads text. Open it with "rb".')
        return BytesIO(source.read())
    advice = ""
    if isinstance(source, nn.Module):
        advice = " Give its weights: load(model.state_dict())."
    elif isinstance(source, bytes | bytearray):
        advice = " Give the bytes as a file: load(io.BytesIO(content))."
    raise TypeError(
        "Expected the name of a release, the path of a file or folder, a state dict or an open "
        f"file, not {type(source).__name__}.{advice}"
    )


def _origin(source: object, device: str | torch.device, precision: torch.dtype) -> Origin:
    """The call that loads this again."""
    if not (source is None or isinstance(source, str | os.PathLike)):
        return Origin("sx.load(weights)", "weights is the state dict or the file that was given")
    given = [] if source in (None, "toy") else [repr(str(source))]
    if isinstance(source, Path) and str(source) in NAMES:  # a file with the name of a release
        given = [repr(f"./{source}")]
    if str(device) != "cpu":
        given.append(f"device={str(device)!r}")
    if precision is not torch.float32:
        given.append('dtype="bfloat16"')
    return Origin(f"sx.load({', '.join(given)})")


def sam_from(
    weights: Mapping[str, Tensor], source: str, *, device: str | torch.device = "cpu"
) -> Sam:
    """A Sam with these weights, in any layout that `load` accepts; the tensors are not copied.

    Raises ValueError, naming `source`, if they are not those of a SAM v1 network.
    """
    weights = our_names(weights, source)
    sam = empty_sam(weights, source)
    sam.load_state_dict(weights, assign=True)
    return sam.eval().requires_grad_(False).to(device)
