"""Fruit, whole and cut."""

import numpy as np

from .plants import leaf, leaf_green
from .shapes import dome, ellipse, moved, ribbon, sector, smooth
from .sketch import Sketch, darker, hsv, lighter, mixed


def apple(rng: np.random.Generator, skin=None) -> Sketch:
    """Flesh (blush, dimple), stalk, leaf (half)."""
    skin = skin or hsv(rng.choice([0.0, 0.98, 0.1, 0.28]) + rng.normal() * 0.015, 0.72, 0.85)
    sketch = Sketch("apple", ground=0.88)
    flesh = sketch.part("flesh")
    outline = smooth(
        (0, -0.44), (0.34, -0.56), (0.7, -0.44), (0.86, -0.06), (0.76, 0.4), (0.5, 0.78),
        (0.22, 0.9), (0, 0.86), (-0.22, 0.9), (-0.5, 0.78), (-0.76, 0.4), (-0.86, -0.06),
        (-0.7, -0.44), (-0.34, -0.56),
    )  # fmt: skip
    base = sketch.fill(flesh, outline, skin, depth=1.2, grain=0.05)
    blush = sketch.part("blush", flesh)
    tint = mixed(lighter(skin, 0.1), hsv(rng.choice([0.02, 0.12, 0.2]), 0.65, 0.98), 0.45)
    cheek = smooth((0.9, -0.3), (0.52, -0.16), (0.4, 0.3), (0.5, 0.8), (0.9, 0.6))
    sketch.fill(blush, cheek, tint, over=base, inside=base, depth=1.2)
    dimple = sketch.part("dimple", flesh)
    sketch.fill(dimple, ellipse(0, -0.46, 0.26, 0.085), darker(skin, 0.4), "flat", inside=base)
    stalk = sketch.part("stalk")
    sketch.fill(
        stalk,
        ribbon(np.array([(0, -0.42), (0.03, -0.7), (0.12, -0.92)]), (0.07, 0.07, 0.11)),
        (0.42, 0.28, 0.18),
        "slope",
    )
    leaf(sketch, 0, 0.05, -0.66, -16, 0.95, leaf_green(rng))
    sketch.shade(ellipse(-0.44, -0.2, 0.1, 0.2, 22), 0.7)
    return sketch


def cherries(rng: np.random.Generator) -> Sketch:
    """Two cherries, stalks, leaf (half)."""
    red, green = hsv(rng.uniform(0.93, 1.03), 0.82, rng.uniform(0.6, 0.85)), leaf_green(rng)
    sketch = Sketch("cherries", ground=0.86)
    stalks = sketch.part("stalks")
    for x, y in ((-0.44, 0.2), (0.42, 0.3)):
        path = np.array([(0.06, -0.84), (x * 0.45, -0.4), (x * 0.9, y)])
        sketch.fill(stalks, ribbon(path, 0.085), darker(green, 0.15), "slope")
    leaf(sketch, 0, 0.06, -0.84, 12, 1.35, green)
    for x, y, r in ((-0.44, 0.44, 0.41), (0.42, 0.5, 0.38)):
        cherry = sketch.part("cherry")
        sketch.fill(cherry, ellipse(x, y, r), red, depth=1.3)
        sketch.fill(cherry, ellipse(x, y - r * 0.72, r * 0.28, r * 0.13), darker(red, 0.5), "flat")
        gloss = sketch.part("gloss", cherry)
        sketch.fill(
            gloss,
            ellipse(x - r * 0.4, y - r * 0.28, r * 0.15, r * 0.26, 24),
            lighter(red, 0.75),
            "flat",
        )
    return sketch


def melon(rng: np.random.Generator) -> Sketch:
    """A slice: rind (pale band), flesh (seeds)."""
    red, green = hsv(rng.choice([0.98, 0.02, 0.1, 0.14]), 0.68, 0.95), leaf_green(rng)
    sketch = Sketch("melon slice", ground=0.62)
    rind = sketch.part("rind")
    sketch.fill(
        rind, dome(0, 0.0, 1.0, 1.0, 30) * (1, -0.66) + (0, -0.1), darker(green, 0.15), "slope"
    )
    band = sketch.part("band", rind)
    sketch.fill(
        band, dome(0, 0.0, 0.9, 0.9, 30) * (1, -0.64) + (0, -0.1), lighter(green, 0.65), "flat"
    )
    flesh = sketch.part("flesh")
    sketch.fill(flesh, dome(0, 0.0, 0.82, 0.82, 30) * (1, -0.62) + (0, -0.1), red, grain=0.08)
    for x, y, turn in (
        (-0.5, 0.02, 24),
        (-0.26, 0.16, 12),
        (0, 0.04, 0),
        (0.26, 0.16, -12),
        (0.5, 0.02, -24),
        (0, 0.27, 0),
    ):
        seed = sketch.part("seed", flesh)
        sketch.fill(seed, ellipse(x, y, 0.042, 0.065, turn, 16), (0.2, 0.12, 0.12), "flat")
    return sketch


def orange(rng: np.random.Generator) -> Sketch:
    """A halved citrus fruit: peel, pith, flesh (segments)."""
    skin = hsv(rng.choice([0.08, 0.14, 0.25, 0.02]), 0.78, 0.95)
    sketch = Sketch("orange half")
    peel = sketch.part("peel")
    sketch.fill(peel, ellipse(0, 0, 0.95), darker(skin, 0.06), depth=0.8, grain=0.1)
    flesh = sketch.part("flesh")
    sketch.fill(flesh, ellipse(0, 0, 0.84), lighter(skin, 0.72), "flat")
    for i in range(8):
        segment = sketch.part("segment", flesh)
        wedge = sector(0, 0, 0.66, 45 * i + 3, 45 * i + 42, 9)
        middle = np.deg2rad(45 * i + 22.5)
        sketch.fill(
            segment,
            moved(wedge, 0.1 * np.cos(middle), 0.1 * np.sin(middle)),
            skin,
            grain=0.14,
            depth=0.7,
        )
    return sketch
