"""Things in front of the objects: stalks, a fence, leaves, and shadows on everything.

They are not labelled; they cover or darken what is behind them.
"""

import numpy as np

from .shapes import ellipse, polygon, rectangle, ribbon, smooth
from .sketch import Colour, Sketch, darker, hsv, lighter, mixed


def stalks(rng: np.random.Generator, colour: Colour) -> Sketch:
    """Thin blades that rise from the lower edge."""
    sketch, s = Sketch(), np.linspace(0, 1, 8)
    tint = darker(mixed(colour, hsv(rng.uniform(0.2, 0.45), 0.6, 0.5), 0.6), 0.2)
    for x in rng.uniform(0, 1, int(rng.integers(5, 14))):
        tall, lean = rng.uniform(0.12, 0.5), rng.normal() * 0.1
        path = np.stack([x + lean * s**2, 1.02 - tall * s], axis=1)
        blade = ribbon(path, rng.uniform(0.01, 0.024) * (1.06 - s))
        sketch.fill(None, blade, mixed(tint, lighter(tint), rng.uniform(0, 0.5)), "slope")
    return sketch


def fence(rng: np.random.Generator, colour: Colour) -> Sketch:
    """Pointed pales on two rails along the lower edge."""
    sketch, top = Sketch(), rng.uniform(0.74, 0.88)
    wood = mixed(lighter(hsv(0.08, 0.4, 0.7), rng.uniform(0, 0.8)), colour, 0.1)
    for y in (top + 0.05, top + 0.13):
        sketch.fill(None, rectangle(-0.1, y, 1.1, y + 0.018), darker(wood, 0.25), "flat")
    step = rng.uniform(0.07, 0.14)
    for x in np.arange(rng.uniform(-step, 0), 1, step):
        w = 0.3 * step
        corners = ((x, 1.05), (x, top + 0.02), (x + w / 2, top), (x + w, top + 0.02), (x + w, 1.05))
        sketch.fill(None, polygon(*corners), wood, "slope")
    return sketch


def leaves(rng: np.random.Generator, colour: Colour) -> Sketch:
    """A twig that hangs in from an upper corner."""
    sketch, side = Sketch(), rng.choice([-1.0, 1.0])
    green = darker(mixed(colour, hsv(rng.uniform(0.18, 0.42), 0.6, 0.55), 0.8), 0.15)
    s = np.linspace(0, 1, 9)
    path = np.stack([0.5 + side * (0.55 - 0.42 * s), -0.02 + 0.3 * s**1.6], axis=1)
    sketch.fill(None, ribbon(path, 0.016 * (1.2 - s)), darker(green, 0.4), "flat")
    for i in range(1, len(path)):
        for turn in (-38, 48):
            angle = turn + rng.normal() * 14
            x, y = path[i] + 0.05 * np.array([np.cos(np.deg2rad(angle)), np.sin(np.deg2rad(angle))])
            leaf = ellipse(x, y, 0.06, 0.024, angle, 16)
            sketch.fill(None, leaf, mixed(green, lighter(green), rng.uniform(0, 0.5)), "slope")
    return sketch


def shade(rng: np.random.Generator, colour: Colour) -> Sketch:
    """The shadow of something outside of the picture: dapples, or one slanting edge."""
    sketch, amount = Sketch(), -rng.uniform(0.2, 0.4)
    if rng.random() < 0.5:
        x, lean = rng.uniform(0.2, 0.7), rng.normal() * 0.3
        side = rng.choice([-0.2, 1.2])
        edge = ((x, -0.1), (x + lean, 1.1), (side, 1.1), (side, -0.1))
        sketch.shade(polygon(*edge), amount)
        return sketch
    for x, y in rng.uniform(0, 1, (int(rng.integers(5, 12)), 2)):
        outline = ellipse(x, y, rng.uniform(0.05, 0.14), rng.uniform(0.04, 0.1), count=8)
        sketch.shade(smooth(*(outline + rng.normal(size=(8, 2)) * 0.012)), amount)
    return sketch


def board(x: float, y: float) -> Sketch:
    """An upright board with its middle at x, y, 0.14 wide and 0.4 high."""
    sketch, wood = Sketch(), hsv(0.08, 0.5, 0.62)
    whole = sketch.fill(None, rectangle(x - 0.07, y - 0.2, x + 0.07, y + 0.2, 0.02), wood, "slope")
    for dx in (-0.035, 0.01, 0.04):
        s = np.linspace(y - 0.19, y + 0.19, 10)
        line = np.stack([x + dx + 0.006 * np.sin(20 * (s - y) + 50 * dx), s], axis=1)
        sketch.shade(ribbon(line, 0.005), -0.3, inside=whole)
    return sketch


IN_FRONT = {
    "meadow": (stalks, fence, leaves, shade),
    "street": (fence, leaves, shade),
    "lake": (stalks, leaves, shade),
    "underwater": (stalks,),
    "open sky": (leaves,),
    "table": (shade,),
    "paper": (leaves, shade),
}
