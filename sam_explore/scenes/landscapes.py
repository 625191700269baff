"""Backgrounds out of doors."""

import numpy as np

from .shapes import Points, dome, ellipse, polygon, rectangle, ribbon, smooth
from .sketch import Background, Colour, Sketch, darker, hsv, lighter, mixed


def everywhere() -> Points:
    """An outline around the whole picture."""
    return polygon((-0.1, -0.1), (1.1, -0.1), (1.1, 1.1), (-0.1, 1.1))


def _below(y: float, waves: np.ndarray) -> np.ndarray:
    """Everything below a wavy line at about y; `waves` are its offsets from left to right."""
    crest = np.stack([np.linspace(-0.15, 1.15, len(waves)), y + waves], axis=1)
    line = smooth(*crest)[: 6 * (len(waves) - 1)]
    return np.concatenate([line, [(1.2, 1.2), (-0.2, 1.2)]])


def _cloud(sketch: Sketch, x: float, y: float, size: float, colour: Colour) -> None:
    for dx, dy, r in ((-0.9, 0.1, 0.5), (0.9, 0.12, 0.45), (-0.3, -0.2, 0.65), (0.4, -0.1, 0.6)):
        sketch.fill(None, ellipse(x + dx * size, y + dy * size, r * size, count=20), colour, "flat")
    base = rectangle(x - 1.4 * size, y + 0.05 * size, x + 1.36 * size, y + 0.6 * size, 0.27 * size)
    sketch.fill(None, base, colour, "flat")


def _sky(rng: np.random.Generator, sketch: Sketch, horizon: float) -> None:
    hour = rng.random()
    if hour < 0.6:
        top = hsv(rng.uniform(0.52, 0.6), rng.uniform(0.35, 0.65), rng.uniform(0.8, 0.95))
        low = lighter(top, 0.65)
    elif hour < 0.85:
        top, low = hsv(rng.uniform(0.6, 0.85), 0.4, 0.7), hsv(rng.uniform(0.03, 0.12), 0.4, 1.0)
    else:
        top, low = hsv(rng.uniform(0.6, 0.72), 0.65, 0.3), hsv(rng.uniform(0.55, 0.7), 0.5, 0.55)
    sketch.fill(None, rectangle(-0.1, -0.05, 1.1, max(horizon, 0.3) + 0.1), top, "slope", to=low)
    if hour > 0.85:
        for x, y in rng.uniform(0, 1, (22, 2)):
            r = rng.uniform(0.0016, 0.004)
            sketch.fill(None, ellipse(x, y * horizon, r, count=8), (1, 0.97, 0.85), "flat")
    x, y, r = (
        rng.uniform(0.1, 0.9),
        rng.uniform(0.08, 0.3) * max(horizon, 0.4),
        rng.uniform(0.04, 0.08),
    )
    disc = lighter(hsv(0.12, 0.6, 1.0), 0.3)
    sketch.fill(None, ellipse(x, y, 1.6 * r), mixed(top, (1, 1, 0.9), 0.22), "flat")
    sketch.fill(None, ellipse(x, y, r), disc, "flat")
    for _ in range(int(rng.integers(0, 4)) if hour < 0.85 else 0):
        place = rng.uniform(0, 1), rng.uniform(0.05, 0.75) * horizon
        _cloud(
            sketch, *place, rng.uniform(0.03, 0.075), mixed((1, 1, 1), low, rng.uniform(0.1, 0.4))
        )


def meadow(rng: np.random.Generator, grass: Colour | None = None) -> Background:
    """Sky, hills, grass with tufts, bushes and pebbles."""
    sketch, horizon = Sketch(), rng.uniform(0.35, 0.6)
    _sky(rng, sketch, horizon)
    green = hsv(
        rng.choice([0.25, 0.3, 0.36, 0.13, 0.08]) + rng.normal() * 0.02,
        rng.uniform(0.35, 0.65),
        rng.uniform(0.55, 0.82),
    )
    green = grass or green
    for i in range(2):
        far = mixed(green, hsv(0.58, 0.25, 0.85), 0.5 - 0.25 * i)
        hill = _below(horizon - 0.1 + 0.06 * i, rng.normal(size=8) * 0.045)
        sketch.fill(None, hill, far, "slope", depth=0.5)
    for _ in range(int(rng.integers(0, 5))):
        x, r = rng.uniform(0, 1), rng.uniform(0.03, 0.08)
        for dx in (-0.8, 0.8, 0):
            bush = ellipse(x + dx * r, horizon + 0.01, r, 0.9 * r, count=20)
            sketch.fill(None, bush, darker(green, rng.uniform(0.1, 0.3)), depth=0.8, grain=0.1)
    ground = sketch.fill(
        None, _below(horizon, rng.normal(size=7) * 0.012), green, "slope", to=None, grain=0.1
    )
    _path(rng, sketch, horizon, green, ground)
    for x, y in rng.uniform(0, 1, (14, 2)):
        y = horizon + 0.04 + y * (0.96 - horizon)
        size = 0.012 + 0.025 * (y - horizon)
        for lean in (-0.7, 0, 0.6):
            blade = polygon(
                (x + 0.4 * lean * size - 0.004, y),
                (x + lean * 1.4 * size, y - 1.7 * size),
                (x + 0.4 * lean * size + 0.004, y),
            )
            sketch.fill(None, blade, darker(green, 0.24), "flat")
    bloom = hsv(rng.random(), 0.4, 1)
    for x, y in rng.uniform(0, 1, (int(rng.integers(0, 10)), 2)):
        y = horizon + 0.06 + y * (0.94 - horizon)
        sketch.fill(None, ellipse(x, y, 0.008, 0.006, count=8), bloom, "flat")
    return Background(sketch, (horizon + 0.1, 0.96), "ground", green)


def _path(rng, sketch: Sketch, horizon: float, green, ground: int) -> None:
    if rng.random() < 0.4:
        s = np.linspace(0, 1, 10)
        x = rng.uniform(0.2, 0.8) + rng.uniform(-0.5, 0.5) * s**1.5
        path = np.stack([x, horizon - 0.01 + (1.12 - horizon) * s], axis=1)
        sand = mixed(green, (0.9, 0.78, 0.58), 0.75)
        sketch.fill(None, ribbon(path, 0.03 + 0.25 * s), sand, "flat", inside=ground, grain=0.06)


def street(rng: np.random.Generator) -> Background:
    """Sky, a row of plain houses, pavement and road."""
    sketch, horizon = Sketch(), rng.uniform(0.5, 0.62)
    _sky(rng, sketch, horizon)
    hue, x = rng.random(), -0.05
    while x < 1:
        width, height = rng.uniform(0.1, 0.24), rng.uniform(0.14, 0.42)
        wall = mixed(
            hsv(hue + rng.normal() * 0.08, 0.22, rng.uniform(0.6, 0.85)), (0.7, 0.8, 0.9), 0.3
        )
        sketch.fill(
            None,
            rectangle(x, horizon - height, x + width, horizon + 0.02),
            wall,
            "slope",
            depth=0.6,
        )
        pane = mixed(wall, (0.3, 0.38, 0.52), 0.4)
        for column in np.arange(x + 0.02, x + width - 0.025, 0.045):
            for row in np.arange(horizon - height + 0.03, horizon - 0.05, 0.062):
                sketch.fill(None, rectangle(column, row, column + 0.022, row + 0.032), pane, "flat")
        x += width
    kerb, road = hsv(hue, 0.08, 0.78), hsv(0.65, rng.uniform(0.02, 0.15), rng.uniform(0.35, 0.55))
    sketch.fill(None, rectangle(-0.1, horizon, 1.1, 1.1), kerb, "flat", grain=0.06)
    sketch.fill(
        None, rectangle(-0.1, horizon + 0.1, 1.1, 1.1), road, "slope", depth=0.6, grain=0.09
    )
    sketch.fill(
        None, rectangle(-0.1, horizon + 0.1, 1.1, horizon + 0.112), darker(kerb, 0.3), "flat"
    )
    line, shift = 0.8 + 0.1 * rng.random(), rng.random() * 0.2
    for x in np.arange(-0.2, 1, 0.24):
        dash = polygon(
            (x + shift, line),
            (x + shift + 0.13, line),
            (x + shift + 0.125, line + 0.02),
            (x + shift - 0.005, line + 0.02),
        )
        sketch.fill(None, dash, (0.93, 0.92, 0.86), "flat")
    return Background(sketch, (horizon + 0.14, 0.96), "ground", road)


def lake(rng: np.random.Generator) -> Background:
    """Sky, far hills and water with ripples."""
    sketch, horizon = Sketch(), rng.uniform(0.4, 0.6)
    _sky(rng, sketch, horizon)
    water = hsv(rng.uniform(0.48, 0.6), rng.uniform(0.4, 0.65), rng.uniform(0.6, 0.85))
    hills = mixed(water, hsv(rng.uniform(0.2, 0.7), 0.3, 0.55), 0.5)
    sketch.fill(None, _below(horizon - 0.06, rng.normal(size=8) * 0.04), hills, "slope", depth=0.5)
    sketch.fill(
        None,
        rectangle(-0.1, horizon, 1.1, 1.1),
        lighter(water, 0.25),
        "slope",
        to=darker(water, 0.25),
        grain=0.04,
    )
    for x, y in rng.uniform(0, 1, (26, 2)):
        near = 0.15 + 0.85 * y
        y = horizon + 0.02 + y * (0.97 - horizon)
        sketch.shade(
            ellipse(x, y, 0.09 * near, 0.006 * near + 0.001, count=14),
            rng.choice([0.35, 0.5, -0.25]),
        )
    return Background(sketch, (horizon + 0.12, 0.95), "water", water)


def underwater(rng: np.random.Generator) -> Background:
    """Blue depth with rays, sand, weeds, stones and bubbles."""
    sketch = Sketch()
    water = hsv(rng.uniform(0.46, 0.63), rng.uniform(0.45, 0.75), rng.uniform(0.6, 0.85))
    sketch.fill(None, everywhere(), lighter(water, 0.3), "slope", to=darker(water, 0.5), grain=0.05)
    for x in rng.uniform(-0.1, 1, 4):
        w = rng.uniform(0.02, 0.07)
        sketch.shade(
            polygon((x, -0.05), (x + w, -0.05), (x + 3 * w + 0.14, 1.1), (x + 0.14, 1.1)), 0.14
        )
    bottom = rng.uniform(0.75, 0.9)
    for i in range(2):
        ridge = _below(bottom - 0.14 + 0.06 * i, rng.normal(size=8) * 0.04)
        sketch.fill(None, ridge, darker(water, 0.38 - 0.14 * i), "slope", depth=0.5)
    sand = mixed(hsv(rng.uniform(0.08, 0.14), 0.35, 0.9), water, 0.25)
    sketch.fill(
        None, _below(bottom, rng.normal(size=8) * 0.02), sand, "slope", depth=0.7, grain=0.13
    )
    weed = hsv(rng.uniform(0.25, 0.5), 0.6, 0.5)
    for x in rng.uniform(0, 1, int(rng.integers(2, 8))):
        s = np.linspace(0, 1, 9)
        tall, sway = rng.uniform(0.08, 0.32), rng.uniform(0.01, 0.03)
        path = np.stack([x + sway * np.sin(6 * s + x * 9), bottom + 0.05 - tall * s], axis=1)
        sketch.fill(
            None, ribbon(path, 0.026 * (1.08 - s)), mixed(weed, water, rng.uniform(0, 0.5)), "slope"
        )
    for x in rng.uniform(0, 1, int(rng.integers(0, 5))):
        r = rng.uniform(0.02, 0.06)
        sketch.fill(
            None,
            dome(x, bottom + 0.05, r, 0.8 * r),
            hsv(0.6, 0.15, rng.uniform(0.35, 0.6)),
            grain=0.1,
        )
    for x, y in rng.uniform(0, 1, (int(rng.integers(4, 14)), 2)):
        r = rng.uniform(0.004, 0.014)
        sketch.shade(ellipse(x, y * bottom, r, count=14), 0.4)
        sketch.shade(ellipse(x, y * bottom, 0.7 * r, count=12), 0.12)
    return Background(sketch, None, "none", water)


def open_sky(rng: np.random.Generator) -> Background:
    """High up: sky and clouds."""
    sketch = Sketch()
    _sky(rng, sketch, 1.05)
    for _ in range(int(rng.integers(3, 8))):
        x, y, size = rng.uniform(0, 1), rng.uniform(0.1, 1), rng.uniform(0.04, 0.12)
        _cloud(sketch, x, y, size, mixed((1, 1, 1), (0.75, 0.8, 0.95), rng.uniform(0, 0.7)))
    return Background(sketch, None, "none", (0.75, 0.85, 0.95))
