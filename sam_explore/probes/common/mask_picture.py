"""Masks over their picture, each in a colour of its own, as SAM is known for."""

from collections.abc import Sequence
from colorsys import hsv_to_rgb

import numpy as np
from jaxtyping import Bool, Float, Int, UInt8

from .borders import border

_GOLDEN = 0.618034  # of the circle of hues from one mask to the next, so that neighbours differ
_SHADES = ((0.85, 0.95), (0.55, 1.0), (0.9, 0.7))  # saturation and brightness, in turn
_OPACITY = 0.55  # of a mask over the picture
_DARKEST = 60  # of 255, of the picture below
_WHITE, _BLACK, _DIM, _LINE = (255, 255, 255), (0, 0, 0), (150, 150, 150), (255, 210, 0)


def mask_colour(number: int) -> tuple[int, int, int]:
    """Red, green and blue of a mask by its number; those of any ten in a row differ clearly."""
    saturation, brightness = _SHADES[number % len(_SHADES)]
    red, green, blue = hsv_to_rgb(number * _GOLDEN % 1.0, saturation, brightness)
    return round(255 * red), round(255 * green), round(255 * blue)


def masks_over_picture(
    grey: UInt8[np.ndarray, "row column"], masks: Sequence[Bool[np.ndarray, "row column"]]
) -> UInt8[np.ndarray, "row column 3"]:
    """The masks in their colours over a grey picture, the smallest on top, with white borders.

    Args:
        grey: how bright the picture is.
        masks: in the order of their numbers.
    """
    pale = _DARKEST + grey * ((255 - _DARKEST) / 255)
    painted = np.repeat(pale[..., None], 3, axis=2)
    by_size = sorted(range(len(masks)), key=lambda number: -int(masks[number].sum()))
    for number in by_size:
        mask = masks[number]
        colour = np.array(mask_colour(number))
        painted[mask] = (1 - _OPACITY) * pale[mask][:, None] + _OPACITY * colour
    for number in by_size:
        _put(painted, border(masks[number]), _WHITE)
    return painted.round().astype(np.uint8)


def draw_points(
    painted: UInt8[np.ndarray, "row column 3"],
    points: Float[np.ndarray, "point 2"],
    are_bright: Bool[np.ndarray, "point"],
) -> None:
    """Put dots on a picture: white with a black rim those that are bright, the others grey.

    Args:
        painted: the picture, which is changed.
        points: x, y in its cells.
        are_bright: of each point; these lie on top.
    """
    for bright in (False, True):
        cells = np.floor(points[are_bright == bright][:, ::-1]).astype(int)
        if bright:
            _put(painted, _around(cells, 2), _BLACK)
        _put(painted, _around(cells, 1), _WHITE if bright else _DIM)


def draw_boxes(painted: UInt8[np.ndarray, "row column 3"], boxes: Int[np.ndarray, "box 4"]) -> None:
    """Draw the edges of boxes as dashed lines: x0, y0, x1, y1 in cells, far edges exclusive."""
    for x0, y0, x1, y1 in boxes:
        across, down = np.arange(x0, x1), np.arange(y0, y1)
        edges = [(np.full_like(across, y), across) for y in (y0, y1 - 1)]
        edges += [(down, np.full_like(down, x)) for x in (x0, x1 - 1)]
        for rows, columns in edges:
            cells = np.stack([rows, columns], axis=1)
            _put(painted, cells[np.arange(len(cells)) % 8 < 5], _LINE)


def _around(cells: Int[np.ndarray, "cell 2"], reach: int) -> Int[np.ndarray, "more 2"]:
    """All cells of a disc around each of these."""
    steps = np.argwhere(np.ones((2 * reach + 1, 2 * reach + 1))) - reach
    disc = steps[(steps**2).sum(axis=1) <= reach**2 + 1]
    return (cells[:, None] + disc).reshape(-1, 2)


def _put(
    painted: np.ndarray, cells: Int[np.ndarray, "cell 2"], colour: tuple[int, int, int]
) -> None:
    """Colour these cells; those beyond the picture are left out."""
    inside = ((cells >= 0) & (cells < painted.shape[:2])).all(axis=1)
    painted[tuple(cells[inside].T)] = colour
