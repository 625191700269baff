"""From the map of strokes to colours: light, texture and tone, averaged down to the picture."""

from functools import lru_cache

import numpy as np
from jaxtyping import Float32, Int32, UInt8
from PIL import Image

from .sketch import Stroke

NEUTRAL = 128  # the tone that neither darkens nor lightens
Light = tuple[float, float, float, float]


def coloured(
    ids: Int32[np.ndarray, "double double"],
    tone: Image.Image,
    strokes: list[Stroke],
    light: list[Light],
    noise: Float32[np.ndarray, "side side"] | None,
) -> UInt8[np.ndarray, "side side 3"]:
    """The picture of a map of strokes drawn at twice its size (`double` = 2 `side`).

    Four samples make a pixel. Where they show the same stroke, as nearly everywhere, one is
    coloured in their place; the others only along outlines.
    """
    side = len(ids) // 2
    first, *others = (ids[row::2, column::2].ravel() for row in (0, 1) for column in (0, 1))
    edge = np.flatnonzero((others[0] != first) | (others[1] != first) | (others[2] != first))
    shown = np.concatenate([first, *(other[edge] for other in others)]).astype(np.intp)
    samples = _shaded(shown, _brightness(shown, edge, tone, strokes, light, noise), strokes)
    pixels = samples[: side * side]
    rest = samples[side * side :].reshape(3, -1, 4).sum(axis=0, dtype=np.uint16)
    pixels[edge] = (pixels[edge] + rest + 2) >> 2
    return pixels.reshape(side, side, 4)[..., :3].copy()


def _brightness(shown, edge, tone, strokes, light, noise) -> np.ndarray:
    """Of each sample: -255 in the dark, 0 for the plain colour, 255 in the light."""

    def each(plane: np.ndarray) -> np.ndarray:
        plane = plane.ravel()
        return np.concatenate([plane, *[plane[edge]] * 3])

    k = 510 * np.array(light, dtype=np.float32).T
    small = tone.reduce(2)
    x, y, square = _axes(small.width)
    bright = k[1][shown] * each(x)
    bright += k[2][shown] * each(y)
    bright += k[3][shown] * each(square)
    bright += k[0][shown]
    if noise is not None:
        grain = np.array([510 * stroke.grain for stroke in strokes], dtype=np.float32)
        bright += grain[shown] * each(noise)
    bright += each(np.asarray(small)) * np.float32(510 / 256) - np.float32(510)
    return bright


def _shaded(shown: np.ndarray, bright: np.ndarray, strokes: list[Stroke]) -> np.ndarray:
    """RGBX of each sample: from its stroke's dark colour over the plain to the light one."""
    dark, plain, light = (_picture(_packed(row)[shown]) for row in _palettes(strokes))
    lower = Image.fromarray(np.clip(bright + 255, 0, 255).astype(np.uint8)[None])
    upper = Image.fromarray(np.clip(bright, 0, 255).astype(np.uint8)[None])
    picture = Image.composite(plain, dark, lower)
    return np.array(Image.composite(light, picture, upper))[0]


def _palettes(strokes: list[Stroke]) -> np.ndarray:
    """Colours in the dark, as they are, and in the light, (3, strokes, 3) in 0..1."""
    base = np.array([stroke.colour for stroke in strokes])
    dark = base * (0.40, 0.42, 0.58)
    light = base + (1 - base) * (0.62, 0.58, 0.5)
    for i, stroke in enumerate(strokes):
        if stroke.to is not None:
            dark[i], light[i] = stroke.to, base[i]
            base[i] = (dark[i] + light[i]) / 2
    return np.stack([dark, base, light])


@lru_cache(maxsize=4)
def _axes(side: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """x, y and x² + y² of the pixels' centres in the unit square."""
    centres = ((np.arange(side) + 0.5) / side).astype(np.float32)
    y, x = np.meshgrid(centres, centres, indexing="ij")
    return x, y, x * x + y * y


def _packed(palette: np.ndarray) -> np.ndarray:
    """Colours (n, 3) in 0..1 as one uint32 each, so that a look-up is a single gather."""
    bytes_ = np.full((len(palette), 4), 255, dtype=np.uint8)
    bytes_[:, :3] = np.clip(palette * 255 + 0.5, 0, 255)
    return bytes_.view(np.uint32)[:, 0]


def _picture(packed: np.ndarray) -> Image.Image:
    """A row of packed colours as a picture one pixel high."""
    return Image.frombuffer("RGBX", (len(packed), 1), packed, "raw", "RGBX", 0, 1)
