"""Training scenes, drawn once and kept in memory-mapped files.

A scene is drawn on first use, so training can begin with an empty folder. Which scenes it sees does
not depend on what the folder already contains. Several processes may share a folder.
"""

from collections.abc import Sequence
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Int, UInt8
from torch import Tensor

from sam_explore.scenes.composition import clear_scene, scene
from sam_explore.scenes.ground_truth import LEVELS, Scene

# Seeds below this one are set aside for examples and exams; training draws from here upwards.
FIRST_TRAINING_SEED = 1_000_000
SIZE = 256  # side of the pictures in pixels
MOST_REGIONS = 255  # with 0 for the background, a region's number fits into one byte
_SEEDS_A_CACHE = 10_000_000  # if a scene can't be used, this is added to its seed
_CLEAR_OF_FIVE = 3


class Scenes(NamedTuple):
    """The scenes of a batch.

    pictures: RGB, 0 to 255.
    deepest: for each pixel the number of the smallest region there, from 1; 0 where there is none.
    above: for each of these numbers the whole, the part and the sub-part that contain it, or 0.
    """

    pictures: UInt8[Tensor, "scene size size 3"]
    deepest: UInt8[Tensor, "scene size size"]
    above: UInt8[Tensor, "scene 256 3"]


class SceneCache:
    """A fixed number of scenes: three of five are clear ones, the others varied ones.

    Args:
        folder: where the files are, or will be made.
        scenes: how many; a folder made for a different number is refused.
        size: side of the pictures in pixels.

    Raises:
        ValueError: the folder holds scenes of another number or size.
    """

    def __init__(self, folder: Path, scenes: int, size: int = SIZE):
        self.scenes, self.size = scenes, size
        folder.mkdir(parents=True, exist_ok=True)
        self._pictures = _mapped(folder / "pictures.npy", (scenes, size, size, 3))
        self._deepest = _mapped(folder / "deepest.npy", (scenes, size, size))
        self._above = _mapped(folder / "above.npy", (scenes, MOST_REGIONS + 1, len(LEVELS)))
        self._drawn = _mapped(folder / "drawn.npy", (scenes,))

    @property
    def drawn(self) -> Int[np.ndarray, "scene"]:
        """The indices of the scenes drawn so far."""
        return np.flatnonzero(self._drawn)

    def get(self, indices: Sequence[int]) -> Scenes:
        """Return these scenes; draw those that have not been drawn yet."""
        for index in indices:
            self.draw(index)
        rows = np.asarray(indices)
        kept = (self._pictures, self._deepest, self._above)
        return Scenes(*(torch.from_numpy(array[rows]) for array in kept))

    def draw(self, index: int) -> None:
        """Draw and store a scene, unless it is there."""
        if self._drawn[index]:
            return
        drawn = training_scene(index, self.size)
        deepest, above = _packed(drawn)
        self._pictures[index], self._deepest[index], self._above[index] = (
            drawn.image, deepest, above,
        )  # fmt: skip
        self._drawn[index] = 1  # set last, since other processes read the arrays once it is set


def fill(folder: Path, scenes: int, rank: int = 0, stride: int = 1, size: int = SIZE) -> None:
    """Draw the missing scenes of a cache: all, or every `stride`-th one from `rank` on."""
    cache = SceneCache(folder, scenes, size)
    for index in range(rank, scenes, stride):
        cache.draw(index)


def training_scene(index: int, size: int) -> Scene:
    """Draw the scene of an index. Its last digit decides whether it is a clear or a varied one."""
    draw = clear_scene if index % 5 < _CLEAR_OF_FIVE else scene
    seeds = count(FIRST_TRAINING_SEED + index, _SEEDS_A_CACHE)
    drawn = (draw(seed, size) for seed in seeds)
    return next(each for each in drawn if 0 < len(each.regions) <= MOST_REGIONS)


def _packed(drawn: Scene) -> tuple[UInt8[np.ndarray, "h w"], UInt8[np.ndarray, "256 3"]]:
    """The smallest region at each pixel, and the regions of each level that contain it."""
    whole, part, sub_part = drawn.labels
    deepest = np.where(sub_part > 0, sub_part, np.where(part > 0, part, whole))
    above = np.zeros((MOST_REGIONS + 1, len(LEVELS)), np.uint8)
    for index in range(len(drawn.regions)):
        at: int | None = index
        while at is not None:
            above[index + 1, drawn.regions[at].level] = at + 1
            at = drawn.regions[at].parent
    return deepest.astype(np.uint8), above


def _mapped(path: Path, shape: tuple[int, ...]) -> np.ndarray:
    if not path.exists():
        partial = path.with_name(f"{path.name}.{np.random.default_rng().integers(2**62)}.part")
        np.lib.format.open_memmap(partial, "w+", np.uint8, shape)
        with suppress(FileExistsError):  # another process created it first
            path.hardlink_to(partial)
        partial.unlink()
    array = np.load(path, mmap_mode="r+")
    if array.shape != shape:
        raise ValueError(
            f"{path} holds an array of {array.shape}, but {shape} was asked for. Ask for "
            f"{len(array)} scenes, or take another folder."
        )
    return array
