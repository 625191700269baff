"""Things in the air: balloon, rocket, aeroplane."""

import numpy as np

from .shapes import ellipse, polygon, rectangle, ribbon, smooth
from .sketch import Sketch, darker, lighter, vivid
from .vehicles import GLASS, pane


def balloon(rng: np.random.Generator) -> Sketch:
    """A hot-air balloon: envelope (gores, skirt), basket (rim), ropes."""
    first, second = vivid(rng), lighter(vivid(rng), rng.uniform(0.1, 0.7))
    sketch = Sketch("balloon")
    ropes = sketch.part("ropes")
    for x in (-0.16, 0.0, 0.16):
        sketch.fill(
            ropes, ribbon(np.array([(x * 1.3, 0.3), (x, 0.72)]), 0.03), (0.4, 0.3, 0.25), "flat"
        )
    envelope = sketch.part("envelope")
    bulb = smooth(
        (0, -1.0), (0.46, -0.88), (0.7, -0.5), (0.64, -0.1), (0.4, 0.2), (0.2, 0.44),
        (-0.2, 0.44), (-0.4, 0.2), (-0.64, -0.1), (-0.7, -0.5), (-0.46, -0.88),
    )  # fmt: skip
    base = sketch.fill(envelope, bulb, first, depth=1.1)
    for x, width in ((-0.46, 0.2), (0.0, 0.3), (0.46, 0.2)):
        gore = sketch.part("gore", envelope)
        s = np.linspace(-1, 1, 14)
        path = np.stack([x * np.sqrt(1.0001 - s**2) * 1.05, -0.3 + 0.8 * s], axis=1)
        sketch.fill(gore, ribbon(path, width), second, over=base, inside=base, depth=1.1)
    skirt = sketch.part("skirt", envelope)
    sketch.fill(
        skirt,
        polygon((-0.26, 0.32), (0.26, 0.32), (0.18, 0.5), (-0.18, 0.5)),
        darker(first, 0.3),
        "slope",
    )
    basket = sketch.part("basket")
    weave = sketch.fill(basket, rectangle(-0.2, 0.68, 0.2, 1.0, 0.06), (0.68, 0.46, 0.26), "slope")
    for y in (0.82, 0.91):
        sketch.shade(rectangle(-0.3, y, 0.3, y + 0.02), -0.4, inside=weave)
    rim = sketch.part("rim", basket)
    sketch.fill(rim, rectangle(-0.24, 0.65, 0.24, 0.75, 0.05), (0.5, 0.32, 0.18), "slope")
    return sketch


def rocket(rng: np.random.Generator) -> Sketch:
    """Nose (tip), body (porthole, band), fins, flame (core)."""
    paint, hull = vivid(rng), lighter(vivid(rng), 0.75)
    sketch = Sketch("rocket")
    _flame(sketch)
    _fins(sketch, paint)
    nozzle = sketch.part("nozzle")
    sketch.fill(
        nozzle,
        polygon((-0.16, 0.5), (0.16, 0.5), (0.22, 0.64), (-0.22, 0.64)),
        (0.35, 0.36, 0.42),
        "slope",
    )
    body = sketch.part("body")
    tube = smooth(
        (0, -1.0), (0.2, -0.7), (0.32, -0.3), (0.34, 0.1), (0.24, 0.54), (-0.24, 0.54),
        (-0.34, 0.1), (-0.32, -0.3), (-0.2, -0.7),
    )  # fmt: skip
    base = sketch.fill(body, tube, hull, depth=1.2)
    nose = sketch.part("nose")
    cone = polygon((-0.5, -1.1), (0.5, -1.1), (0.5, -0.56), (0, -0.52), (-0.5, -0.56))
    sketch.fill(nose, cone, paint, over=base, inside=base, depth=1.2)
    band = sketch.part("band", body)
    sketch.fill(band, rectangle(-0.5, 0.28, 0.5, 0.4), paint, over=base, inside=base)
    for y, r in ((-0.26, 0.17), (0.09, 0.11)):
        hole = sketch.part("porthole", body)
        sketch.fill(hole, ellipse(0, y, r), darker(paint, 0.3), "slope")
        glass = sketch.fill(hole, ellipse(0, y, r * 0.72), (0.35, 0.62, 0.8), "round")
        sketch.shade(ellipse(-r * 0.2, y - r * 0.3, r * 0.26, r * 0.14, -30), 0.7, inside=glass)
    return sketch


def _flame(sketch: Sketch) -> None:
    flame = sketch.part("flame")
    sketch.fill(
        flame,
        smooth((-0.17, 0.55), (0.17, 0.55), (0.14, 0.8), (0, 1.05), (-0.14, 0.8)),
        (1.0, 0.5, 0.15),
        "flat",
    )
    core = sketch.part("core", flame)
    sketch.fill(
        core,
        smooth((-0.1, 0.55), (0.1, 0.55), (0.08, 0.72), (0, 0.88), (-0.08, 0.72)),
        (1.0, 0.85, 0.35),
        "flat",
    )


def _fins(sketch: Sketch, paint) -> None:
    for side in (-1, 1):
        fin = sketch.part("fin")
        outline = smooth((0.24, 0.1), (0.52, 0.36), (0.58, 0.72), (0.38, 0.56), (0.22, 0.5)) * (
            side,
            1,
        )
        blade = sketch.fill(fin, outline, darker(paint, 0.1 if side < 0 else 0.25), "slope")
        edge = sketch.part("edge", fin)
        band = np.array([(0.36, 0.0), (0.6, 0.3), (0.64, 0.8)]) * (side, 1)
        sketch.fill(edge, ribbon(band, 0.24), lighter(paint, 0.35), "flat", inside=blade)


def aeroplane(rng: np.random.Generator) -> Sketch:
    """Fuselage (windows, cockpit, stripe), wing (engine), tail (emblem)."""
    paint, hull = vivid(rng), lighter(vivid(rng), 0.7)
    sketch = Sketch("aeroplane")
    far = sketch.part("far wing")
    sketch.fill(
        far,
        polygon((-0.06, -0.1), (0.2, -0.1), (0.0, -0.46), (-0.14, -0.46)),
        darker(paint, 0.35),
        "slope",
    )
    tail = sketch.part("tail")
    fin = sketch.fill(
        tail,
        smooth((-0.6, -0.1), (-0.86, -0.6), (-1.02, -0.62), (-0.94, -0.06), steps=4),
        paint,
        "slope",
    )
    emblem = sketch.part("emblem", tail)
    sketch.fill(emblem, ellipse(-0.84, -0.34, 0.1), lighter(paint, 0.7), "flat", inside=fin)
    _fuselage(sketch, paint, hull)
    _engine_wing(sketch, paint, hull)
    return sketch


def _fuselage(sketch: Sketch, paint, hull) -> None:
    fuselage = sketch.part("fuselage")
    tube = smooth(
        (-1.0, -0.14), (-0.6, -0.2), (0.0, -0.24), (0.6, -0.22), (0.94, -0.04), (0.96, 0.08),
        (0.6, 0.2), (0.0, 0.22), (-0.6, 0.1),
    )  # fmt: skip
    base = sketch.fill(fuselage, tube, hull, "slope", depth=1.3)
    stripe = sketch.part("stripe", fuselage)
    sketch.fill(
        stripe,
        polygon((-1.1, 0.02), (1.1, 0.07), (1.1, 0.16), (-1.1, 0.1)),
        paint,
        "flat",
        inside=base,
    )
    for x in np.linspace(-0.5, 0.4, 6):
        window = sketch.part("window", fuselage)
        sketch.fill(window, rectangle(x, -0.12, x + 0.1, 0.0, 0.04), (0.3, 0.45, 0.6), "flat")
    pane(
        sketch,
        fuselage,
        smooth((0.6, -0.16), (0.76, -0.13), (0.9, -0.02), (0.62, -0.01), steps=4),
        "cockpit",
        GLASS,
    )


def _engine_wing(sketch: Sketch, paint, hull) -> None:
    wing = sketch.part("wing")
    sketch.fill(
        wing,
        polygon((-0.2, 0.1), (0.22, 0.08), (-0.16, 0.62), (-0.4, 0.64)),
        darker(paint, 0.05),
        "slope",
    )
    engine = sketch.part("engine", wing)
    sketch.fill(
        engine, rectangle(-0.14, 0.3, 0.22, 0.48, 0.09), lighter(paint, 0.45), "slope", depth=1.3
    )
    sketch.fill(engine, ellipse(0.2, 0.39, 0.035, 0.08), darker(hull, 0.7), "flat")
