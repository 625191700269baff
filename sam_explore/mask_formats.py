"""A mask in the formats of other programs: a PNG file, and COCO's run lengths."""

from io import BytesIO

import numpy as np
from jaxtyping import Bool, Int
from PIL import Image


def mask_png(mask: Bool[np.ndarray, "height width"]) -> bytes:
    """A PNG file of the mask's size, 8-bit grey: 255 inside, 0 outside."""
    file = BytesIO()
    # Flat areas compress well at any level; the lowest is several times as quick.
    Image.fromarray(mask.astype(np.uint8) * 255).save(file, "PNG", compress_level=1)
    return file.getvalue()


def coco_rle(mask: Bool[np.ndarray, "height width"]) -> dict:
    """The mask as COCO's compressed run lengths, which `pycocotools.mask.decode` takes.

    Returns:
        "size": height and width; "counts": the runs as text, so that it goes into JSON.
    """
    return {"size": list(mask.shape), "counts": _letters(run_lengths(mask))}


def run_lengths(mask: Bool[np.ndarray, "height width"]) -> Int[np.ndarray, "run"]:
    """How many pixels in a row are outside, inside, outside and so on, column after column.

    The first run is outside, of length 0 if the first pixel is inside.
    """
    flat = mask.T.ravel()
    changes = np.flatnonzero(flat[1:] != flat[:-1]) + 1
    edges = np.concatenate([[0], changes, [flat.size]])
    runs = np.diff(edges)
    return np.concatenate([[0], runs]) if flat[0] else runs


def bounding_box(mask: Bool[np.ndarray, "height width"]) -> list[int]:
    """x, y, width and height in pixels around the mask, as COCO has it; zeros if it is empty."""
    if not mask.any():
        return [0, 0, 0, 0]
    x, y, x_last, y_last = outermost_pixels(mask).tolist()
    return [x, y, x_last - x + 1, y_last - y + 1]


def outermost_pixels(mask: Bool[np.ndarray, "height width"]) -> Int[np.ndarray, "4"]:
    """x0, y0, x1, y1 of the first and the last pixels inside, inclusive; zeros if it is empty."""
    rows, columns = (np.flatnonzero(mask.any(axis=axis)) for axis in (1, 0))
    if not len(rows):
        return np.zeros(4, int)
    return np.array([columns[0], rows[0], columns[-1], rows[-1]])


def mask_from_run_lengths(
    runs: Int[np.ndarray, "run"], size: tuple[int, int]
) -> Bool[np.ndarray, "height width"]:
    """The mask whose `run_lengths` these are; `size` is its height and width."""
    height, width = size
    inside = np.arange(len(runs)) % 2 == 1
    return np.repeat(inside, runs).reshape(width, height).T


def run_lengths_from_letters(letters: str) -> Int[np.ndarray, "run"]:
    """The run lengths in COCO's compressed form, such as `coco_rle` has under "counts"."""
    told: list[int] = []
    number = shift = 0
    for letter in letters.encode("ascii"):
        group = letter - 48
        number |= (group & 31) << shift
        shift += 5
        if not group & 32:
            number -= (1 << shift) if group & 16 else 0
            told.append(number + (told[-2] if len(told) > 2 else 0))
            number = shift = 0
    return np.array(told, int)


def _letters(runs: Int[np.ndarray, "run"]) -> str:
    """Run lengths as COCO writes them.

    From the fourth on, each is written as its difference from the one two before it. A number is
    cut into groups of five bits, the lowest first, in two's complement, and ends when the rest
    repeats the sign of the last group. A further bit says whether a group follows; 48 is added,
    which makes each a printable letter.
    """
    told = runs.tolist()
    told = told[:3] + [run - before for run, before in zip(told[3:], told[1:], strict=False)]
    letters = bytearray()
    for number in told:
        follows = True
        while follows:
            group, number = number & 31, number >> 5
            follows = number != (-1 if group & 16 else 0)
            letters.append(group + 32 * follows + 48)
    return letters.decode("ascii")
