"""Factors: what is known of each token of a drawn scene, as yes or no, such as "on a boundary"."""

import numpy as np
from jaxtyping import Bool, Float, UInt8

from sam_explore.scenes.kinds import BROAD_KINDS, broad_kind
from sam_explore.scenes.textures import KINDS as TEXTURES

from .token_truth import Grid, TokenTruth, token_of_pixels

_COLOURS = ("reddest", "greenest", "bluest")
_SIDES = ("upper", "lower", "left", "right")
_QUARTERS = ("lightest", "darkest", *_COLOURS, *_SIDES)
FACTORS: tuple[str, ...] = (
    "object",
    "boundary",
    "part",
    "in front",
    "behind",
    *BROAD_KINDS,
    "texture",
    *TEXTURES,
    *(f"{each} quarter" for each in _QUARTERS),
)


def factors_of(truth: TokenTruth) -> Bool[np.ndarray, "token factor"]:
    """Which of FACTORS hold for each token, counted row by row.

    Of an object: whether it has most of the token's pixels, is partly hidden by another one
    ("behind") or hides one ("in front"), and its broad kind; and whether a part of it has most of
    the pixels. A texture has most of the pixels. The quarters are those of the scene's tokens with
    the most or the least light, and the most of one colour beyond the mean of all three; and those
    nearest to a side.
    """
    objects = truth.objects
    in_front = {max(pair) for pair in truth.touching}
    behind = {min(pair) for pair in truth.touching}
    kinds = np.array(["", *(_kind_of(name) for name in truth.names)])[objects]
    columns = [
        objects > 0,
        truth.on_edge,
        truth.parts > 0,
        np.isin(objects, list(in_front)),
        np.isin(objects, list(behind)),
        *(kinds == kind for kind in BROAD_KINDS),
        truth.textures > 0,
        *(truth.textures == place for place in range(1, len(TEXTURES) + 1)),
        *_of_colour(mean_colours(truth.image, truth.grid)),
        *_of_place(truth.grid),
    ]
    return np.stack(columns, axis=1)


def mean_colours(
    image: UInt8[np.ndarray, "height width 3"], grid: Grid
) -> Float[np.ndarray, "token 3"]:
    """The mean red, green and blue of each token's pixels, from 0 to 255."""
    token = token_of_pixels(image.shape[:2], grid).ravel()
    count = grid[0] * grid[1]
    sums = [np.bincount(token, image[..., colour].ravel(), count) for colour in range(3)]
    return np.stack(sums, axis=1) / np.maximum(np.bincount(token, minlength=count), 1)[:, None]


def _kind_of(region: str) -> str:
    """The broad kind of a whole; "" for a part, whose name goes on after a stroke."""
    return "" if "/" in region else broad_kind(region)


def _of_colour(colours: Float[np.ndarray, "token 3"]) -> list[Bool[np.ndarray, "token"]]:
    light = colours.mean(axis=1)
    beyond = (colours - light[:, None]).T
    return [_most_of(each) for each in (light, -light, *beyond)]


def _most_of(values: Float[np.ndarray, "token"]) -> Bool[np.ndarray, "token"]:
    """The quarter of the tokens with the greatest values; none where all are equal."""
    return values > np.quantile(values, 0.75)


def _of_place(grid: Grid) -> list[Bool[np.ndarray, "token"]]:
    row, column = np.divmod(np.arange(grid[0] * grid[1]), grid[1])
    shares = (row + 0.5) / grid[0], (column + 0.5) / grid[1]
    return [side for share in shares for side in (share < 0.25, share > 0.75)]
