"""Unit indexes as files in the cache folder, each under a name that says all it depends on."""

import logging
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from jaxtyping import UInt8

from sam_explore.fingerprints import fingerprint
from sam_explore.loading import cache_folder
from sam_explore.writing import write_whole

from .token_factors import FACTORS
from .unit_index import LayerIndex, UnitIndex
from .units import Layer

_LOG = logging.getLogger(__name__)
_FORMAT = 2  # another number where what is kept changes its meaning
_MOST = 6  # files; that of the shipped model over 256 scenes takes 7 MB
_OF_ALL = ("grid", "scenes", "factor", "tokens")
_NETWORKS = ("layers", "shuffled")


def name_of(run: str, scenes: int, first: UInt8[np.ndarray, "height width 3"]) -> str:
    """The name of the file of an index.

    Args:
        run: a fingerprint of the model and of all else that its tokens depend on.
        scenes: how many were counted.
        first: the picture of one of the scenes, so that scenes drawn otherwise count as others.
    """
    return f"{fingerprint((_FORMAT, run, scenes, FACTORS, first))}.npz"


def read(name: str) -> UnitIndex | None:
    """The index in a file; None where there is none, or a broken one."""
    try:
        with np.load(_folder() / name, allow_pickle=False) as file:
            arrays = {key: file[key] for key in file.files}
        found: dict[str, dict[Layer, dict[str, np.ndarray]]] = {each: {} for each in _NETWORKS}
        for key, array in arrays.items():
            array.setflags(write=False)
            if key not in _OF_ALL:
                network, kind, block, field = key.split("|")
                found[network].setdefault(Layer(kind, int(block)), {})[field] = array
        ours, shuffled = (
            {layer: LayerIndex(**fields) for layer, fields in found[each].items()}
            for each in _NETWORKS
        )
        rows, columns = map(int, arrays["grid"])
        counts = arrays["factor"], arrays["tokens"]
        return UnitIndex((rows, columns), int(arrays["scenes"]), *counts, ours, shuffled)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError, EOFError, BadZipFile) as error:
        _LOG.warning("%s can't be read and is made again: %s", _folder() / name, error)
        return None


def write(name: str, index: UnitIndex) -> None:
    """Keep an index, and of all the latest few; where that can't be, the log says why."""
    arrays: dict[str, Any] = {each: np.asarray(getattr(index, each)) for each in _OF_ALL}
    for network in _NETWORKS:
        for layer, one in getattr(index, network).items():
            for field, array in vars(one).items():
                arrays[f"{network}|{layer.kind}|{layer.block}|{field}"] = array
    content = BytesIO()
    np.savez_compressed(content, **arrays)
    try:
        _folder().mkdir(parents=True, exist_ok=True)
        write_whole(_folder() / name, content.getvalue())
        _drop_oldest()
    except OSError as error:
        _LOG.warning("The unit index is not kept in %s: %s", _folder(), error)


def _folder() -> Path:
    return cache_folder() / "unit_indexes"


def _drop_oldest() -> None:
    files = sorted(_folder().glob("*.npz"), key=lambda each: each.stat().st_mtime)
    for old in files[:-_MOST]:
        old.unlink(missing_ok=True)
