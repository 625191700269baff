"""Patterns such as stripes, dots, bricks and fur, painted over strokes of a sketch.

A pattern is a bitmap of 16 x 16 periods that says where its colour goes. It is defined in the frame
of the sketch, so that it moves and turns with the object.
"""

from collections.abc import Callable
from functools import lru_cache

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from .sketch import PERIODS, Kind, Pattern, Sketch, Stroke, darker, hsv, lighter, mixed

_SIDE = 32 * PERIODS  # pixels of a bitmap
Grid = np.ndarray


def _stripes(u: Grid, v: Grid) -> Grid:
    return u % 1 < 0.5


def _checks(u: Grid, v: Grid) -> Grid:
    return (u % 1 < 0.5) ^ (v % 1 < 0.5)


def _dots(u: Grid, v: Grid) -> Grid:
    return np.hypot((u + 0.5 * (v // 1 % 2)) % 1 - 0.5, v % 1 - 0.5) < 0.28


def _bricks(u: Grid, v: Grid) -> Grid:
    """The joints."""
    return (2 * v % 1 < 0.16) | ((u + 0.5 * (2 * v // 1 % 2)) % 1 < 0.08)


def _scales(u: Grid, v: Grid) -> Grid:
    """Rows of arcs that overlap, as on a fish or a roof."""
    across = (u + 0.5 * (2 * v // 1 % 2)) % 1 - 0.5
    return np.abs(np.hypot(across, (2 * v % 1) * 0.6) - 0.5) < 0.07


def _wood(u: Grid, v: Grid) -> Grid:
    """Long wavering lines."""
    waver = 0.25 * np.sin(0.9 * u + 2.1 * np.floor(v)) + 0.12 * np.sin(2.3 * u + 5 * v)
    return (2 * v + waver) % 1 < 0.22


def _blotches(u: Grid, v: Grid) -> Grid:
    coarse = np.random.default_rng(0).normal(size=(2 * PERIODS, 2 * PERIODS)).astype(np.float32)
    return np.asarray(Image.fromarray(coarse).resize(u.shape, Image.Resampling.BICUBIC)) > 0.3


def _fur(u: Grid, v: Grid) -> Grid:
    """Short hairs that nearly agree on a direction."""
    rng, picture = np.random.default_rng(0), Image.new("L", u.shape)
    draw = ImageDraw.Draw(picture)
    for x, y in rng.uniform(0, _SIDE, (2400, 2)):
        lean, length = rng.normal() * 5, rng.uniform(12, 26)
        draw.line((x, y, x + lean, y + length), fill=1, width=2)
    return np.asarray(picture) > 0


KINDS: dict[str, Callable[[Grid, Grid], Grid]] = {
    "stripes": _stripes,
    "checks": _checks,
    "dots": _dots,
    "bricks": _bricks,
    "scales": _scales,
    "wood": _wood,
    "blotches": _blotches,
    "fur": _fur,
}
_QUIET = ("fur", "wood")  # drawn in almost the same colour as the stroke


@lru_cache(maxsize=16)
def bitmap(kind: Kind) -> Image.Image:
    """A kind as a picture of 16 x 16 periods, above 127 where the pattern's colour goes.

    Its edges are soft, so that they are smooth where it is enlarged.
    """
    draw = kind if callable(kind) else KINDS[kind]
    line = (np.arange(_SIDE) + 0.5) * (PERIODS / _SIDE)
    there = np.where(draw(*np.meshgrid(line, line)), 255, 0).astype(np.uint8)
    return Image.fromarray(there).filter(ImageFilter.GaussianBlur(1))


def clothe(
    rng: np.random.Generator, sketch: Sketch, kinds: tuple[Kind, ...] = tuple(KINDS)
) -> None:
    """Paint one of `kinds` over the largest stroke of an object and all others of its colour."""
    worn = _main_strokes(sketch)
    colour = sketch.strokes[worn[0]].colour
    kind = kinds[int(rng.integers(len(kinds)))]
    pattern = Pattern(kind, rng.uniform(1.6, 4.2), rng.choice([0.0, 0.0, 30.0, 60.0, 90.0]))
    second = _second_colour(rng, kind, colour)
    for i in worn:
        sketch.texture(i, pattern, second)


def reclothe(sketch: Sketch, kind: Kind | None) -> None:
    """Take an object's texture off, and paint this one over the same strokes, if any.

    Nothing is drawn by chance: three periods a unit of its frame, and a second colour that is dark
    on light and light on dark.
    """
    sketch.strokes = [stroke for stroke in sketch.strokes if stroke.pattern is None]  # the last
    if kind is None:
        return
    worn = _main_strokes(sketch)
    colour = sketch.strokes[worn[0]].colour
    second = darker(colour, 0.45) if sum(colour) > 1.2 else lighter(colour, 0.55)
    for i in worn:
        sketch.texture(i, Pattern(kind, 3.0), second)


def _main_strokes(sketch: Sketch) -> list[int]:
    """The numbers of an object's largest stroke and of all others of its colour."""
    painted = [i for i, stroke in enumerate(sketch.strokes) if stroke.tone is None]
    largest = max(painted, key=lambda i: _area(sketch.strokes[i]))
    colour = sketch.strokes[largest].colour
    return [i for i in painted if sketch.strokes[i].colour == colour]


def pave(rng: np.random.Generator, sketch: Sketch, kinds: tuple[Kind, ...]) -> None:
    """Paint one of `kinds` over a surface of a background: one of its strokes that have grain."""
    surfaces = [i for i, s in enumerate(sketch.strokes) if s.grain > 0 and _area(s) > 0.3]
    chosen = surfaces[int(rng.integers(len(surfaces)))]
    kind = kinds[int(rng.integers(len(kinds)))]
    pattern = Pattern(kind, rng.uniform(4, 11), rng.choice([0.0, 0.0, 20.0, 45.0]), (0.5, 0.5))
    colour = sketch.strokes[chosen].colour
    second = mixed(colour, _second_colour(rng, kind, colour), rng.uniform(0.3, 0.8))
    sketch.texture(chosen, pattern, second)


def _second_colour(rng: np.random.Generator, kind: Kind, colour):
    if kind in _QUIET:
        return darker(colour, rng.uniform(0.2, 0.4))
    choices = (lighter(colour, 0.55), darker(colour, 0.35), hsv(rng.random(), 0.6, 0.8))
    return choices[int(rng.integers(3))]


def _area(stroke: Stroke) -> float:
    x, y = stroke.points.T
    around = x[:-1] @ y[1:] - x[1:] @ y[:-1] + x[-1] * y[0] - x[0] * y[-1]
    return abs(float(around)) / 2
