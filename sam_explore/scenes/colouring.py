"""From the map of strokes to colours: light, texture and tone, averaged down to the picture."""

from functools import lru_cache

import numpy as np
from jaxtyping import Float32, Int32, UInt8
from PIL import Image

from .sketch import Stroke

NEUTRAL = 128  # the tone that neither darkens nor lightens
LEVELS = 128  # of brightness, from the dark to the light
Light = tuple[float, float, float, float]


def coloured(
    ids: Int32[np.ndarray, "double double"],
    tone: Image.Image,
    strokes: list[Stroke],
    light: list[Light],
    noise: Float32[np.ndarray, "side side"] | None,
) -> UInt8[np.ndarray, "side side 3"]:
    """The picture of a map of strokes drawn at twice its size (`double` = 2 `side`).

    A pixel is the mean of four samples. Where they show the same stroke, as nearly everywhere, only
    one is coloured; all four are coloured along outlines only.
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
    """The brightness of each sample: -255 in the dark, 0 for the plain colour, 255 in the light."""

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
    level = (np.clip(bright, -255, 255) * np.float32(LEVELS / 512) + LEVELS // 2).astype(np.intp)
    level += shown * LEVELS
    return _colours(strokes).ravel()[level].view(np.uint8).reshape(-1, 4)


def _colours(strokes: list[Stroke]) -> np.ndarray:
    """Each stroke's colour at each level of brightness, (strokes, LEVELS) as packed RGBX."""
    base = np.array([stroke.colour for stroke in strokes], dtype=np.float32) * 255
    dark = base * np.array((0.40, 0.42, 0.58), dtype=np.float32)
    light = base + (255 - base) * np.array((0.62, 0.58, 0.5), dtype=np.float32)
    for i, stroke in enumerate(strokes):
        if stroke.to is not None:
            dark[i], light[i] = np.multiply(stroke.to, 255), base[i]
            base[i] = (dark[i] + light[i]) / 2
    share = (np.linspace(0, 1, LEVELS // 2, dtype=np.float32))[:, None]
    packed = np.empty((len(strokes), LEVELS, 4), dtype=np.uint8)
    half = LEVELS // 2
    packed[:, :half, :3] = base[:, None] + (dark - base)[:, None] * share[::-1] + 0.5
    packed[:, half:, :3] = base[:, None] + (light - base)[:, None] * share + 0.5
    return packed.view(np.uint32)[..., 0]


@lru_cache(maxsize=4)
def _axes(side: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """x, y and x² + y² of the pixels' centres in the unit square."""
    centres = ((np.arange(side) + 0.5) / side).astype(np.float32)
    y, x = np.meshgrid(centres, centres, indexing="ij")
    return x, y, x * x + y * y
