"""Vehicles on the road and on the water, seen from the side, driving to the right."""

import numpy as np

from .shapes import arch, dome, ellipse, polygon, rectangle, ribbon, smooth
from .sketch import Sketch, darker, hsv, lighter, mixed, vivid

GLASS = (0.66, 0.86, 0.93)
TYRE = (0.17, 0.17, 0.21)
LAMP = (1.0, 0.88, 0.5)


def wheel(sketch: Sketch, x: float, y: float, radius: float, rim=(0.8, 0.82, 0.86)) -> None:
    """A wheel as a part, its hubcap as a sub-part."""
    part = sketch.part("wheel")
    sketch.fill(part, ellipse(x, y, radius), TYRE, depth=1.3)
    hub = sketch.part("hubcap", part)
    sketch.fill(hub, ellipse(x, y, 0.6 * radius), rim)
    for angle in np.arange(5) * 1.2566 - 0.3:
        dx, dy = 0.36 * radius * np.cos(angle), 0.36 * radius * np.sin(angle)
        sketch.fill(hub, ellipse(x + dx, y + dy, 0.11 * radius, count=10), darker(rim, 0.5), "flat")
    sketch.fill(hub, ellipse(x, y, 0.14 * radius, count=12), darker(rim, 0.3), "flat")


def pane(sketch: Sketch, parent: int, outline: np.ndarray, name: str = "window", glass=GLASS):
    """A window as a sub-part, with a slanted reflection."""
    window = sketch.part(name, parent)
    stroke = sketch.fill(window, outline, glass, "flat", to=None)
    x0, y0 = outline.min(axis=0)
    x1, y1 = outline.max(axis=0)
    w = x1 - x0
    shine = polygon(
        (x0 + 0.2 * w, y1), (x0 + 0.55 * w, y0), (x0 + 0.8 * w, y0), (x0 + 0.45 * w, y1)
    )
    sketch.shade(shine, 0.55, inside=stroke)


def car(rng: np.random.Generator, paint=None) -> Sketch:
    """Cabin (windows), body (door handle, lamps, bumper), wheels (hubcap)."""
    paint = paint or vivid(rng)
    roof = paint if rng.random() < 0.6 else lighter(vivid(rng), 0.3)
    sketch = Sketch("car", ground=0.55)
    cabin = sketch.part("cabin")
    shape = smooth(
        (-0.62, 0.02), (-0.5, -0.3), (-0.3, -0.44), (0.1, -0.46), (0.3, -0.36), (0.56, 0.02)
    )
    sketch.fill(cabin, shape, lighter(roof, 0.06), "slope")
    rear = smooth(
        (-0.5, -0.02), (-0.4, -0.28), (-0.26, -0.35), (-0.1, -0.36), (-0.09, -0.02), (-0.3, -0.01)
    )
    front = smooth(
        (0.0, -0.02), (0.0, -0.36), (0.12, -0.36), (0.25, -0.28), (0.42, -0.03), (0.2, -0.01)
    )
    pane(sketch, cabin, rear)
    pane(sketch, cabin, front)
    body = sketch.part("body")
    hull = smooth(
        (-0.96, 0.3), (-0.97, 0.1), (-0.84, -0.04), (-0.4, -0.07), (0.1, -0.07), (0.55, -0.03),
        (0.86, 0.06), (0.98, 0.22), (0.95, 0.36), (0.4, 0.38), (-0.4, 0.38), (-0.9, 0.38),
    )  # fmt: skip
    base = sketch.fill(body, hull, paint, "slope", depth=1.15)
    sketch.shade(polygon((-1, 0.26), (1, 0.26), (1, 0.42), (-1, 0.42)), -0.22, inside=base)
    sketch.shade(ribbon(np.array([(-0.04, 0.0), (-0.05, 0.26)]), 0.016), -0.6)
    for x in (-0.28, 0.14):
        handle = sketch.part("handle", body)
        sketch.fill(handle, rectangle(x, 0.06, x + 0.15, 0.12, 0.03), lighter(paint, 0.75), "flat")
    lamp = sketch.part("headlight", body)
    sketch.fill(lamp, ellipse(0.88, 0.17, 0.085, 0.075), LAMP)
    rear_light = sketch.part("rear light", body)
    sketch.fill(rear_light, ellipse(-0.93, 0.12, 0.05, 0.08), (0.9, 0.2, 0.2))
    bumper = sketch.part("bumper", body)
    sketch.fill(bumper, rectangle(0.74, 0.3, 1.02, 0.4, 0.05), (0.75, 0.77, 0.8), "slope")
    for x in (-0.54, 0.52):
        sketch.fill(body, ellipse(x, 0.35, 0.245), darker(paint, 0.65), "flat", inside=base)
        wheel(sketch, x, 0.36, 0.2)
    return sketch


def bus(rng: np.random.Generator) -> Sketch:
    """Body (windows, lamp, sign), door (panes), wheels (hubcap)."""
    paint, second = vivid(rng), lighter(vivid(rng), 0.5)
    sketch = Sketch("bus", ground=0.62)
    body = sketch.part("body")
    base = sketch.fill(body, rectangle(-1, -0.58, 1, 0.42, 0.16), paint, "slope")
    band = sketch.part("stripe", body)
    sketch.fill(band, rectangle(-1.1, 0.08, 1.1, 0.2), second, "flat", inside=base)
    sketch.shade(rectangle(-1.1, 0.32, 1.1, 0.5), -0.25, inside=base)
    sketch.shade(rectangle(-1.1, -0.6, 1.1, -0.5), 0.3, inside=base)
    for x in np.linspace(-0.88, 0.22, 4):
        pane(sketch, body, rectangle(x, -0.42, x + 0.27, -0.02, 0.05))
    door = sketch.part("door")
    sketch.fill(door, rectangle(0.54, -0.42, 0.86, 0.4, 0.04), darker(paint, 0.25), "slope")
    for x in (0.57, 0.715):
        pane(sketch, door, rectangle(x, -0.37, x + 0.115, 0.16, 0.03))
    lamp = sketch.part("headlight", body)
    sketch.fill(lamp, ellipse(0.95, 0.28, 0.06, 0.075), LAMP, inside=base)
    for x in (-0.56, 0.3):
        sketch.fill(body, ellipse(x, 0.42, 0.25), darker(paint, 0.65), "flat", inside=base)
        wheel(sketch, x, 0.42, 0.2, rim=mixed((0.8, 0.8, 0.8), second, 0.4))
    return sketch


def truck(rng: np.random.Generator) -> Sketch:
    """Cargo box (emblem), cab (window, lamp, handle), wheels (hubcap)."""
    paint, cargo = vivid(rng), lighter(vivid(rng), rng.uniform(0, 0.6))
    sketch = Sketch("truck", ground=0.66)
    chassis = sketch.part("chassis")
    sketch.fill(chassis, rectangle(-0.96, 0.34, 0.9, 0.48), (0.25, 0.26, 0.3), "flat")
    box = sketch.part("box")
    side = sketch.fill(box, rectangle(-1, -0.66, 0.3, 0.36, 0.04), cargo, "slope")
    for x in np.linspace(-0.84, 0.14, 6):
        sketch.shade(rectangle(x, -0.62, x + 0.02, 0.33), -0.25, inside=side)
    emblem = sketch.part("emblem", box)
    sketch.fill(emblem, ellipse(-0.35, -0.15, 0.26), lighter(paint, 0.15))
    sketch.fill(
        emblem,
        smooth((-0.35, -0.32), (-0.22, -0.14), (-0.35, 0.02), (-0.48, -0.14)),
        lighter(cargo, 0.6),
        "flat",
    )
    cab = sketch.part("cab")
    nose = smooth(
        (0.32, 0.4), (0.32, 0.0), (0.34, -0.38), (0.5, -0.42), (0.72, -0.36), (0.84, -0.06),
        (0.98, 0.06), (1.0, 0.4), steps=4,
    )  # fmt: skip
    sketch.fill(cab, nose, paint, "slope")
    pane(sketch, cab, smooth((0.46, -0.06), (0.46, -0.3), (0.66, -0.29), (0.77, -0.06), steps=4))
    handle = sketch.part("handle", cab)
    sketch.fill(handle, rectangle(0.42, 0.06, 0.56, 0.12, 0.03), lighter(paint, 0.7), "flat")
    lamp = sketch.part("headlight", cab)
    sketch.fill(lamp, ellipse(0.94, 0.2, 0.06, 0.08), LAMP)
    for x in (-0.68, -0.2, 0.66):
        wheel(sketch, x, 0.46, 0.2)
    return sketch


def boat(rng: np.random.Generator, hull_colour=None, sail_colour=None) -> Sketch:
    """Hull (stripe, portholes), cabin (door), mast (flag), sails (emblem)."""
    paint, cloth = hull_colour or vivid(rng), sail_colour or lighter(vivid(rng), 0.55)
    wood = (0.55, 0.36, 0.22)
    sketch = Sketch("boat", ground=0.7)
    _mast(sketch, wood, paint)
    _main_sail(sketch, cloth, paint)
    _jib(sketch, cloth, paint)
    _round_hull(sketch, paint, wood)
    return sketch


def _mast(sketch: Sketch, wood, paint) -> None:
    mast = sketch.part("mast")
    sketch.fill(mast, rectangle(-0.03, -0.96, 0.03, 0.34), wood, "slope")
    flag = sketch.part("flag", mast)
    pennant = smooth(
        (-0.02, -1.0), (-0.2, -0.96), (-0.36, -0.9), (-0.2, -0.86), (-0.02, -0.82), steps=4
    )
    sketch.fill(flag, pennant, paint, "slope")


def _main_sail(sketch: Sketch, cloth, paint) -> None:
    main = sketch.part("main sail")
    sheet = smooth(
        (0.07, -0.9),
        (0.4, -0.5),
        (0.62, -0.08),
        (0.68, 0.16),
        (0.36, 0.2),
        (0.07, 0.18),
        (0.1, -0.3),
    )
    canvas = sketch.fill(main, sheet, cloth, "round", depth=0.6)
    emblem = sketch.part("emblem", main)
    sketch.fill(
        emblem, ellipse(0.27, -0.12, 0.13), mixed(paint, cloth, 0.15), over=canvas, inside=canvas
    )
    for y in (-0.44, 0.08):
        sketch.shade(
            ribbon(np.array([(0, y), (0.4, y + 0.03), (0.8, y)]), 0.014), -0.4, inside=canvas
        )


def _jib(sketch: Sketch, cloth, paint) -> None:
    jib = sketch.part("jib")
    front = smooth(
        (-0.08, -0.74), (-0.1, -0.2), (-0.08, 0.16), (-0.4, 0.18), (-0.66, 0.16), (-0.4, -0.24)
    )
    sheet = sketch.fill(jib, front, darker(cloth, 0.08), "round", depth=0.6)
    band = sketch.part("band", jib)
    sketch.fill(
        band,
        polygon((-0.8, -0.06), (0, -0.02), (0, 0.09), (-0.8, 0.06)),
        paint,
        over=sheet,
        inside=sheet,
    )


def _round_hull(sketch: Sketch, paint, wood) -> None:
    hull = sketch.part("hull")
    bowl = smooth(
        (-0.98, 0.24),
        (0, 0.32),
        (1.0, 0.2),
        (0.86, 0.48),
        (0.6, 0.7),
        (0, 0.74),
        (-0.6, 0.7),
        (-0.84, 0.5),
    )
    base = sketch.fill(hull, bowl, paint, "slope", depth=1.2)
    stripe = sketch.part("stripe", hull)
    sketch.fill(stripe, arch(-1.1, 1.1, 0.3, -0.1, 0.09), lighter(paint, 0.75), inside=base)
    for x in (-0.44, 0.0, 0.44):
        hole = sketch.part("porthole", hull)
        sketch.fill(hole, ellipse(x, 0.53, 0.085), lighter(wood, 0.5), "flat")
        sketch.fill(hole, ellipse(x, 0.53, 0.06), (0.2, 0.35, 0.5), "round")


def steamer(rng: np.random.Generator) -> Sketch:
    """Hull (stripe, anchor), cabin (portholes), funnels (band)."""
    paint, trim = vivid(rng), vivid(rng)
    sketch = Sketch("steamer", ground=0.66)
    for x in (-0.3, 0.12):
        funnel = sketch.part("funnel")
        sketch.fill(
            funnel,
            polygon((x, -0.84), (x + 0.26, -0.84), (x + 0.29, -0.2), (x - 0.03, -0.2)),
            trim,
            "slope",
        )
        band = sketch.part("band", funnel)
        sketch.fill(band, rectangle(x - 0.01, -0.74, x + 0.27, -0.6), lighter(trim, 0.8), "slope")
    cabin = sketch.part("cabin")
    sketch.fill(cabin, rectangle(-0.62, -0.24, 0.66, 0.2, 0.05), (0.95, 0.94, 0.9), "slope")
    sketch.shade(rectangle(-0.62, -0.24, 0.66, -0.17), -0.2)
    for x in (-0.42, -0.1, 0.22, 0.5):
        window = sketch.part("porthole", cabin)
        sketch.fill(window, ellipse(x, -0.01, 0.1), darker(trim, 0.1), "flat")
        sketch.fill(window, ellipse(x, -0.01, 0.075), GLASS, "round")
    hull = sketch.part("hull")
    bowl = polygon((-1.0, 0.1), (1.02, 0.02), (0.9, 0.36), (0.7, 0.66), (-0.74, 0.68), (-0.9, 0.5))
    base = sketch.fill(hull, bowl, paint, "slope", depth=1.2)
    keel = sketch.part("keel", hull)
    sketch.fill(keel, rectangle(-1.1, 0.5, 1.1, 0.8), darker(trim, 0.25), "flat", inside=base)
    eye = sketch.part("anchor hole", hull)
    sketch.fill(eye, ellipse(0.66, 0.26, 0.085), darker(paint, 0.55), "flat")
    return sketch


def train(rng: np.random.Generator) -> Sketch:
    """A locomotive: boiler (bands, lamp), cab (window), chimney (rim), wheels (hubcap)."""
    paint, trim = vivid(rng), hsv(rng.uniform(0.08, 0.15), 0.7, 0.9)
    sketch = Sketch("locomotive", ground=0.74)
    chimney = sketch.part("chimney")
    sketch.fill(
        chimney,
        polygon((0.46, -0.66), (0.82, -0.66), (0.72, -0.1), (0.56, -0.1)),
        darker(paint, 0.45),
        "slope",
    )
    lip = sketch.part("rim", chimney)
    sketch.fill(lip, rectangle(0.42, -0.74, 0.86, -0.6, 0.05), trim, "slope")
    boiler = sketch.part("boiler")
    base = sketch.fill(boiler, rectangle(-0.3, -0.24, 0.92, 0.34, 0.14), paint, "slope", depth=1.4)
    sketch.fill(boiler, dome(0.1, -0.22, 0.16, 0.22), trim)
    for x in (0.22, 0.62):
        band = sketch.part("band", boiler)
        sketch.fill(band, rectangle(x, -0.3, x + 0.09, 0.4), trim, "slope", over=base, inside=base)
    lamp = sketch.part("lamp", boiler)
    sketch.fill(lamp, ellipse(0.93, 0.02, 0.09, 0.12), LAMP)
    cab = sketch.part("cab")
    sketch.fill(cab, rectangle(-0.9, -0.66, -0.22, 0.4, 0.03), darker(paint, 0.1), "slope")
    sketch.fill(cab, rectangle(-1.0, -0.78, -0.12, -0.64, 0.06), darker(paint, 0.4), "slope")
    pane(sketch, cab, rectangle(-0.76, -0.5, -0.38, -0.1, 0.05))
    frame = sketch.part("frame")
    sketch.fill(frame, rectangle(-0.96, 0.32, 1.0, 0.46, 0.03), darker(trim, 0.6), "slope")
    wheel(sketch, -0.54, 0.46, 0.28, rim=trim)
    for x in (0.2, 0.68):
        wheel(sketch, x, 0.54, 0.2, rim=trim)
    return sketch
