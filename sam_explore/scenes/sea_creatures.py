"""Creatures of the sea."""

import numpy as np

from .shapes import circle_at, ellipse, polygon, ribbon, smooth, turned
from .sketch import Sketch, darker, hsv, lighter, mixed, vivid


def fish(rng: np.random.Generator) -> Sketch:
    """Body (stripes, side fin), head (eye, mouth), tail (band), fins."""
    coat, second = vivid(rng), vivid(rng)
    high = rng.uniform(0.8, 1.25)
    tall = (1, high)
    sketch = Sketch("fish")
    tail = sketch.part("tail")
    outline = smooth(
        (-0.5, 0.0), (-0.72, -0.2), (-1.02, -0.42), (-0.88, 0), (-1.02, 0.42), (-0.72, 0.2)
    )
    fan = sketch.fill(tail, outline * tall, second, "slope")
    band = sketch.part("band", tail)
    sketch.fill(band, polygon((-1.2, -0.6), (-0.9, -0.6), (-0.82, 0), (-0.9, 0.6), (-1.2, 0.6)),
                lighter(second, 0.4), over=fan, inside=fan)  # fmt: skip
    top = sketch.part("top fin")
    crest = smooth((-0.42, -0.26), (-0.3, -0.56), (0.0, -0.68), (0.26, -0.52), (0.2, -0.3))
    sketch.fill(top, crest * tall, darker(second, 0.1), "slope")
    low = sketch.part("bottom fin")
    sketch.fill(
        low, smooth((-0.2, 0.3), (-0.3, 0.6), (0.0, 0.54), (0.14, 0.34)) * tall, darker(second, 0.2)
    )
    body = sketch.part("body")
    trunk = smooth(
        (-0.64, 0), (-0.4, -0.22), (0.0, -0.42), (0.46, -0.36), (0.82, -0.1), (0.86, 0.06),
        (0.6, 0.28), (0.1, 0.42), (-0.38, 0.24),
    ) * tall  # fmt: skip
    base = sketch.fill(body, trunk, coat, depth=1.1)
    stripe_colour = lighter(second, 0.5) if rng.random() < 0.5 else darker(coat, 0.35)
    for x in (-0.34, -0.02):
        stripe = sketch.part("stripe", body)
        arc = np.array(
            [(x + 0.08, -0.6), (x + 0.0, -0.25), (x - 0.02, 0), (x, 0.25), (x + 0.08, 0.6)]
        )
        wide = ribbon(arc * tall, 0.13)
        sketch.fill(stripe, wide, stripe_colour, over=base, inside=base, depth=1.1)
    head = sketch.part("head")
    face = np.concatenate([[(0.42, -0.9), (1.2, -0.9), (1.2, 0.9), (0.42, 0.9)],
                           [(0.3, 0.3 * high), (0.26, 0), (0.3, -0.3 * high)]])  # fmt: skip
    sketch.fill(head, face, mixed(coat, second, 0.35), over=base, inside=base, depth=1.1)
    mouth = sketch.part("mouth", head)
    sketch.fill(mouth, ellipse(0.83, 0.06 * high, 0.075, 0.09), lighter((0.9, 0.4, 0.4), 0.2))
    sketch.eye(head, 0.56, -0.1 * high, 0.125, look=(0.2, 0))
    side = sketch.part("side fin", body)
    fin = smooth((0.22, 0.06), (0.16, 0.2), (-0.16, 0.28), (-0.12, 0.1), (0.06, 0.02))
    sketch.fill(side, fin * tall, lighter(second, 0.15))
    return sketch


def crab(rng: np.random.Generator) -> Sketch:
    """Body (eyes, spots, mouth), claws (pincers), legs."""
    red = hsv(rng.choice([0.0, 0.03, 0.08, 0.55, rng.random()]), rng.uniform(0.6, 0.85), 0.88)
    sketch = Sketch("crab", ground=0.72)
    for side in (-1, 1):
        for i in range(3):
            leg = sketch.part("leg")
            path = np.array(
                [(0.4, 0.3), (0.7 - 0.06 * i, 0.22 + 0.14 * i), (0.82 - 0.14 * i, 0.5 + 0.12 * i)]
            )
            sketch.fill(
                leg, ribbon(path * (side, 1), (0.15, 0.13, 0.05)), darker(red, 0.22), "slope"
            )
        claw = sketch.part("claw")
        arm = np.array([(0.44, 0.16), (0.7, 0.04), (0.74, -0.22)])
        sketch.fill(claw, ribbon(arm * (side, 1), 0.15), darker(red, 0.12), "slope")
        pincer = sketch.part("pincer", claw)
        hand = smooth(
            (0.6, -0.22), (0.56, -0.48), (0.66, -0.72), (0.7, -0.5), (0.8, -0.5), (0.94, -0.72),
            (0.98, -0.44), (0.86, -0.2),
        )  # fmt: skip
        sketch.fill(pincer, hand * (side, 1), lighter(red, 0.08))
    body = sketch.part("body")
    for x in (-0.2, 0.2):
        sketch.fill(
            body, ribbon(np.array([(x, 0.0), (x * 1.1, -0.36)]), 0.08), darker(red, 0.1), "slope"
        )
    back = smooth(
        (-0.62, 0.2), (-0.4, -0.12), (0, -0.2), (0.4, -0.12), (0.62, 0.2), (0.36, 0.52),
        (-0.36, 0.52),
    )  # fmt: skip
    base = sketch.fill(body, back, red)
    belly = sketch.part("belly", body)
    sketch.fill(belly, ellipse(0, 0.62, 0.5, 0.24), lighter(red, 0.55), over=base, inside=base)
    for x, y, r in ((-0.3, 0.02, 0.07), (0.33, 0.06, 0.06), (0.02, -0.08, 0.06)):
        sketch.fill(body, ellipse(x, y, r, r * 0.8), darker(red, 0.2), over=base)
    mouth = np.array([(-0.14, 0.22), (0, 0.3), (0.14, 0.22)])
    sketch.fill(body, ribbon(mouth, 0.035), darker(red, 0.6), "flat")
    for x in (-0.22, 0.22):
        sketch.eye(body, x, -0.4, 0.14, look=(-0.2 if x > 0 else 0.2, 0.1))
    return sketch


def octopus(rng: np.random.Generator) -> Sketch:
    """Head (eyes, mouth, spots), arms (tips)."""
    coat = hsv(rng.uniform(0.6, 1.1), rng.uniform(0.4, 0.7), rng.uniform(0.7, 0.95))
    sketch = Sketch("octopus", ground=0.95)
    s = np.linspace(0, 1, 12)
    for i, x in enumerate((-0.46, 0.46, -0.28, 0.28, -0.09, 0.1)):
        arm = sketch.part("arm")
        curl = x * 1.3 * s + np.sign(x) * 0.09 * np.sin(5 * s)
        path = np.stack([x * 0.8 + curl, 0.1 + (0.6 + 0.05 * i) * s], axis=1)
        colour = darker(coat, 0.26 - 0.05 * i)
        sketch.fill(arm, ribbon(path, 0.22 - 0.1 * s), colour, "slope")
        sketch.fill(arm, circle_at(path[-1], 0.075), colour, "flat")
        tip = sketch.part("tip", arm)
        sketch.fill(tip, ribbon(path[7:], 0.2 - 0.1 * s[7:]), lighter(coat, 0.35), "flat")
        sketch.fill(tip, circle_at(path[-1], 0.075), lighter(coat, 0.35), "flat")
    head = sketch.part("head")
    dome = smooth(
        (-0.46, 0.1),
        (-0.56, -0.4),
        (-0.3, -0.86),
        (0.3, -0.86),
        (0.56, -0.4),
        (0.46, 0.1),
        (0, 0.32),
    )
    sketch.fill(head, dome, coat, depth=1.1)
    for x, y, r in ((-0.3, -0.62, 0.07), (0.1, -0.74, 0.06), (0.34, -0.56, 0.08)):
        sketch.fill(head, ellipse(x, y, r, r * 0.85), lighter(coat, 0.3), "flat")
    for x in (-0.21, 0.21):
        sketch.eye(head, x, -0.26, 0.15, look=(0.1, 0.1))
    mouth = sketch.part("mouth", head)
    sketch.fill(
        mouth,
        turned(smooth((-0.13, 0), (0, 0.02), (0.13, 0), (0, 0.12)), 0),
        darker(coat, 0.6),
        "flat",
    )
    return sketch
