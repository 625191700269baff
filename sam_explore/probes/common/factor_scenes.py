"""Drawn scenes in which one factor is changed at a time, each next to noise of the same size."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import count

import numpy as np
from jaxtyping import UInt8

from sam_explore.scenes import Changes, Scene
from sam_explore.scenes.arrangement import Arrangement
from sam_explore.scenes.changed_scenes import changed
from sam_explore.scenes.composition import CLEAR, arranged_scene
from sam_explore.scenes.textures import KINDS

from .token_truth import FIRST_SEED, SIDE

PLACE, PART, TEXTURE, BOARD, BACKGROUND = FACTORS = (
    "place of the object",
    "place of a part",
    "texture of the object",
    "board in front",
    "hues of the background",
)
MOVED_BY = 1 / 8  # of the picture's side, that the object is moved
PART_MOVED_BY = 1 / 16  # of it, that the part is moved
HUE = 1 / 3  # of the circle, that the background's hues are turned
_AREA = (0.03, 0.4)  # of the picture, that the object may cover
_PART = (0.005, 0.15)  # of the picture, that the part may cover

Picture = UInt8[np.ndarray, "height width 3"]


@dataclass(frozen=True, eq=False)
class FactorScene:
    """A scene, and what becomes of it by each factor and by noise.

    Args:
        image: the scene.
        changed: the scene with each of FACTORS changed.
        noise: for each of these the scene with noise in the same pixels, see `noise_like`.
    """

    image: Picture
    changed: tuple[Picture, ...]
    noise: tuple[Picture, ...]

    @property
    def energies(self) -> tuple[float, ...]:
        """The energy of each noise, as a share of that of its factor's change."""
        pairs = zip(self.changed, self.noise, strict=True)
        return tuple(energy(self.image, n) / energy(self.image, c) for c, n in pairs)


def factor_scenes(first: int = FIRST_SEED) -> Iterator[FactorScene]:
    """Clear scenes with an object and a part of a fair size, from this seed on; always the same.

    Neither training nor the exams draw them.
    """
    found = map(_factor_scene, count(first))
    return (each for each in found if each is not None)


def energy(before: Picture, after: Picture) -> float:
    """The sum of the squared differences of two pictures."""
    return float(((after.astype(np.int64) - before) ** 2).sum())


def noise_like(before: Picture, after: Picture, chance: np.random.Generator) -> Picture:
    """Noise that changes the same pixels by as much, and nothing else of a picture.

    The differences change places among the pixels that differ, and each gets a sign by chance. A
    sign that would leave 0 to 255 is turned; what leaves it either way is cut.
    """
    difference = after.astype(np.int64) - before
    differs = difference.any(axis=2)
    kept = before[differs].astype(np.int64)
    moved = difference[differs][chance.permutation(len(kept))]
    moved = moved * chance.choice([-1, 1], (len(kept), 1))
    either = [np.clip(kept + sign * moved, 0, 255) for sign in (1, -1)]
    sizes = [((each - kept) ** 2).sum(axis=1) for each in either]
    noise = before.copy()
    noise[differs] = np.where((sizes[0] >= sizes[1])[:, None], *either)
    return noise


def factor_changes(arrangement: Arrangement, drawn: Scene) -> tuple[Changes, ...] | None:
    """The changes of each of FACTORS in a scene; None if no object and part are of a fair size.

    The largest object goes an eighth of the picture's side towards the middle, its largest part a
    sixteenth of it up, and a board stands before the object's middle. The texture is the first that
    the object does not wear.
    """
    whole = _largest(drawn, 0, None, _AREA)
    part = None if whole is None else _largest(drawn, 1, whole, _PART)
    if whole is None or part is None:
        return None
    names = [drawn.regions[index].name for index in (whole, part)]
    rows, columns = np.nonzero(drawn.mask(whole))
    middle = float(columns.mean()), float(rows.mean())
    side = drawn.image.shape[1]
    to_middle = 1 if middle[0] < side / 2 else -1
    number, _ = arrangement.find(names[0])
    worn = {s.pattern.kind for s in arrangement.objects[number].sketch.strokes if s.pattern}
    texture = next(kind for kind in KINDS if kind not in worn)
    return (
        Changes({names[0]: (to_middle * MOVED_BY * side, 0)}),
        Changes({names[1]: (0, -PART_MOVED_BY * side)}),
        Changes(textures={names[0]: texture}),
        Changes(cover_px=middle),
        Changes(hue=HUE),
    )


def _largest(drawn: Scene, level: int, parent: int | None, area: tuple[float, float]) -> int | None:
    """The largest region of a level and a parent whose share of the picture is within bounds."""
    sizes = {
        index: float(drawn.mask(index).mean())
        for index, region in enumerate(drawn.regions)
        if region.level == level and region.parent == parent
    }
    fair = {index: size for index, size in sizes.items() if area[0] <= size <= area[1]}
    return max(fair, key=fair.__getitem__) if fair else None


@lru_cache(maxsize=64)
def _factor_scene(seed: int) -> FactorScene | None:
    arrangement = arranged_scene(CLEAR, seed, SIDE)
    drawn = arrangement.drawn()
    changes = factor_changes(arrangement, drawn)
    if changes is None:
        return None
    pictures = tuple(changed(arrangement, each).drawn().image for each in changes)
    if any(energy(drawn.image, each) == 0 for each in pictures):  # such as a part that is hidden
        return None
    chance = np.random.default_rng(seed)
    noise = tuple(noise_like(drawn.image, each, chance) for each in pictures)
    return FactorScene(drawn.image, pictures, noise)
