"""Toys and household things."""

import numpy as np

from .shapes import dome, ellipse, moved, polygon, rectangle, ribbon, sector, smooth, star
from .sketch import Sketch, darker, hsv, lighter, vivid


def ball(rng: np.random.Generator) -> Sketch:
    """A plain, starred or panelled ball: often a whole without parts."""
    first, second = vivid(rng), lighter(vivid(rng), rng.uniform(0, 0.8))
    sketch = Sketch("ball", ground=0.94)
    base = sketch.fill(0, ellipse(0, 0, 0.94, count=48), first, depth=1.3)
    style = rng.integers(3)
    if style == 1:
        emblem = sketch.part("star")
        sketch.fill(
            emblem, star(0, 0, 0.56, 0.26, turn=rng.uniform(0, 72)), second, over=base, depth=1.3
        )
    elif style == 2:
        for start in (20, 140, 260):
            panel = sketch.part("panel")
            sketch.fill(
                panel,
                sector(0.1, -0.2, 1.6, start, start + 60),
                second,
                over=base,
                inside=base,
                depth=1.3,
            )
    sketch.shade(ellipse(-0.36, -0.44, 0.2, 0.12, -38), 0.6)
    return sketch


def robot(rng: np.random.Generator) -> Sketch:
    """Head (eyes, mouth, aerial), body (dial, buttons), arms (hand), legs (foot)."""
    metal, trim = lighter(vivid(rng), rng.uniform(0, 0.5)), vivid(rng)
    grey = (0.45, 0.47, 0.52)
    sketch = Sketch("robot", ground=0.98)
    for side in (-1, 1):
        arm = sketch.part("arm")
        path = np.array([(0.42, 0.06), (0.64, 0.2), (0.68, 0.46)]) * (side, 1)
        sketch.fill(arm, ribbon(path, 0.14), grey, "slope")
        hand = sketch.part("hand", arm)
        sketch.fill(hand, ellipse(0.68 * side, 0.54, 0.13), trim)
        leg = sketch.part("leg")
        x = 0.2 * side
        sketch.fill(leg, rectangle(x - 0.09, 0.5, x + 0.09, 0.92), grey, "slope")
        foot = sketch.part("foot", leg)
        sketch.fill(foot, dome(x, 0.98, 0.18, 0.19), trim, "slope")
    body = sketch.part("body")
    sketch.fill(body, rectangle(-0.44, -0.1, 0.44, 0.66, 0.1), metal, "slope")
    dial = sketch.part("dial", body)
    sketch.fill(dial, ellipse(-0.14, 0.16, 0.17), (0.97, 0.96, 0.9), "flat")
    sketch.fill(
        dial, ribbon(np.array([(-0.14, 0.16), (-0.04, 0.06)]), 0.035), (0.85, 0.2, 0.2), "flat"
    )
    for y in (0.08, 0.28):
        button = sketch.part("button", body)
        sketch.fill(button, ellipse(0.24, y, 0.075), trim, depth=1.3)
    grille = sketch.part("grille", body)
    sketch.fill(grille, rectangle(-0.3, 0.42, 0.3, 0.58, 0.04), darker(metal, 0.5), "flat")
    head = sketch.part("head")
    sketch.fill(head, rectangle(-0.1, -0.22, 0.1, -0.06), grey, "slope")
    aerial = sketch.part("aerial", head)
    sketch.fill(aerial, rectangle(-0.02, -0.92, 0.02, -0.72), grey, "flat")
    sketch.fill(aerial, ellipse(0, -0.93, 0.085), trim, depth=1.3)
    sketch.fill(head, rectangle(-0.38, -0.76, 0.38, -0.18, 0.14), lighter(metal, 0.15), "slope")
    for x in (-0.17, 0.17):
        sketch.eye(head, x, -0.53, 0.13, look=(0, 0.1), iris=trim)
    mouth = sketch.part("mouth", head)
    sketch.fill(mouth, rectangle(-0.18, -0.35, 0.18, -0.26, 0.04), darker(metal, 0.6), "flat")
    return sketch


def clock(rng: np.random.Generator) -> Sketch:
    """An alarm clock: case, face (hands, marks), bells (knob), feet."""
    paint, dial = vivid(rng), lighter(vivid(rng), 0.85)
    sketch = Sketch("clock", ground=0.95)
    for side in (-1, 1):
        foot = sketch.part("foot")
        sketch.fill(
            foot,
            ribbon(np.array([(0.36, 0.6), (0.54, 0.96)]) * (side, 1), 0.14),
            darker(paint, 0.4),
            "slope",
        )
        bell = sketch.part("bell")
        cup = dome(0, 0, 0.32, 0.3) @ np.array([[0.8, 0.6 * side], [-0.6 * side, 0.8]]) + (
            0.44 * side,
            -0.56,
        )
        sketch.fill(bell, cup, (0.9, 0.76, 0.36), depth=1.2)
        knob = sketch.part("knob", bell)
        sketch.fill(knob, ellipse(0.64 * side, -0.86, 0.075), darker(paint, 0.2))
    case = sketch.part("case")
    sketch.fill(case, ellipse(0, 0.08, 0.76, count=48), paint, depth=1.1)
    face = sketch.part("face")
    sketch.fill(face, ellipse(0, 0.08, 0.6, count=48), dial, depth=0.5)
    for i in range(12):
        angle = np.pi * i / 6
        x, y = 0.5 * np.sin(angle), 0.08 - 0.5 * np.cos(angle)
        sketch.fill(face, ellipse(x, y, 0.035, count=10), darker(paint, 0.3), "flat")
    for name, angle, reach, width in (
        ("hour hand", rng.uniform(0, 6.3), 0.28, 0.085),
        ("minute hand", rng.uniform(0, 6.3), 0.42, 0.06),
    ):
        hand = sketch.part(name, face)
        tip = (reach * np.sin(angle), 0.08 - reach * np.cos(angle))
        sketch.fill(hand, ribbon(np.array([(0, 0.08), tip]), width), (0.2, 0.2, 0.26), "flat")
    sketch.fill(hand, ellipse(0, 0.08, 0.06, count=14), paint, "flat")
    return sketch


def mug(rng: np.random.Generator) -> Sketch:
    """Cup (emblem, stripe), handle, drink (froth)."""
    glaze, second = vivid(rng), lighter(vivid(rng), 0.6)
    drink_colour = hsv(rng.choice([0.06, 0.08, 0.3]), 0.6, 0.45)
    sketch = Sketch("mug", ground=0.84)
    handle = sketch.part("handle")
    angles = np.linspace(-1.5, 1.5, 16)
    ring = np.stack([0.46 + 0.4 * np.cos(angles), 0.16 + 0.36 * np.sin(angles)], axis=1)
    sketch.fill(handle, ribbon(ring, 0.15), darker(glaze, 0.1), "slope")
    cup = sketch.part("cup")
    outline = smooth(
        (-0.66, -0.5),
        (-0.64, 0.2),
        (-0.54, 0.76),
        (0, 0.88),
        (0.54, 0.76),
        (0.64, 0.2),
        (0.66, -0.5),
        (0, -0.46),
    )
    base = sketch.fill(cup, outline, glaze, "slope", depth=1.2)
    stripe = sketch.part("stripe", cup)
    sketch.fill(
        stripe,
        ribbon(np.array([(-0.9, 0.5), (0, 0.62), (0.9, 0.5)]), 0.14),
        second,
        over=base,
        inside=base,
    )
    emblem = sketch.part("emblem", cup)
    heart = smooth(
        (0, -0.04),
        (0.16, -0.2),
        (0.28, -0.04),
        (0.14, 0.18),
        (0, 0.34),
        (-0.14, 0.18),
        (-0.28, -0.04),
        (-0.16, -0.2),
    )
    sketch.fill(emblem, moved(heart, -0.06, 0.02), second, "flat")
    rim = sketch.part("rim", cup)
    sketch.fill(rim, ellipse(0, -0.5, 0.67, 0.18), lighter(glaze, 0.4), "slope")
    drink = sketch.part("drink")
    top = sketch.fill(drink, ellipse(0, -0.48, 0.57, 0.125), drink_colour, "slope")
    froth = sketch.part("froth", drink)
    sketch.fill(
        froth, ellipse(0.08, -0.46, 0.26, 0.055), lighter(drink_colour, 0.65), "flat", inside=top
    )
    return sketch


def cupcake(rng: np.random.Generator) -> Sketch:
    """Case (stripes), cream (sprinkles), cherry."""
    paper, cream = vivid(rng), lighter(vivid(rng), rng.uniform(0.2, 0.7))
    sketch = Sketch("cupcake", ground=0.92)
    case = sketch.part("case")
    base = sketch.fill(
        case, polygon((-0.62, 0.1), (0.62, 0.1), (0.44, 0.92), (-0.44, 0.92)), paper, "slope"
    )
    for x in np.linspace(-0.44, 0.44, 4):
        stripe = sketch.part("fold", case)
        fold = polygon(
            (x - 0.07, 0.1), (x + 0.07, 0.1), (x * 0.72 + 0.05, 0.94), (x * 0.72 - 0.05, 0.94)
        )
        sketch.fill(stripe, fold, lighter(paper, 0.45), over=base, inside=base)
    top = sketch.part("cherry")
    sketch.fill(
        top,
        ribbon(np.array([(0, -0.84), (0.04, -0.96), (0.14, -1.02)]), 0.035),
        (0.35, 0.3, 0.2),
        "flat",
    )
    sketch.fill(top, ellipse(0, -0.76, 0.15), (0.86, 0.12, 0.22), depth=1.3)
    sketch.fill(top, ellipse(-0.05, -0.81, 0.05, 0.035, -30), (1, 0.85, 0.85), "flat")
    cap = sketch.part("cream")
    for y, r, h in ((0.06, 0.74, 0.22), (-0.2, 0.6, 0.22), (-0.43, 0.42, 0.2), (-0.6, 0.22, 0.13)):
        sketch.fill(cap, ellipse(0, y, r, h), cream, depth=1.1)
    for x, y, turn in (
        (-0.5, 0.0, 30),
        (-0.24, -0.24, -40),
        (0.3, -0.12, 60),
        (0.1, 0.1, 10),
        (0.56, 0.08, -30),
        (0.08, -0.42, 80),
    ):
        sprinkle = sketch.part("sprinkle", cap)
        sketch.fill(
            sprinkle, ellipse(x, y, 0.075, 0.034, turn, 14), hsv(turn / 97, 0.7, 0.9), "flat"
        )
    return sketch


def present(rng: np.random.Generator) -> Sketch:
    """Box (dots), lid, ribbon, bow (loops)."""
    paper, band = vivid(rng), lighter(vivid(rng), 0.35)
    sketch = Sketch("present", ground=0.9)
    box = sketch.part("box")
    base = sketch.fill(box, rectangle(-0.72, -0.2, 0.72, 0.9, 0.03), paper, "slope")
    for x in (-0.5, 0.5, -0.32, 0.34):
        for y in (0.08, 0.62) if abs(x) > 0.4 else (0.36,):
            dot = sketch.part("dot", box)
            sketch.fill(dot, ellipse(x, y, 0.085), lighter(paper, 0.5), over=base)
    lid = sketch.part("lid")
    sketch.fill(lid, rectangle(-0.82, -0.42, 0.82, -0.1, 0.04), lighter(paper, 0.14), "slope")
    sketch.shade(rectangle(-0.72, -0.1, 0.72, -0.05), -0.45)
    strap = sketch.part("ribbon")
    sketch.fill(strap, rectangle(-0.13, -0.42, 0.13, 0.9), band, "slope")
    bow = sketch.part("bow")
    for side in (-1, 1):
        loop = sketch.part("loop", bow)
        outline = smooth((0, -0.46), (0.2, -0.8), (0.52, -0.9), (0.6, -0.62), (0.36, -0.44)) * (
            side,
            1,
        )
        sketch.fill(loop, outline, darker(band, 0.08))
        sketch.fill(
            loop,
            (outline - (0.34 * side, -0.66)) * 0.5 + (0.34 * side, -0.66),
            darker(band, 0.4),
            "flat",
        )
    sketch.fill(bow, ellipse(0, -0.5, 0.14, 0.12), band, depth=1.2)
    return sketch
