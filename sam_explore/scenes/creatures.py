"""Land and air creatures, seen from the side, looking to the right."""

import numpy as np

from .shapes import Number, circle_at, curve, dome, ellipse, polygon, ribbon, smooth, turned
from .sketch import Sketch, darker, hsv, lighter, mixed, vivid


def turtle(rng: np.random.Generator, skin=None, shell=None) -> Sketch:
    """Shell (plates, rim), head (eye, cheek), legs (foot), tail."""
    skin = skin or hsv(rng.uniform(0.15, 0.45), rng.uniform(0.35, 0.6), rng.uniform(0.6, 0.85))
    shell = shell or hsv(rng.uniform(0, 1), rng.uniform(0.45, 0.7), rng.uniform(0.45, 0.7))
    sketch = Sketch("turtle", ground=0.78)
    tail = sketch.part("tail")
    tip = smooth((-0.6, 0.2), (-0.76, 0.3), (-1.0, 0.5), (-0.78, 0.48), (-0.55, 0.42))
    sketch.fill(tail, tip, darker(skin, 0.08), "slope")
    for name, x, lean in (("far back leg", -0.3, 10), ("far front leg", 0.52, -14)):
        _leg(sketch, name, darker(skin, 0.3), x, 0.42, lean, 0.3)
    _turtle_head(sketch, skin)
    belly = sketch.part("belly")
    sketch.fill(
        belly, smooth((-0.66, 0.3), (0.62, 0.26), (0.5, 0.5), (-0.5, 0.52)), lighter(skin, 0.45)
    )
    _turtle_shell(sketch, shell)
    for name, x, lean in (("back leg", -0.44, 14), ("front leg", 0.36, -10)):
        _leg(sketch, name, skin, x, 0.4, lean, 0.36)
    return sketch


def _turtle_shell(sketch: Sketch, colour) -> None:
    shell = sketch.part("shell")
    hump = smooth(
        (-0.78, 0.3), (-0.72, -0.04), (-0.46, -0.42), (-0.06, -0.58), (0.34, -0.44), (0.6, -0.08),
        (0.68, 0.26), (0.3, 0.38), (-0.4, 0.4),
    )  # fmt: skip
    whole = sketch.fill(shell, hump, darker(colour, 0.16), depth=1.1)
    seams = (
        ((-0.2, -0.48), (0.1, -0.48), (0.17, -0.22), (-0.05, -0.08), (-0.28, -0.22)),
        ((-0.54, -0.26), (-0.28, -0.43), (-0.36, -0.19), (-0.44, 0.04), (-0.65, 0.0)),
        ((0.2, -0.42), (0.42, -0.28), (0.55, -0.02), (0.34, 0.04), (0.25, -0.2)),
        ((-0.3, -0.13), (-0.08, 0.0), (-0.1, 0.2), (-0.38, 0.2), (-0.37, 0.04)),
        ((-0.01, 0.0), (0.19, -0.13), (0.28, 0.05), (0.2, 0.2), (-0.02, 0.2)),
    )
    for corners in seams:
        plate = sketch.part("plate", shell)
        sketch.fill(plate, smooth(*corners, steps=4), lighter(colour, 0.22), over=whole, depth=1.1)
        inner = np.array(corners) * 0.6 + 0.4 * np.mean(corners, axis=0)
        sketch.fill(plate, smooth(*inner, steps=4), lighter(colour, 0.36), over=whole, depth=1.1)
    rim = sketch.part("rim", shell)
    s = np.linspace(0, 1, 16)
    path = np.stack([-0.83 + 1.58 * s, 0.27 + 0.13 * np.sin(np.pi * s)], axis=1)
    edge = ribbon(path, 0.03 + 0.12 * np.sin(np.pi * s) ** 0.5)
    sketch.fill(rim, edge, lighter(colour, 0.3), "slope")
    gloss = smooth((-0.5, -0.3), (-0.2, -0.52), (-0.02, -0.54), (-0.22, -0.45), (-0.42, -0.25))
    sketch.shade(gloss, 0.5)


def _turtle_head(sketch: Sketch, skin) -> None:
    head = sketch.part("head")
    neck = smooth((0.4, 0.36), (0.5, 0.08), (0.62, -0.1), (0.84, -0.06), (0.8, 0.2), (0.6, 0.42))
    sketch.fill(head, neck, darker(skin, 0.08))
    skull = smooth(
        (0.58, -0.16), (0.68, -0.38), (0.88, -0.4), (1.02, -0.24), (1.04, -0.08), (0.88, 0.06),
        (0.68, 0.04),
    )  # fmt: skip
    sketch.fill(head, skull, skin)
    mouth = curve((0.83, -0.06), (0.89, -0.025), (0.96, -0.03), (1.0, -0.08))
    sketch.fill(head, ribbon(mouth, 0.02), darker(skin, 0.65), "flat")
    cheek = sketch.part("cheek", head)
    blush = mixed(skin, (1.0, 0.42, 0.42), 0.68)
    sketch.fill(cheek, ellipse(0.755, -0.07, 0.07, 0.055), blush, "flat")
    sketch.eye(head, 0.83, -0.22, 0.095, look=(0.25, 0.05))


def _leg(sketch: Sketch, name: str, colour, x: float, y: float, lean: Number, length: Number):
    leg = sketch.part(name)
    bottom = y + length
    outline = smooth(
        (x - 0.15, y - 0.02), (x + 0.15, y - 0.02), (x + 0.13, bottom - 0.08), (x + 0.16, bottom),
        (x - 0.13, bottom), (x - 0.13, bottom - 0.1),
    )  # fmt: skip
    sketch.fill(leg, turned(outline, lean, x, y), colour, "slope")
    foot = sketch.part("foot", leg)
    sole = smooth(
        (x - 0.15, bottom - 0.01), (x - 0.1, bottom - 0.09), (x + 0.02, bottom - 0.11),
        (x + 0.14, bottom - 0.09), (x + 0.19, bottom - 0.01), (x + 0.02, bottom + 0.02),
    )  # fmt: skip
    sketch.fill(foot, turned(sole, lean, x, y), lighter(colour, 0.35), "slope")


def bird(rng: np.random.Generator) -> Sketch:
    """Body (belly), head (eye, beak, crest), wing (tips), tail, legs."""
    coat, beak = vivid(rng), hsv(rng.uniform(0.06, 0.14), 0.8, 0.95)
    breast = lighter(hsv(rng.random(), 0.4, 0.95), 0.3)
    sketch = Sketch("bird", ground=0.93)
    tail = sketch.part("tail")
    for i, turn in enumerate((16, 0, -14)):
        feather = smooth((-0.4, 0.2), (-0.7, 0.16), (-1.05, 0.24), (-1.02, 0.34), (-0.5, 0.36))
        colour = darker(coat, 0.3 - 0.1 * i)
        sketch.fill(tail, turned(feather, turn, -0.4, 0.28), colour, "slope")
    for x in (-0.02, 0.2):
        leg = sketch.part("leg")
        sketch.fill(leg, polygon((x, 0.6), (x + 0.06, 0.6), (x + 0.06, 0.9), (x, 0.9)), beak)
        sketch.fill(leg, dome(x + 0.07, 0.94, 0.15, 0.1), darker(beak, 0.1))
    body = sketch.part("body")
    outline = smooth(
        (-0.55, 0.22), (-0.3, -0.06), (0.12, -0.32), (0.5, -0.16), (0.52, 0.3), (0.28, 0.64),
        (-0.12, 0.66), (-0.42, 0.48),
    )  # fmt: skip
    base = sketch.fill(body, outline, coat)
    belly = sketch.part("belly", body)
    patch = smooth((0.5, 0.0), (0.56, 0.3), (0.28, 0.66), (-0.1, 0.68), (0.12, 0.4), (0.3, 0.1))
    sketch.fill(belly, patch, breast, over=base, inside=base)
    head = sketch.part("head")
    crest = sketch.part("crest", head)
    for x, y, turn in ((0.26, -0.78, -34), (0.38, -0.84, -8)):
        sketch.fill(crest, ellipse(x, y, 0.075, 0.2, turn), darker(coat, 0.22), "slope")
    upper = sketch.part("beak", head)
    sketch.fill(upper, smooth((0.68, -0.56), (0.84, -0.5), (1.04, -0.38), (0.7, -0.33)), beak)
    sketch.fill(upper, polygon((0.7, -0.43), (1.02, -0.38), (0.7, -0.33)), darker(beak, 0.3))
    sketch.fill(head, ellipse(0.42, -0.42, 0.35, 0.36), lighter(coat, 0.1))
    sketch.eye(head, 0.53, -0.47, 0.12, look=(0.2, 0.05))
    wing = sketch.part("wing")
    outline = smooth((0.26, -0.02), (0.3, 0.2), (0.08, 0.44), (-0.4, 0.42), (-0.7, 0.26), (-0.2, 0))
    top = sketch.fill(wing, outline, darker(coat, 0.18))
    tips = sketch.part("wing tip", wing)
    band = smooth((-0.2, 0.1), (-0.12, 0.48), (-0.5, 0.5), (-0.8, 0.26), (-0.5, 0.1))
    sketch.fill(tips, band, mixed(breast, coat, 0.3), over=top, inside=top)
    for y in (0.2, 0.31):
        stripe = ribbon(np.array([(-0.65, y + 0.02), (-0.3, y + 0.04), (-0.08, y)]), 0.022)
        sketch.fill(tips, stripe, darker(coat, 0.35), "flat", inside=len(sketch.strokes) - 1)
    return sketch


def cat(rng: np.random.Generator) -> Sketch:
    """A sitting cat: tail (tip), body (bib), paws, head (ears, eyes, muzzle)."""
    hue = rng.choice([0.07, 0.09, 0.6, 0.75, rng.random()])
    coat = hsv(hue, rng.uniform(0.12, 0.65), rng.uniform(0.4, 0.92))
    pale, pink = lighter(coat, 0.7), (0.95, 0.6, 0.6)
    iris = hsv(rng.uniform(0.12, 0.55), 0.7, 0.85)
    sketch = Sketch("cat", ground=0.96)
    tail = sketch.part("tail")
    s = np.linspace(0, 1, 18)
    path = np.stack([0.3 + 0.5 * np.sin(2.4 * s), 0.86 - 0.95 * s + 0.1 * np.sin(7 * s)], axis=1)
    sketch.fill(tail, ribbon(path, 0.17 - 0.03 * s), darker(coat, 0.12), "slope")
    sketch.fill(tail, circle_at(path[-1], 0.07), darker(coat, 0.12), "flat")
    tip = sketch.part("tail tip", tail)
    sketch.fill(tip, ribbon(path[12:], 0.16), pale, "flat")
    sketch.fill(tip, circle_at(path[-1], 0.08), pale, "flat")
    body = sketch.part("body")
    torso = smooth(
        (-0.26, -0.1), (0.24, -0.1), (0.42, 0.3), (0.54, 0.7), (0.46, 0.95), (-0.46, 0.95),
        (-0.54, 0.7), (-0.42, 0.3),
    )  # fmt: skip
    trunk = sketch.fill(body, torso, coat)
    bib = sketch.part("bib", body)
    sketch.fill(bib, ellipse(0, 0.32, 0.24, 0.4), pale, over=trunk, inside=trunk)
    for x in (-0.18, 0.18):
        paw = sketch.part("paw")
        sketch.fill(paw, ellipse(x, 0.85, 0.17, 0.12), lighter(coat, 0.15))
        for dx in (-0.05, 0.05):
            sketch.shade(ribbon(np.array([(x + dx, 0.86), (x + dx, 0.94)]), 0.02), -0.5)
    _cat_head(sketch, coat, pale, pink, iris)
    return sketch


def _cat_head(sketch: Sketch, coat, pale, pink, iris) -> None:
    head = sketch.part("head")
    for side in (-1, 1):
        ear = sketch.part("ear", head)
        flap = smooth((0.18, -0.72), (0.36, -0.96), (0.44, -1.04), (0.52, -0.84), (0.5, -0.5))
        sketch.fill(ear, flap * (side, 1), darker(coat, 0.1), "slope")
        inner = (flap - (0.4, -0.7)) * 0.55 + (0.4, -0.7)
        sketch.fill(ear, inner * (side, 1), pink, "flat")
    skull = sketch.fill(head, ellipse(0, -0.42, 0.56, 0.44), coat)
    for x in (-0.13, 0, 0.13):
        mark = polygon((x - 0.045, -0.88), (x + 0.045, -0.88), (x * 0.8, -0.66))
        sketch.fill(head, mark, darker(coat, 0.3), "flat", inside=skull)
    for x in (-0.24, 0.24):
        sketch.eye(head, x, -0.45, 0.135, look=(0, 0.05), iris=iris)
    muzzle = sketch.part("muzzle", head)
    for x in (-0.09, 0.09):
        sketch.fill(muzzle, ellipse(x, -0.2, 0.13, 0.1), pale)
    sketch.fill(muzzle, smooth((-0.07, -0.3), (0.07, -0.3), (0, -0.21)), pink, "flat")
    for side in (-1, 1):
        whisker = np.array([(0.2, -0.2), (0.4, -0.22), (0.6, -0.2)]) * (side, 1)
        sketch.shade(ribbon(whisker, 0.014), 0.8)


def snail(rng: np.random.Generator) -> Sketch:
    """Shell (whorl), body, head (eyes on stalks)."""
    shell, skin = vivid(rng), hsv(rng.uniform(0.05, 0.3), rng.uniform(0.2, 0.45), 0.85)
    sketch = Sketch("snail", ground=0.7)
    body = sketch.part("body")
    foot = smooth(
        (-1.0, 0.66), (-0.6, 0.48), (0.0, 0.42), (0.5, 0.4), (0.86, 0.5), (0.84, 0.68), (0.0, 0.72),
        (-0.8, 0.72),
    )  # fmt: skip
    slime = sketch.fill(body, foot, skin, "slope")
    sole = sketch.part("sole", body)
    sketch.fill(sole, ellipse(-0.1, 0.76, 0.95, 0.13), lighter(skin, 0.4), "flat", inside=slime)
    head = sketch.part("head")
    for x, tip in ((0.62, 0.56), (0.8, 0.94)):
        stalk = np.array([(x, 0.1), ((x + tip) / 2, -0.1), (tip, -0.28)])
        sketch.fill(head, ribbon(stalk, 0.07), skin, "slope")
    sketch.fill(
        head,
        smooth((0.42, 0.62), (0.46, 0.2), (0.62, 0.0), (0.84, 0.02), (0.96, 0.3), (0.84, 0.6)),
        skin,
    )
    sketch.fill(
        head, ribbon(np.array([(0.78, 0.3), (0.86, 0.33), (0.93, 0.28)]), 0.025), darker(skin, 0.6)
    )
    for tip in (0.56, 0.94):
        sketch.eye(head, tip, -0.32, 0.11)
    whole = sketch.part("shell")
    base = sketch.fill(whole, ellipse(-0.14, 0.02, 0.6, 0.56), shell, depth=1.1)
    for i, (r, colour) in enumerate(((0.4, lighter(shell, 0.3)), (0.25, darker(shell, 0.2)))):
        ring = sketch.part(("whorl", "core")[i], whole)
        sketch.fill(ring, ellipse(-0.1, 0.06 + 0.02 * i, r, r * 0.94), colour, over=base, depth=1.1)
    sketch.fill(ring, ellipse(-0.08, 0.09, 0.1), lighter(shell, 0.45), "flat")
    return sketch


def ladybird(rng: np.random.Generator) -> Sketch:
    """From above: wing cases (spots), head (eyes), legs."""
    red = hsv(rng.choice([0.0, 0.02, 0.07, 0.12, rng.random()]), 0.82, 0.88)
    black = hsv(rng.random(), 0.3, 0.2)
    sketch = Sketch("ladybird")
    for side in (-1, 1):
        for x in (-0.4, 0.02, 0.42):
            leg = sketch.part("leg")
            limb = ribbon(
                np.array([(x, 0.3), (x * 1.1, 0.72), (x * 1.4, 0.94)]), (0.14, 0.11, 0.06)
            )
            sketch.fill(leg, limb * (1, side), black, "slope")
    head = sketch.part("head")
    for side in (-1, 1):
        feeler = np.array([(0.8, 0.16), (0.96, 0.26), (1.02, 0.44)]) * (1, side)
        sketch.fill(head, ribbon(feeler, 0.04), black, "flat")
    sketch.fill(head, ellipse(0.68, 0, 0.3, 0.38), lighter(black, 0.08))
    for side in (-1, 1):
        sketch.eye(head, 0.8, 0.2 * side, 0.11, look=(0.3, 0))
    for side in (-1, 1):
        wing = sketch.part("wing case")
        half = smooth((0.6, 0), (0.5, 0.4), (0.1, 0.66), (-0.4, 0.6), (-0.76, 0.3), (-0.82, 0.0))
        case = sketch.fill(wing, half * (1, side), red, depth=0.9)
        for x, y, r in ((0.26, 0.3, 0.15), (-0.16, 0.42, 0.14), (-0.46, 0.2, 0.15)):
            spot = sketch.part("spot", wing)
            dot = ellipse(x, y * side, r, r * 0.92)
            sketch.fill(spot, dot, black, over=case, inside=case)
    sketch.shade(ribbon(np.array([(-0.8, 0), (0.58, 0)]), 0.022), -0.7)
    sketch.shade(ellipse(0.1, -0.46, 0.3, 0.06, 8), 0.45)
    return sketch
