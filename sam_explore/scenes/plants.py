"""Plants and mushrooms."""

import numpy as np

from .shapes import circle_at, ellipse, moved, polygon, rectangle, ribbon, smooth, turned
from .sketch import Sketch, darker, hsv, lighter, mixed, vivid

LEAF = smooth((0, 0), (0.16, -0.16), (0.42, -0.17), (0.66, 0), (0.42, 0.13), (0.16, 0.1))
LOWER_HALF = polygon((0, 0), (0.33, -0.03), (0.7, 0.0), (0.5, 0.3), (0.1, 0.3))


def leaf(sketch: Sketch, parent: int, x, y, turn, scale, colour, name="leaf") -> int:
    """A leaf that grows from (x, y) in the direction `turn`, with a lit half as a sub-part."""
    number = sketch.part(name, parent)
    blade = sketch.fill(number, moved(turned(LEAF * scale, turn), x, y), colour, "slope")
    half = sketch.part("half", number)
    lower = moved(turned(LOWER_HALF * scale, turn), x, y)
    sketch.fill(half, lower, lighter(colour, 0.3), "slope", over=blade, inside=blade)
    return number


def leaf_green(rng: np.random.Generator) -> tuple[float, float, float]:
    return hsv(rng.uniform(0.22, 0.42), rng.uniform(0.45, 0.75), rng.uniform(0.45, 0.75))


def flower(rng: np.random.Generator, petals=None, heart=None) -> Sketch:
    """Blossom (petals, heart), stem, leaves (half)."""
    petals, green = petals or vivid(rng), leaf_green(rng)
    heart = heart or hsv(rng.uniform(0.06, 0.15), 0.8, 0.95)
    count = int(rng.integers(5, 9))
    sketch = Sketch("flower", ground=0.98)
    stem = sketch.part("stem")
    path = np.array([(0.02, 0.98), (-0.05, 0.6), (0.03, 0.2), (0, -0.3)])
    sketch.fill(stem, ribbon(path, 0.085), green, "slope")
    leaf(sketch, 0, -0.03, 0.72, 205, 0.85, lighter(green, 0.1))
    leaf(sketch, 0, 0.0, 0.52, -28, 0.85, darker(green, 0.1))
    blossom = sketch.part("blossom")
    for i in range(count):
        petal = sketch.part("petal", blossom)
        turn = 360 * i / count
        reach = 0.36 if count > 6 else 0.34
        outline = ellipse(reach, 0, 0.26, min(0.9 / count, 0.17) * 1.25)
        tint = petals if i % 2 else darker(petals, 0.1)
        sketch.fill(petal, moved(turned(outline, turn), 0, -0.36), lighter(tint, 0.05), depth=0.9)
    core = sketch.part("heart", blossom)
    disc = sketch.fill(core, ellipse(0, -0.36, 0.21), heart, depth=1.2)
    for angle in np.arange(7) * 0.9:
        x, y = 0.11 * np.cos(angle), -0.36 + 0.11 * np.sin(angle)
        sketch.fill(core, ellipse(x, y, 0.028, count=10), darker(heart, 0.35), "flat", inside=disc)
    return sketch


def tulip(rng: np.random.Generator) -> Sketch:
    """Blossom (petals), stem, leaves (half)."""
    petals, green = vivid(rng), leaf_green(rng)
    sketch = Sketch("tulip", ground=0.98)
    stem = sketch.part("stem")
    sketch.fill(
        stem, ribbon(np.array([(0.02, 0.98), (0.05, 0.4), (0, -0.2)]), 0.09), green, "slope"
    )
    for side, tint in ((-1, darker(green, 0.12)), (1, lighter(green, 0.1))):
        number = sketch.part("leaf")
        blade = smooth(
            (0.02, 0.98), (0.2, 0.6), (0.46, 0.1), (0.5, -0.02), (0.42, 0.5), (0.2, 0.9)
        ) * (side, 1)
        base = sketch.fill(number, blade, tint, "slope")
        half = sketch.part("half", number)
        outer = polygon((0.05, 0.98), (0.28, 0.5), (0.48, -0.04), (0.7, 0.1), (0.4, 0.98)) * (
            side,
            1,
        )
        sketch.fill(half, outer, lighter(tint, 0.3), "slope", over=base, inside=base)
    blossom = sketch.part("blossom")
    for x, tint in (
        (-0.2, darker(petals, 0.2)),
        (0.2, darker(petals, 0.14)),
        (0, lighter(petals, 0.12)),
    ):
        petal = sketch.part("petal", blossom)
        outline = smooth(
            (0, -0.1), (-0.24, -0.3), (-0.2, -0.66), (x * 0.5, -0.98), (0.2, -0.66), (0.24, -0.3)
        )
        sketch.fill(petal, moved(outline, x, 0.02 if x else 0.06), tint)
    return sketch


def cactus(rng: np.random.Generator) -> Sketch:
    """Pot (rim), stem (stripes, blossom), arms (spines)."""
    green, clay = leaf_green(rng), hsv(rng.choice([0.04, rng.random()]), 0.55, 0.8)
    sketch = Sketch("cactus", ground=0.95)
    for side, y in ((-1, -0.02), (1, -0.22)):
        arm = sketch.part("arm")
        path = np.array([(0.1, y + 0.14), (0.4, y + 0.12), (0.5, y - 0.04), (0.5, y - 0.3)]) * (
            side,
            1,
        )
        sketch.fill(arm, ribbon(path, 0.2), darker(green, 0.12), "slope")
        sketch.fill(arm, circle_at(path[-1], 0.1), darker(green, 0.02), "flat")
        bud = sketch.part("bud", arm)
        sketch.fill(bud, ellipse(path[-1][0], path[-1][1] - 0.09, 0.085, 0.075), (0.95, 0.45, 0.6))
    stem = sketch.part("stem")
    base = sketch.fill(stem, rectangle(-0.26, -0.8, 0.26, 0.5, 0.26), green, "slope", depth=1.3)
    for x in (-0.13, 0.0, 0.13):
        rib = sketch.part("rib", stem)
        sketch.fill(
            rib,
            rectangle(x - 0.025, -0.66, x + 0.025, 0.5, 0.02),
            lighter(green, 0.3),
            over=base,
            inside=base,
        )
    blossom = sketch.part("blossom", stem)
    for turn in range(-60, 61, 30):
        sketch.fill(
            blossom, moved(turned(ellipse(0, -0.12, 0.06, 0.13), turn), 0, -0.76), (0.96, 0.5, 0.62)
        )
    sketch.fill(blossom, ellipse(0, -0.79, 0.07, 0.06), (1, 0.85, 0.4), "flat")
    pot = sketch.part("pot")
    sketch.fill(pot, polygon((-0.42, 0.48), (0.42, 0.48), (0.3, 0.96), (-0.3, 0.96)), clay, "slope")
    rim = sketch.part("rim", pot)
    sketch.fill(rim, rectangle(-0.48, 0.42, 0.48, 0.58, 0.04), lighter(clay, 0.15), "slope")
    sketch.shade(rectangle(-0.4, 0.58, 0.4, 0.62), -0.4)
    return sketch


def mushroom(rng: np.random.Generator, cap_colour=None) -> Sketch:
    """Cap (spots), gills, stem (ring)."""
    cap_colour, pale = cap_colour or vivid(rng), (0.96, 0.92, 0.84)
    sketch = Sketch("mushroom", ground=0.92)
    stem = sketch.part("stem")
    sketch.fill(
        stem,
        smooth(
            (-0.16, -0.1),
            (0.16, -0.1),
            (0.2, 0.4),
            (0.3, 0.84),
            (0, 0.94),
            (-0.3, 0.84),
            (-0.2, 0.4),
        ),
        pale,
    )
    ring = sketch.part("ring", stem)
    sketch.fill(
        ring,
        smooth((-0.23, 0.22), (0.23, 0.22), (0.3, 0.38), (0, 0.44), (-0.3, 0.38)),
        darker(pale, 0.16),
    )
    sketch.shade(smooth((-0.2, 0.02), (0.2, 0.02), (0.18, 0.16), (-0.18, 0.16)), -0.4)
    gills = sketch.part("gills")
    sketch.fill(
        gills, ellipse(0, 0.0, 0.74, 0.14), darker(mixed(pale, cap_colour, 0.2), 0.2), "slope"
    )
    cap = sketch.part("cap")
    top = smooth(
        (-0.92, -0.02), (-0.8, -0.5), (-0.4, -0.86), (0, -0.94), (0.4, -0.86), (0.8, -0.5),
        (0.92, -0.02), (0.5, 0.02), (0, -0.02), (-0.5, 0.02),
    )  # fmt: skip
    base = sketch.fill(cap, top, cap_colour, depth=1.1)
    for x, y, r in (
        (-0.5, -0.34, 0.15),
        (0.02, -0.62, 0.17),
        (0.5, -0.4, 0.14),
        (-0.08, -0.18, 0.12),
        (0.76, -0.1, 0.1),
    ):
        spot = sketch.part("spot", cap)
        sketch.fill(
            spot, ellipse(x, y, r, r * 0.85), lighter(cap_colour, 0.85), over=base, inside=base
        )
    return sketch


def tree(rng: np.random.Generator) -> Sketch:
    """Trunk (hollow), crown (apples)."""
    green = hsv(
        rng.choice([0.3, 0.24, 0.08, 0.95, 0.38]) + rng.normal() * 0.03, 0.6, rng.uniform(0.5, 0.8)
    )
    bark, fruit = hsv(0.07, 0.5, rng.uniform(0.35, 0.55)), vivid(rng)
    sketch = Sketch("tree", ground=0.96)
    trunk = sketch.part("trunk")
    sketch.fill(
        trunk,
        smooth((-0.12, 0.1), (0.12, 0.1), (0.13, 0.7), (0.26, 0.97), (-0.26, 0.97), (-0.13, 0.7)),
        bark,
        "slope",
    )
    hollow = sketch.part("hollow", trunk)
    sketch.fill(hollow, ellipse(0, 0.64, 0.075, 0.1), darker(bark, 0.6), "flat")
    crown = sketch.part("crown")
    for x, y, r, tint in (
        (-0.44, 0.0, 0.36, 0.2), (0.44, 0.02, 0.36, 0.24), (0, 0.06, 0.38, 0.16),
        (-0.28, -0.42, 0.4, 0.06), (0.3, -0.4, 0.4, 0.1), (0, -0.62, 0.34, 0.0),
    ):  # fmt: skip
        sketch.fill(crown, ellipse(x, y, r, r * 0.95), darker(green, tint), grain=0.12)
    for x, y in ((-0.46, -0.06), (0.1, -0.3), (0.44, 0.0), (-0.24, -0.56), (0.36, -0.58)):
        apple = sketch.part("fruit", crown)
        sketch.fill(apple, ellipse(x, y, 0.095), fruit, depth=1.2)
    return sketch
