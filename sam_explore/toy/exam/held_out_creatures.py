"""Creatures for the exam only, never drawn in training."""

import numpy as np

from sam_explore.scenes.shapes import (
    arch,
    curve,
    dome,
    ellipse,
    moved,
    polygon,
    rectangle,
    ribbon,
    smooth,
    turned,
)
from sam_explore.scenes.sketch import Sketch, darker, hsv, lighter, mixed, vivid


def penguin(rng: np.random.Generator) -> Sketch:
    """Body (belly), flippers, feet, head (face, eyes, beak), scarf (fringe)."""
    coat, orange = hsv(rng.uniform(0.55, 0.8), 0.4, 0.3), hsv(rng.uniform(0.05, 0.12), 0.8, 0.95)
    if rng.random() < 0.4:
        coat = darker(vivid(rng), 0.25)
    wool, pale = vivid(rng), (0.96, 0.95, 0.92)
    sketch = Sketch("penguin", ground=0.97)
    for side in (-1, 1):
        foot = sketch.part("foot")
        sole = smooth((0.06, 0.94), (0.12, 0.84), (0.36, 0.84), (0.52, 0.94), (0.3, 0.98))
        sketch.fill(foot, sole * (side, 1), orange, "slope")
    body = sketch.part("body")
    egg = smooth(
        (0, -0.5), (0.36, -0.3), (0.56, 0.16), (0.52, 0.64), (0.28, 0.9), (-0.28, 0.9),
        (-0.52, 0.64), (-0.56, 0.16), (-0.36, -0.3),
    )  # fmt: skip
    trunk = sketch.fill(body, egg, coat, depth=1.1)
    belly = sketch.part("belly", body)
    sketch.fill(belly, ellipse(0, 0.36, 0.36, 0.5), pale, over=trunk, inside=trunk, depth=0.8)
    wave = rng.uniform(-30, 0)
    for side, lift in ((-1, 0), (1, wave)):
        flipper = sketch.part("flipper")
        blade = smooth((0.38, -0.22), (0.52, -0.2), (0.76, 0.1), (0.8, 0.44), (0.6, 0.26))
        sketch.fill(flipper, turned(blade, lift, 0.42, -0.18) * (side, 1), darker(coat, 0.2))
    _penguin_head(sketch, coat, pale, orange)
    _scarf(sketch, wool)
    return sketch


def _penguin_head(sketch: Sketch, coat, pale, orange) -> None:
    head = sketch.part("head")
    skull = sketch.fill(head, ellipse(0, -0.58, 0.4, 0.38), coat)
    face = sketch.part("face", head)
    mask = smooth(
        (0, -0.66), (0.14, -0.78), (0.3, -0.66), (0.3, -0.46), (0, -0.3), (-0.3, -0.46),
        (-0.3, -0.66), (-0.14, -0.78),
    )  # fmt: skip
    sketch.fill(face, mask, pale, over=skull, inside=skull)
    for x in (-0.15, 0.15):
        sketch.eye(head, x, -0.6, 0.085, look=(0.15, 0.1))
    beak = sketch.part("beak", head)
    sketch.fill(beak, smooth((-0.12, -0.5), (0.12, -0.5), (0.02, -0.36), (-0.02, -0.36)), orange)
    sketch.shade(ribbon(curve((-0.1, -0.47), (0, -0.44), (0.1, -0.47)), 0.02), -0.5)


def _scarf(sketch: Sketch, wool) -> None:
    scarf = sketch.part("scarf")
    tail = polygon((0.16, -0.26), (0.34, -0.3), (0.42, 0.14), (0.22, 0.18))
    sketch.fill(scarf, tail, darker(wool, 0.15), "slope")
    fringe = sketch.part("fringe", scarf)
    for x in (0.22, 0.29, 0.36):
        thread = polygon((x, 0.16), (x + 0.055, 0.15), (x + 0.07, 0.28), (x + 0.015, 0.29))
        sketch.fill(fringe, thread, lighter(wool, 0.5), "flat")
    sketch.fill(scarf, arch(-0.38, 0.38, -0.32, -0.08, 0.17), wool, "slope")


def whale(rng: np.random.Generator) -> Sketch:
    """Body (belly, eye, mouth), tail (flukes), fin, spout (drops)."""
    skin = hsv(rng.uniform(0.5, 0.72), rng.uniform(0.3, 0.65), rng.uniform(0.45, 0.8))
    if rng.random() < 0.3:
        skin = vivid(rng)
    pale, water = lighter(skin, 0.7), (0.8, 0.93, 0.98)
    sketch = Sketch("whale", ground=0.56)
    spout = sketch.part("spout")
    for side in (-1, 1):
        arc = np.array([(0, -0.3), (0.0, -0.5), (0.06, -0.68), (0.2, -0.74), (0.32, -0.6)])
        jet = curve(*(arc * (side, 1) + (0.38, 0)))
        sketch.fill(spout, ribbon(jet, np.linspace(0.1, 0.07, len(jet))), water, "slope")
        drop = sketch.part("drop", spout)
        sketch.fill(drop, ellipse(0.38 + 0.34 * side, -0.48, 0.06, 0.08), lighter(water, 0.4))
    _whale_tail(sketch, skin)
    body = sketch.part("body")
    outline = smooth(
        (-0.72, 0.12), (-0.4, 0.06), (-0.1, -0.2), (0.36, -0.34), (0.78, -0.22), (0.98, 0.1),
        (0.84, 0.42), (0.4, 0.56), (-0.1, 0.54), (-0.5, 0.4),
    )  # fmt: skip
    hull = sketch.fill(body, outline, skin, depth=1.1)
    belly = sketch.part("belly", body)
    lower = smooth(
        (1.1, 0.2), (0.66, 0.26), (0.2, 0.34), (-0.3, 0.34), (-0.6, 0.5), (0, 0.8), (0.8, 0.7)
    )
    patch = sketch.fill(belly, lower, pale, over=hull, inside=hull)
    for y in (0.38, 0.46):
        groove = curve((0.9, y - 0.1), (0.4, y), (-0.1, y + 0.03))
        sketch.shade(ribbon(groove, 0.014), -0.4, inside=patch)
    mouth = sketch.part("mouth", body)
    smile = curve((1.0, 0.2), (0.8, 0.24), (0.62, 0.2), (0.52, 0.08))
    sketch.fill(mouth, ribbon(smile, 0.045), darker(skin, 0.6), "flat", inside=hull)
    sketch.eye(body, 0.6, -0.02, 0.075, look=(0.2, 0.0))
    fin = sketch.part("fin")
    flap = smooth((0.24, 0.26), (0.4, 0.3), (0.3, 0.54), (0.06, 0.72), (0.1, 0.48))
    sketch.fill(fin, flap, darker(skin, 0.2), "slope")
    sketch.shade(ellipse(0.3, -0.2, 0.24, 0.045, -4), 0.4)
    return sketch


def _whale_tail(sketch: Sketch, skin) -> None:
    tail = sketch.part("tail")
    stem = curve((-0.4, 0.24), (-0.66, 0.16), (-0.8, -0.04), (-0.82, -0.24))
    sketch.fill(tail, ribbon(stem, np.linspace(0.34, 0.09, len(stem))), darker(skin, 0.08), "slope")
    for name, side in (("left fluke", -1), ("right fluke", 1)):
        fluke = sketch.part(name, tail)
        blade = smooth((0, -0.18), (0.04, -0.32), (0.18, -0.44), (0.32, -0.44), (0.2, -0.26))
        sketch.fill(fluke, moved(blade * (0.9 * side, 1), -0.82, 0), darker(skin, 0.2), "slope")


def starfish(rng: np.random.Generator) -> Sketch:
    """Five arms (suckers) and a face (eyes, mouth)."""
    skin = hsv(rng.choice([0.02, 0.07, 0.93, rng.random()]), rng.uniform(0.5, 0.8), 0.9)
    sketch = Sketch("starfish")
    half = ((-0.32, -0.12), (-0.22, -0.42), (-0.14, -0.76), (0, -0.98))
    outline = smooth(*half, *((-x, y) for x, y in half[-2::-1]), (0, 0.1))
    bend = rng.uniform(-9, 9, 5)
    for i in range(5):
        arm = sketch.part("arm")
        limb = turned(turned(outline, bend[i], 0, -0.3), 72 * i)
        sketch.fill(arm, limb, skin if i % 2 else darker(skin, 0.08), depth=1.1)
        for y, r in ((-0.44, 0.075), (-0.6, 0.06), (-0.74, 0.045)):
            sucker = sketch.part("sucker", arm)
            dot = turned(turned(ellipse(0, y, r, count=16), bend[i], 0, -0.3), 72 * i)
            sketch.fill(sucker, dot, lighter(skin, 0.5), depth=0.6)
    face = sketch.part("face")
    sketch.fill(face, ellipse(0, 0, 0.36), lighter(skin, 0.14), depth=0.8)
    for x in (-0.13, 0.13):
        sketch.eye(face, x, -0.08, 0.085, look=(0, 0.15))
    mouth = sketch.part("mouth", face)
    grin = dome(0, 0, 0.15, 0.15) * (1, -1) + (0, 0.09)
    sketch.fill(mouth, grin, mixed(darker(skin, 0.6), (0.7, 0.1, 0.2), 0.4), "flat")
    return sketch


def rabbit(rng: np.random.Generator) -> Sketch:
    """A sitting rabbit from the front: ears (inside), head (eyes, muzzle), body (bib), paws."""
    coat = hsv(rng.choice([0.08, 0.07, 0.6, rng.random()]), rng.uniform(0.08, 0.4), 0.85)
    pale, pink = lighter(coat, 0.75), (0.96, 0.66, 0.68)
    sketch = Sketch("rabbit", ground=0.97)
    droop = rng.choice([0.0, 0.0, 62.0])
    for side, lean in ((-1, 8), (1, 8 + droop)):
        ear = sketch.part("ear")
        flap = smooth(
            (0.08, -0.4), (0.05, -0.74), (0.14, -1.0), (0.26, -0.98), (0.34, -0.7), (0.3, -0.4)
        )
        flap = turned(flap, lean, 0.18, -0.5) * (side, 1)
        sketch.fill(ear, flap, darker(coat, 0.08), "slope")
        lining = sketch.part("lining", ear)
        sketch.fill(lining, (flap - flap.mean(axis=0)) * 0.58 + flap.mean(axis=0), pink, "flat")
    body = sketch.part("body")
    torso = smooth(
        (-0.2, -0.1), (0.2, -0.1), (0.42, 0.3), (0.52, 0.72), (0.4, 0.94), (-0.4, 0.94),
        (-0.52, 0.72), (-0.42, 0.3),
    )  # fmt: skip
    trunk = sketch.fill(body, torso, coat)
    bib = sketch.part("bib", body)
    sketch.fill(bib, ellipse(0, 0.44, 0.26, 0.34), pale, over=trunk, inside=trunk)
    for side in (-1, 1):
        foot = sketch.part("foot")
        sketch.fill(foot, ellipse(0.32 * side, 0.88, 0.24, 0.11), lighter(coat, 0.15))
        pad = sketch.part("pad", foot)
        sketch.fill(pad, ellipse(0.4 * side, 0.89, 0.1, 0.06), pink, "flat")
        paw = sketch.part("paw")
        arm = ribbon(curve((0.3 * side, 0.12), (0.26 * side, 0.34), (0.1 * side, 0.44)), 0.16)
        sketch.fill(paw, arm, darker(coat, 0.12), "slope")
    _rabbit_head(sketch, coat, pale, pink, hsv(rng.random(), 0.6, 0.7))
    return sketch


def _rabbit_head(sketch: Sketch, coat, pale, pink, iris) -> None:
    head = sketch.part("head")
    sketch.fill(head, smooth((0, -0.62), (0.34, -0.5), (0.44, -0.2), (0.3, 0.06), (0, 0.12),
                             (-0.3, 0.06), (-0.44, -0.2), (-0.34, -0.5)), coat)  # fmt: skip
    for x in (-0.2, 0.2):
        sketch.eye(head, x, -0.26, 0.095, look=(0, 0.05), iris=iris)
    muzzle = sketch.part("muzzle", head)
    for x in (-0.08, 0.08):
        sketch.fill(muzzle, ellipse(x, -0.04, 0.12, 0.09), pale)
    tooth = sketch.part("tooth", head)
    sketch.fill(tooth, rectangle(-0.05, 0.02, 0.05, 0.12, 0.02), (0.99, 0.99, 0.96), "flat")
    nose = sketch.part("nose", head)
    sketch.fill(nose, smooth((-0.07, -0.13), (0.07, -0.13), (0, -0.05)), pink, "flat")
