"""Screenshots with a palette: a quarter of the size, and small things keep their colours."""

import numpy as np
from jaxtyping import UInt8
from PIL import Image

SIZE = 256
LATE = 32  # entries for colours that the others serve badly
FAR = 16  # in steps of a channel's 255


def with_palette(picture: Image.Image) -> Image.Image:
    """The picture in 256 colours, without dithering.

    Pillow's palettes follow the many: a green mark on a large picture without green turns blue.
    Here some entries are for the colours that the first palette missed by far, and white is kept.
    """
    pixels = np.asarray(picture.convert("RGB"))
    colours, places, counts = np.unique(
        pixels.reshape(-1, 3), axis=0, return_inverse=True, return_counts=True
    )
    weights = np.ceil(counts**0.75).astype(int)
    palette = np.concatenate([_palette(colours, weights, SIZE - LATE - 1), [[255, 255, 255]]])
    missed = _nearest(colours, palette)[1] > FAR
    if missed.any():
        palette = np.concatenate([palette, _palette(colours[missed], weights[missed], LATE)])
    entries = _nearest(colours, palette)[0].astype(np.uint8)
    drawn = Image.fromarray(entries[places].reshape(pixels.shape[:2])).convert("P")
    drawn.putpalette(palette.astype(np.uint8).tobytes())
    return drawn


def _palette(colours: UInt8[np.ndarray, "n 3"], weights: np.ndarray, size: int) -> np.ndarray:
    row = Image.fromarray(np.repeat(colours, weights, axis=0)[None])
    return np.reshape(row.quantize(size, kmeans=1).getpalette(), (-1, 3))[:size]


def _nearest(
    colours: UInt8[np.ndarray, "n 3"], palette: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """For each colour the palette's nearest entry, and how far that is."""
    ours, theirs = colours.astype(float), palette.astype(float)
    squares = (ours**2).sum(1)[:, None] - 2 * ours @ theirs.T + (theirs**2).sum(1)
    return squares.argmin(1), np.sqrt(np.maximum(squares.min(1), 0))
