"""Buildings, seen from the front."""

import numpy as np

from .shapes import ellipse, polygon, rectangle, ribbon, sector, smooth
from .sketch import Sketch, darker, hsv, lighter, vivid
from .vehicles import pane


def _window(sketch: Sketch, wall: int, x: float, y: float, w: float, h: float, frame, lit) -> None:
    """A framed window with its cross, a sub-part of the wall, and a sill."""
    number = sketch.part("window", wall)
    sketch.fill(number, rectangle(x - 0.03, y - 0.03, x + w + 0.03, y + h + 0.03), frame, "flat")
    glass = (1.0, 0.86, 0.5) if lit else (0.55, 0.78, 0.88)
    sketch.fill(number, rectangle(x, y, x + w, y + h), glass, "slope", depth=0.5)
    sketch.shade(polygon((x, y + h), (x + w * 0.7, y), (x + w, y), (x + 0.3 * w, y + h)), 0.4)
    sketch.fill(number, rectangle(x + w / 2 - 0.015, y, x + w / 2 + 0.015, y + h), frame, "flat")
    sketch.fill(number, rectangle(x, y + h / 2 - 0.015, x + w, y + h / 2 + 0.015), frame, "flat")
    sketch.fill(
        number,
        rectangle(x - 0.05, y + h + 0.02, x + w + 0.05, y + h + 0.07),
        darker(frame, 0.15),
        "flat",
    )


def _door(sketch: Sketch, x0: float, x1: float, top: float, bottom: float, colour) -> None:
    door = sketch.part("door")
    frame = lighter(colour, 0.6)
    sketch.fill(door, rectangle(x0 - 0.035, top - 0.035, x1 + 0.035, bottom), frame, "flat")
    sketch.fill(door, rectangle(x0, top, x1, bottom), colour, "slope")
    w, h = x1 - x0, bottom - top
    for y in (top + 0.42 * h, top + 0.72 * h):
        sketch.shade(rectangle(x0 + 0.16 * w, y, x1 - 0.16 * w, y + 0.2 * h), -0.3)
    pane(sketch, door, rectangle(x0 + 0.16 * w, top + 0.09 * h, x1 - 0.16 * w, top + 0.32 * h))
    knob = sketch.part("knob", door)
    sketch.fill(knob, ellipse(x1 - 0.14 * w, top + 0.6 * h, 0.045), (0.98, 0.8, 0.3), depth=1.4)


def house(rng: np.random.Generator, wall=None, tiles=None, door=None) -> Sketch:
    """Roof (dormer, ridge), wall (windows, plinth), door (pane, knob), chimney (cap)."""
    wall = wall or lighter(vivid(rng), rng.uniform(0.3, 0.75))
    tiles = tiles or hsv(rng.choice([0.02, 0.05, 0.6, rng.random()]), 0.6, rng.uniform(0.5, 0.8))
    door = door or darker(vivid(rng), 0.12)
    lit = rng.random() < 0.35
    sketch = Sketch("house", ground=0.88)
    _chimney(sketch)
    front = sketch.part("wall")
    sketch.fill(
        front,
        polygon((-0.74, -0.2), (0.74, -0.2), (0.74, 0.88), (-0.74, 0.88)),
        wall,
        "slope",
        grain=0.06,
    )
    plinth = sketch.part("plinth", front)
    sketch.fill(plinth, rectangle(-0.77, 0.76, 0.77, 0.88), (0.58, 0.56, 0.56), "flat", grain=0.1)
    frame = (0.98, 0.97, 0.94)
    for x in (-0.58, 0.28):
        _window(sketch, front, x, 0.16, 0.3, 0.34, frame, lit)
    _door(sketch, -0.14, 0.14, 0.2, 0.88, door)
    sketch.shade(polygon((-0.74, -0.1), (0.74, -0.1), (0.74, 0.0), (-0.74, 0.0)), -0.35)
    roof = _tiled_roof(sketch, tiles)
    _dormer(sketch, roof, lighter(wall, 0.3), tiles, frame, lit)
    return sketch


def _chimney(sketch: Sketch) -> None:
    chimney = sketch.part("chimney")
    stack = sketch.fill(chimney, rectangle(0.36, -0.92, 0.6, -0.3), (0.68, 0.38, 0.32), "slope")
    for y in (-0.72, -0.6, -0.48):
        sketch.shade(rectangle(0.3, y, 0.7, y + 0.016), -0.35, inside=stack)
    cap = sketch.part("cap", chimney)
    sketch.fill(cap, rectangle(0.31, -0.98, 0.65, -0.86, 0.03), (0.5, 0.46, 0.46), "slope")


def _tiled_roof(sketch: Sketch, tiles) -> int:
    roof = sketch.part("roof")
    slopes = polygon((-0.98, -0.02), (-0.52, -0.72), (0.52, -0.72), (0.98, -0.02))
    base = sketch.fill(roof, slopes, tiles, "slope")
    for row, y in enumerate(np.linspace(-0.58, -0.1, 5)):
        reach = 0.52 + 0.46 * (y + 0.72) / 0.7
        s = np.linspace(-reach, reach, 30)
        path = np.stack([s, y + 0.02 * np.abs(np.sin(s * 18 + row * 1.6))], axis=1)
        sketch.shade(ribbon(path, 0.02), -0.4, inside=base)
    ridge = sketch.part("ridge", roof)
    sketch.fill(ridge, rectangle(-0.56, -0.78, 0.56, -0.68, 0.04), darker(tiles, 0.25), "slope")
    return roof


def _dormer(sketch: Sketch, roof: int, wall, tiles, frame, lit: bool) -> None:
    dormer = sketch.part("dormer", roof)
    sketch.fill(
        dormer,
        polygon((-0.2, -0.14), (-0.2, -0.4), (0, -0.6), (0.2, -0.4), (0.2, -0.14)),
        wall,
    )
    sketch.fill(
        dormer,
        ribbon(np.array([(-0.28, -0.36), (0, -0.63), (0.28, -0.36)]), 0.06),
        darker(tiles, 0.3),
        "flat",
    )
    sketch.fill(dormer, ellipse(0, -0.33, 0.11), frame, "flat")
    sketch.fill(
        dormer, ellipse(0, -0.33, 0.08), (1.0, 0.86, 0.5) if lit else (0.5, 0.72, 0.85), "slope"
    )


def castle(rng: np.random.Generator) -> Sketch:
    """Wall (windows), gate (bars), towers (window), roofs (flag)."""
    stone = hsv(rng.random(), rng.uniform(0.05, 0.3), rng.uniform(0.6, 0.85))
    tiles = vivid(rng)
    sketch = Sketch("castle", ground=0.9)
    wall = sketch.part("wall")
    teeth = [(-0.62, 0.9), (-0.62, 0.0)]
    for x in np.linspace(-0.5, 0.5, 6):
        teeth += [(x - 0.05, 0.0), (x - 0.05, -0.1), (x + 0.05, -0.1), (x + 0.05, 0.0)]
    teeth += [(0.62, 0.0), (0.62, 0.9)]
    sketch.fill(wall, polygon(*teeth), stone, "slope", grain=0.12)
    for x in (-0.34, 0.34):
        slit = sketch.part("window", wall)
        sketch.fill(
            slit, rectangle(x - 0.055, 0.16, x + 0.055, 0.4, 0.055), darker(stone, 0.7), "flat"
        )
    _gate(sketch)
    for x in (-0.7, 0.7):
        _tower(sketch, x, stone, tiles)
    return sketch


def _gate(sketch: Sketch) -> None:
    gate = sketch.part("gate")
    arch = np.concatenate([sector(0, 0.52, 0.24, 180, 360)[1:], [(0.24, 0.9), (-0.24, 0.9)]])
    planks = sketch.fill(gate, arch, (0.45, 0.28, 0.18), "slope")
    for x in (-0.12, 0, 0.12):
        sketch.shade(rectangle(x - 0.01, 0.2, x + 0.01, 0.9), -0.5, inside=planks)
    ring = sketch.part("ring", gate)
    sketch.fill(ring, ellipse(0.1, 0.64, 0.055), (0.95, 0.78, 0.35))


def _tower(sketch: Sketch, x: float, stone, tiles) -> None:
    tower = sketch.part("tower")
    sketch.fill(
        tower,
        rectangle(x - 0.25, -0.34, x + 0.25, 0.9),
        lighter(stone, 0.12),
        "slope",
        grain=0.12,
        depth=1.2,
    )
    slit = sketch.part("window", tower)
    sketch.fill(
        slit, rectangle(x - 0.075, -0.12, x + 0.075, 0.18, 0.075), darker(stone, 0.7), "flat"
    )
    roof = sketch.part("roof")
    flag = sketch.part("flag", roof)
    sketch.fill(flag, rectangle(x - 0.015, -1.1, x + 0.015, -0.8), (0.35, 0.28, 0.25), "flat")
    sketch.fill(
        flag,
        polygon((x + 0.015, -1.1), (x + 0.24, -1.02), (x + 0.015, -0.93)),
        lighter(tiles, 0.3),
        "flat",
    )
    sketch.fill(
        roof,
        polygon((x - 0.33, -0.32), (x, -0.92), (x + 0.33, -0.32)),
        tiles,
        "slope",
        depth=1.2,
    )


def lighthouse(rng: np.random.Generator) -> Sketch:
    """Tower (bands, door, window), lantern (lamp), roof, rock."""
    paint, pale = vivid(rng), (0.95, 0.94, 0.9)
    sketch = Sketch("lighthouse", ground=0.92)
    rock = sketch.part("rock")
    outline = smooth(
        (-0.72, 0.95), (-0.56, 0.74), (-0.2, 0.66), (0.3, 0.68), (0.62, 0.78), (0.74, 0.95)
    )
    sketch.fill(rock, outline, (0.5, 0.48, 0.5), grain=0.15)
    tower = sketch.part("tower")
    base = sketch.fill(
        tower,
        polygon((-0.3, 0.8), (-0.19, -0.5), (0.19, -0.5), (0.3, 0.8)),
        pale,
        "slope",
        depth=1.3,
    )
    for y in (-0.36, 0.06, 0.46):
        band = sketch.part("band", tower)
        hoop = polygon((-0.5, y), (0.5, y + 0.04), (0.5, y + 0.22), (-0.5, y + 0.18))
        sketch.fill(band, hoop, paint, "slope", over=base, inside=base, depth=1.3)
    door = sketch.part("door", tower)
    sketch.fill(
        door,
        np.concatenate([sector(0, 0.64, 0.085, 180, 360)[1:], [(0.085, 0.82), (-0.085, 0.82)]]),
        darker(paint, 0.5),
    )
    lantern = sketch.part("lantern")
    sketch.fill(lantern, rectangle(-0.26, -0.56, 0.26, -0.47, 0.02), (0.3, 0.3, 0.35), "slope")
    sketch.fill(lantern, rectangle(-0.16, -0.8, 0.16, -0.54), (0.62, 0.82, 0.9), "slope")
    lamp = sketch.part("lamp", lantern)
    sketch.fill(lamp, ellipse(0, -0.66, 0.1, 0.11), (1.0, 0.88, 0.42))
    roof = sketch.part("roof")
    sketch.fill(roof, polygon((-0.22, -0.78), (0, -1.02), (0.22, -0.78)), paint, "slope", depth=1.3)
    return sketch
