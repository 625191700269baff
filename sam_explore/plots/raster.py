"""Arrays as indexed pictures: a lookup table of 256 colours, and PNG files that keep it.

An indexed picture is small and quick to encode. Looking colours up in numpy takes a tenth of the
time that matplotlib needs for the same picture.
"""

from functools import cache
from io import BytesIO

import matplotlib
import numpy as np
from jaxtyping import Bool, Float, Int, UInt8
from PIL import Image

from sam_explore.readings import ColourRange

from . import style


@cache
def lookup_table(name: str) -> UInt8[np.ndarray, "256 4"]:
    """The 256 colours of a matplotlib colormap as red, green, blue and opacity. Read-only."""
    table = matplotlib.colormaps[name].resampled(256)(np.arange(256), bytes=True)
    table.setflags(write=False)
    return table


def indices(values: Float[np.ndarray, "*any"], colours: ColourRange) -> UInt8[np.ndarray, "*any"]:
    """The index into a lookup table for each value: 0 up to `low`, 255 from `high` on.

    Both halves of the range get 128 entries; the middle belongs to the upper half.

    Raises:
        ValueError: a range that is empty or reversed.
    """
    if not colours.low < colours.high:
        raise ValueError(
            f"low must lie below high, but they are {colours.low:g} and {colours.high:g}."
        )
    return np.clip(colours.shares(values) * 256, 0, 255).astype(np.uint8)


def inside_and_outline(
    mask: Bool[np.ndarray, "row column"], thickness: int
) -> UInt8[np.ndarray, "row column"]:
    """0 outside the mask, 1 inside, 2 for the mask's own pixels within `thickness` of its edge.

    The border of the picture does not count as an edge.
    """
    inner = mask
    for _ in range(thickness):
        padded = np.pad(inner, 1, mode="edge")
        inner = inner & padded[:-2, 1:-1] & padded[2:, 1:-1] & padded[1:-1, :-2] & padded[1:-1, 2:]
    return mask.astype(np.uint8) + (mask & ~inner)


def indexed_png(
    entries: UInt8[np.ndarray, "row column"], table: UInt8[np.ndarray, "entry 4"]
) -> bytes:
    """A PNG file of the colours `table[entries]`, opacity included."""
    image = Image.frombytes("P", entries.shape[::-1], np.ascontiguousarray(entries).tobytes())
    image.putpalette(table[:, :3].tobytes())
    file = BytesIO()
    # Flat areas compress well at every level; the lowest level is several times as fast.
    image.save(file, "PNG", transparency=table[:, 3].tobytes(), compress_level=1)
    return file.getvalue()


def rgba_png(pixels: UInt8[np.ndarray, "row column 4"]) -> bytes:
    """A PNG file of these colours, opacity included."""
    file = BytesIO()
    Image.fromarray(pixels).save(file, "PNG", compress_level=1)
    return file.getvalue()


def jpeg(
    image: UInt8[np.ndarray, "row column 3"],
    height: int,
    width: int,
    box: tuple[float, float, float, float] | None = None,
) -> bytes:
    """A photo, or its part in the box x0, y0, x1, y1, as a JPEG file of this size in pixels."""
    scaled = Image.fromarray(image).resize((width, height), Image.Resampling.LANCZOS, box)
    file = BytesIO()
    scaled.save(file, "JPEG", quality=90, subsampling=0)
    return file.getvalue()


def pale(grey: UInt8[np.ndarray, "row column"]) -> UInt8[np.ndarray, "row column"]:
    """A grey picture without its darkest shades, which would hide the colours of a map over it."""
    darkest = style.DARKEST_UNDERLAY
    return (darkest + grey * ((255 - darkest) / 255)).round().astype(np.uint8)


def grey_jpeg(grey: UInt8[np.ndarray, "row column"]) -> bytes:
    """A grey picture as a JPEG file at its own size."""
    file = BytesIO()
    Image.fromarray(grey).save(file, "JPEG", quality=85)
    return file.getvalue()


def nearest(count: int, size: float) -> Int[np.ndarray, "count"]:
    """For each of `count` pixels along an axis, the index of the cell that contains its centre.

    The pixels span `size` cells of length 1, starting with the first cell; the last may be cut off.
    """
    return ((np.arange(count) + 0.5) * (size / count)).astype(int)
