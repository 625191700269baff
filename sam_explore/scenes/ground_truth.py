"""A scene: a picture with the exact ground truth of everything drawn in it."""

from collections import OrderedDict
from dataclasses import dataclass, field
from threading import Lock

import numpy as np
from jaxtyping import Bool, Int16, UInt8

from sam_explore.provenance import picture_key

from .changes import Changes

_MOST_SCENES = 16  # pictures whose truth is remembered; one of 512 x 512 takes 2.4 MB

LEVELS = ("whole", "part", "sub-part")


@dataclass(frozen=True)
class Region:
    """One thing that a click can mean.

    name: path from the whole down, such as "turtle/head/eye".
    level: 0 whole, 1 part, 2 sub-part.
    parent: index into `Scene.regions` of the region one level up; None for a whole.
    """

    name: str
    level: int
    parent: int | None


@dataclass(frozen=True)
class DrawnFrom:
    """How a scene is drawn again.

    what: the name of an example, or the seed of a random scene.
    size: side in pixels.
    changes: what is different from that example or scene.
    """

    what: str | int
    size: int
    changes: Changes = field(default_factory=Changes)


@dataclass(frozen=True, eq=False)
class Scene:
    """A square picture and its ground truth; compared by identity.

    image: the picture, RGB, 0 to 255.
    labels: for each level and pixel, 0 where there is nothing of that level, else the index into
        `regions` plus one. Occlusion is resolved: only visible pixels are labelled.
    regions: the things drawn, each whole before its parts.
    drawn_from: how it is drawn again; None for a scene that is not drawn by name or seed.
    """

    image: UInt8[np.ndarray, "h w 3"]
    labels: Int16[np.ndarray, "3 h w"]
    regions: tuple[Region, ...]
    drawn_from: DrawnFrom | None = None

    def mask(self, index: int) -> Bool[np.ndarray, "h w"]:
        """Visible pixels of one region: a part contains its sub-parts, a whole its parts."""
        self._check(index)
        return self.labels[self.regions[index].level] == index + 1

    def box(self, index: int) -> tuple[float, float, float, float]:
        """x0, y0, x1, y1 in pixels of the image, around the visible pixels of one region.

        Frame of pixel edges: x1 and y1 are exclusive, so that a single pixel at (4, 7) has the
        box (4, 7, 5, 8). Raises ValueError for a region without a visible pixel.
        """
        rows, columns = np.nonzero(self.mask(index))
        if rows.size == 0:
            raise ValueError(f"region {self.regions[index].name!r} has no visible pixel, so no box")
        x0, y0, x1, y1 = columns.min(), rows.min(), columns.max() + 1, rows.max() + 1
        return float(x0), float(y0), float(x1), float(y1)

    def at(self, x: float | int, y: float | int) -> tuple[int, ...]:
        """Indices of the regions under a point of the image, whole first; empty on background.

        x, y: pixels of the image, 0 <= x < w and 0 <= y < h, else ValueError.
        """
        height, width = self.labels.shape[1:]
        if not (0 <= x < width and 0 <= y < height):
            raise ValueError(f"expected a point inside {width} x {height} pixels, got ({x}, {y})")
        here = self.labels[:, int(y), int(x)]
        return tuple(int(label) - 1 for label in here if label)

    def index(self, name: str) -> int:
        """Index of a region by its name, or by the end of its name where that is unique.

        "turtle/head/eye" and, in a scene with one eye, "eye". Raises ValueError listing the names.
        """
        names = [region.name for region in self.regions]
        if name in names:
            return names.index(name)
        ends = [i for i, full in enumerate(names) if full.endswith("/" + name)]
        if len(ends) == 1:
            return ends[0]
        problem = "several regions end in" if ends else "no region is named"
        raise ValueError(f"{problem} {name!r}; choose one of: {', '.join(names) or '(no regions)'}")

    def _check(self, index: int) -> None:
        if not 0 <= index < len(self.regions):
            raise ValueError(
                f"expected a region index from 0 to {len(self.regions) - 1}, got {index}"
            )


_scenes: OrderedDict[bytes, Scene] = OrderedDict()
_lock = Lock()


def note_truth(scene: Scene) -> None:
    """Remember the truth of a picture by its content; only the latest few are kept."""
    key = picture_key(scene.image)
    with _lock:
        _scenes[key] = scene
        _scenes.move_to_end(key)
        if len(_scenes) > _MOST_SCENES:
            _scenes.popitem(last=False)


def truth_of(picture: UInt8[np.ndarray, "h w 3"]) -> Scene | None:
    """The scene that a picture of this content shows; None if unknown."""
    with _lock:
        return _scenes.get(picture_key(picture))
