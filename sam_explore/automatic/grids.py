"""Where automatic mask generation clicks: regular grids of points, in the picture and in crops."""

from dataclasses import dataclass
from itertools import product
from math import ceil

import numpy as np
from jaxtyping import Float


@dataclass(frozen=True)
class Crop:
    """A part of the picture that is encoded on its own.

    Args:
        box: x0, y0, x1, y1 in pixels of the picture, far edges exclusive.
        layer: 0 for the whole picture, 1 for crops of half its side (and their overlap), and so on.
    """

    box: tuple[int, int, int, int]
    layer: int

    def of(self, image: np.ndarray) -> np.ndarray:
        """The picture's pixels in this crop, as a view."""
        x0, y0, x1, y1 = self.box
        return image[y0:y1, x0:x1]


def point_grid(points_per_side: int) -> Float[np.ndarray, "point 2"]:
    """Points x, y in the unit square, in the middle of equal cells, row after row.

    Source: https://github.com/facebookresearch/segment-anything/blob/dca509f/segment_anything/utils/amg.py#L179
    """
    middles = (np.arange(points_per_side) + 0.5) / points_per_side
    across, down = np.meshgrid(middles, middles)
    return np.stack([across, down], axis=-1).reshape(-1, 2)


def point_grids(
    points_per_side: int, layers: int, downscale: int
) -> list[Float[np.ndarray, "point 2"]]:
    """The grid of each layer of crops; each has 1/`downscale` of the points a side of the last."""
    return [point_grid(points_per_side // downscale**layer) for layer in range(layers + 1)]


def crops(image_size: tuple[int, int], layers: int, overlap_ratio: float) -> list[Crop]:
    """The whole picture, then `2**layer` x `2**layer` crops for each further layer.

    Args:
        image_size: height and width of the picture.
        overlap_ratio: overlap of the crops of the first layer, as a fraction of the picture's
            shorter side; half of it in the second, and so on.

    Source: https://github.com/facebookresearch/segment-anything/blob/dca509f/segment_anything/utils/amg.py#L201
    """
    height, width = image_size
    found = [Crop((0, 0, width, height), 0)]
    for layer in range(1, layers + 1):
        per_side = 2**layer
        overlap = int(overlap_ratio * min(image_size) * (2 / per_side))
        wide, high = (
            ceil((overlap * (per_side - 1) + side) / per_side) for side in (width, height)
        )
        lefts = [int((wide - overlap) * each) for each in range(per_side)]
        tops = [int((high - overlap) * each) for each in range(per_side)]
        found += [
            Crop((x, y, min(x + wide, width), min(y + high, height)), layer)
            for x, y in product(lefts, tops)
        ]
    return found
