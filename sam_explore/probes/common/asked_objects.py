"""Objects in drawn scenes, with exact truth, and good and worse prompts that ask for them."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import count

import numpy as np
from jaxtyping import Bool, UInt8

from sam_explore.geometry import Prompts
from sam_explore.scenes.composition import VARIED, compose
from sam_explore.scenes.ground_truth import LEVELS

_SIDE = 256  # pixels of a scene
_NESTED = 0.75  # of what holds it, that a part may cover: else a click can't tell them apart
_AREA = (0.02, 0.5)  # of the picture, that an object may cover
OFF = (0.0, 0.25, 0.5, 0.75, 1.0)  # of the way from the middle of the object to its edge
JITTER = (0.0, 0.1, 0.2, 0.3, 0.4)  # of the box's own sides, at most, for each corner


@dataclass(frozen=True, eq=False)
class AskedObject:
    """A picture, and what is asked for in it.

    Args:
        image: the picture.
        mask: True on the object.
        middle: x and y of a pixel that lies deepest inside the object.
        seed: of what is drawn by chance.
    """

    image: UInt8[np.ndarray, "height width 3"]
    mask: Bool[np.ndarray, "height width"]
    middle: tuple[int, int]
    seed: int

    def prompts(self, kind: str) -> list[Prompts]:
        """The best prompt of a kind, and worse ones."""
        chance = np.random.default_rng(self.seed)
        if kind == "click":
            path = way_out(self.mask, self.middle, chance.uniform(0, 2 * np.pi))
            steps = [path[round(share * (len(path) - 1))] for share in OFF]
            return [Prompts(points=[tuple(map(float, step))]) for step in steps]
        rows, columns = np.nonzero(self.mask)
        corners = np.array([columns.min(), rows.min(), columns.max() + 1, rows.max() + 1], float)
        sides = np.tile(corners[2:] - corners[:2], 2)
        moves = chance.uniform(-1, 1, 4) * sides
        height, width = self.mask.shape
        ends = np.array([width, height, width, height])
        return [Prompts(box=np.clip(corners + jitter * moves, 0, ends)) for jitter in JITTER]


def deepest(mask: Bool[np.ndarray, "height width"]) -> tuple[int, int]:
    """x and y of the pixel of a mask that is left longest when its border is taken off, again and
    again; of several, the first one row by row.
    """
    left = mask
    while True:
        framed = np.pad(left, 1)
        around = framed[:-2, 1:-1] & framed[2:, 1:-1] & framed[1:-1, :-2] & framed[1:-1, 2:]
        if not (left & around).any():
            row, column = np.argwhere(left)[0]
            return int(column), int(row)
        left = left & around


def way_out(
    mask: Bool[np.ndarray, "height width"], start: tuple[int, int], angle: float
) -> list[tuple[int, int]]:
    """Pixels (x, y) from one inside a mask straight on, to the last one before it ends.

    Args:
        mask: the mask.
        start: x and y of the first pixel.
        angle: of the direction, in radians: 0 to the right, a quarter of a circle down.
    """
    path, (height, width) = [start], mask.shape
    for step in range(1, height + width):
        x, y = (
            round(begin + step * part)
            for begin, part in zip(start, (np.cos(angle), np.sin(angle)), strict=True)
        )
        if not (0 <= y < height and 0 <= x < width and mask[y, x]):
            break
        path.append((x, y))
    return path


@dataclass(frozen=True, eq=False)
class AskedLevels:
    """A picture, and a click that may mean a whole, a part of it or a part of that.

    Args:
        image: the picture.
        click: x and y of a pixel that lies in all three.
        masks: True on the whole, on the part and on the sub-part.
    """

    image: UInt8[np.ndarray, "height width 3"]
    click: tuple[int, int]
    masks: Bool[np.ndarray, "level height width"]


def asked_levels(first: int = 0) -> Iterator[AskedLevels]:
    """Scenes with a click on three levels, from this seed on; always the same ones."""
    found = map(_levels, count(first))
    return (each for each in found if each is not None)


@lru_cache(maxsize=64)
def _levels(seed: int) -> AskedLevels | None:
    """A drawn scene and a pixel of a sub-part that is smaller than its part, and that than the
    whole, if it has one; all sub-parts are as likely.
    """
    drawn = compose(VARIED, seed, _SIDE)
    found = []
    for index, region in enumerate(drawn.regions):
        masks = [drawn.mask(index)]
        while region.parent is not None:
            masks.insert(0, drawn.mask(region.parent))
            region = drawn.regions[region.parent]
        sizes = np.array([mask.sum() for mask in masks])
        if len(masks) == len(LEVELS) and sizes[-1] and (sizes[1:] < _NESTED * sizes[:-1]).all():
            found.append(np.array(masks))
    if not found:
        return None
    chance = np.random.default_rng(seed)
    nested = found[chance.integers(len(found))]
    y, x = divmod(int(chance.choice(np.flatnonzero(nested[-1]))), _SIDE)
    return AskedLevels(drawn.image, (x, y), nested)


def asked_objects() -> Iterator[AskedObject]:
    """Scenes with their largest whole object of a fair size; always the same ones."""
    found = map(_object, count())
    return (each for each in found if each is not None)


@lru_cache(maxsize=64)
def _object(seed: int) -> AskedObject | None:
    """A drawn scene and its largest whole object of a fair size, if it has one.

    Its truth is not remembered as that of a picture that a reader opened.
    """
    drawn = compose(VARIED, seed, _SIDE)
    wholes = [index for index, region in enumerate(drawn.regions) if region.level == 0]
    masks = [drawn.mask(index) for index in wholes]
    fair = [mask for mask in masks if _AREA[0] <= mask.mean() <= _AREA[1]]
    if not fair:
        return None
    largest = max(fair, key=np.sum)
    return AskedObject(drawn.image, largest, deepest(largest), seed)
