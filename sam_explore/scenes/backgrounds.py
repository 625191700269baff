"""Backgrounds: what is behind the objects of a scene. Nothing in them is labelled."""

import numpy as np

from .landscapes import everywhere, lake, meadow, open_sky, street, underwater
from .shapes import ellipse, polygon, rectangle, ribbon, smooth
from .sketch import Background, Sketch, hsv, lighter, mixed


def table(rng: np.random.Generator) -> Background:
    """A papered wall and a wooden table or a cloth."""
    sketch, edge = Sketch(), rng.uniform(0.45, 0.66)
    wall = hsv(rng.random(), rng.uniform(0.1, 0.45), rng.uniform(0.65, 0.95))
    sketch.fill(None, everywhere(), wall, "slope", depth=0.7, grain=0.04)
    pattern, style, step = (
        mixed(wall, lighter(wall, 0.8), 0.4),
        rng.integers(4),
        rng.uniform(0.08, 0.14),
    )
    for i, x in enumerate(np.arange(0.02, 1.05, step)):
        if style == 0:
            sketch.fill(None, rectangle(x, -0.1, x + step * 0.45, 1.1), pattern, "flat")
        for y in np.arange(0.03 + step / 2 * (i % 2), edge, step) if style in (1, 2) else ():
            r = step * 0.14
            mark = (
                ellipse(x, y, r, count=12)
                if style == 1
                else polygon((x, y - r), (x + r, y), (x, y + r), (x - r, y))
            )
            sketch.fill(None, mark, pattern, "flat")
    wood = hsv(
        rng.choice([0.06, 0.08, 0.1, rng.random()]), rng.uniform(0.25, 0.6), rng.uniform(0.45, 0.85)
    )
    sketch.shade(rectangle(-0.1, edge - 0.02, 1.1, edge), -0.2)
    top = sketch.fill(None, rectangle(-0.1, edge, 1.1, 1.1), wood, "slope", depth=0.7, grain=0.06)
    sketch.fill(None, rectangle(-0.1, edge, 1.1, edge + 0.014), lighter(wood, 0.3), "flat")
    for y in np.linspace(edge + 0.05, 1, 5):
        s = np.linspace(-0.1, 1.1, 14)
        grain = np.stack([s, y + 0.008 * np.sin(7 * s + 40 * y)], axis=1)
        sketch.shade(ribbon(grain, 0.004), -0.25, inside=top)
    return Background(sketch, (edge + 0.1, 0.95), "ground", wood)


def paper(rng: np.random.Generator) -> Background:
    """A tinted sheet with large plain shapes, on which objects look like stickers."""
    sketch = Sketch()
    sheet = hsv(rng.random(), rng.uniform(0.05, 0.5), rng.uniform(0.6, 0.97))
    sketch.fill(None, everywhere(), sheet, "slope", depth=0.9, grain=0.06)
    tint, style = mixed(sheet, hsv(rng.random(), 0.4, 0.9), 0.35), rng.integers(4)
    if style == 0:
        for x, y in rng.uniform(0, 1, (5, 2)):
            r = rng.uniform(0.1, 0.3)
            sketch.fill(
                None,
                smooth(*(ellipse(x, y, r, count=7) + rng.normal(size=(7, 2)) * 0.05)),
                mixed(sheet, tint, rng.random()),
                "flat",
                grain=0.06,
            )
    elif style == 1:
        for x in np.arange(-1, 1.2, 0.16):
            sketch.fill(
                None,
                polygon((x, 1.1), (x + 1.1, -0.1), (x + 1.18, -0.1), (x + 0.08, 1.1)),
                tint,
                "flat",
                grain=0.06,
            )
    elif style == 2:
        for x, y in rng.uniform(0, 1, (40, 2)):
            sketch.fill(None, ellipse(x, y, rng.uniform(0.004, 0.016), count=12), tint, "flat")
    else:
        sketch.fill(
            None, ellipse(0.5, 0.5, rng.uniform(0.3, 0.48), count=48), tint, "flat", grain=0.06
        )
    return Background(sketch, None, "drop", sheet)


BACKGROUNDS = {
    "meadow": meadow,
    "street": street,
    "lake": lake,
    "underwater": underwater,
    "open sky": open_sky,
    "table": table,
    "paper": paper,
}
