"""Things for the exam only, never drawn in training."""

from itertools import pairwise

import numpy as np

from sam_explore.scenes.plants import leaf, leaf_green
from sam_explore.scenes.shapes import (
    arch,
    curve,
    dome,
    ellipse,
    polygon,
    rectangle,
    ribbon,
    smooth,
    turned,
)
from sam_explore.scenes.sketch import Sketch, darker, hsv, lighter, mixed, vivid

BRASS = (0.86, 0.72, 0.38)


def teapot(rng: np.random.Generator) -> Sketch:
    """Body (band, petals, foot), spout (lip), handle, lid (knob)."""
    glaze, trim = vivid(rng), lighter(vivid(rng), 0.5)
    sketch = Sketch("teapot", ground=0.8)
    handle = sketch.part("handle")
    angles = np.linspace(0.5 * np.pi, 1.55 * np.pi, 18)
    ring = np.stack([-0.5 + 0.44 * np.cos(angles), 0.1 + 0.38 * np.sin(angles)], axis=1)
    sketch.fill(handle, ribbon(ring, 0.12), darker(glaze, 0.15), "slope")
    spout = sketch.part("spout")
    path = curve((0.42, 0.36), (0.68, 0.18), (0.74, -0.1), (0.96, -0.34))
    sketch.fill(spout, ribbon(path, np.linspace(0.34, 0.13, len(path))), glaze, "slope")
    lip = sketch.part("lip", spout)
    sketch.fill(lip, ellipse(0.97, -0.35, 0.1, 0.05, 38), trim, "slope")
    body = sketch.part("body")
    foot = sketch.part("foot", body)
    sketch.fill(foot, polygon((-0.34, 0.6), (0.34, 0.6), (0.4, 0.8), (-0.4, 0.8)), trim, "slope")
    base = sketch.fill(body, ellipse(0, 0.2, 0.68, 0.54, count=48), glaze, depth=1.2)
    band = sketch.part("band", body)
    sketch.fill(band, arch(-0.8, 0.8, 0.44, -0.12, 0.1), trim, over=base, inside=base)
    for turn in range(0, 360, 72):
        petal = sketch.part("petal", body)
        blade = turned(ellipse(0, 0.04, 0.075, 0.11), turn, 0, 0.15)
        sketch.fill(petal, blade, trim, "flat")
    sketch.fill(body, ellipse(0, 0.15, 0.07, count=16), mixed(trim, BRASS, 0.7), "flat")
    lid = sketch.part("lid")
    knob = sketch.part("knob", lid)
    sketch.fill(knob, ellipse(0, -0.6, 0.12, 0.11), trim, depth=1.3)
    sketch.fill(lid, dome(0, -0.24, 0.44, 0.28), darker(glaze, 0.08))
    sketch.fill(lid, arch(-0.48, 0.48, -0.24, -0.05, 0.07), trim, "slope")
    sketch.shade(ellipse(-0.32, -0.02, 0.1, 0.17, 34), 0.6)
    return sketch


def lamp(rng: np.random.Generator) -> Sketch:
    """Shade (bands), bulb, stem (joint), foot, chain (bead)."""
    cloth, metal = vivid(rng), mixed(BRASS, vivid(rng), rng.uniform(0, 0.7))
    sketch = Sketch("lamp", ground=0.96)
    stem = sketch.part("stem")
    sketch.fill(stem, rectangle(-0.045, -0.1, 0.045, 0.84), metal, "slope")
    joint = sketch.part("joint", stem)
    sketch.fill(joint, ellipse(0, 0.42, 0.12, 0.14), lighter(metal, 0.2), depth=1.2)
    foot = sketch.part("foot")
    sketch.fill(foot, dome(0, 0.96, 0.46, 0.2), darker(metal, 0.15), "slope")
    ring = sketch.part("ring", foot)
    sketch.fill(ring, arch(-0.3, 0.3, 0.84, 0.02, 0.05), lighter(metal, 0.4), "flat")
    bulb = sketch.part("bulb")
    sketch.fill(bulb, ellipse(0, -0.06, 0.17, 0.2), (1.0, 0.94, 0.7), depth=0.5)
    chain = sketch.part("chain")
    sketch.fill(chain, rectangle(0.28, -0.14, 0.31, 0.22), darker(metal, 0.3), "flat")
    bead = sketch.part("bead", chain)
    sketch.fill(bead, ellipse(0.295, 0.26, 0.065, 0.08), cloth, depth=1.2)
    shade = sketch.part("shade")
    top, low = rng.uniform(0.24, 0.42), rng.uniform(0.7, 0.86)
    outline = polygon((-top, -0.94), (top, -0.94), (low, -0.08), (-low, -0.08))
    base = sketch.fill(shade, outline, cloth, "slope", depth=1.3)
    for y, width in ((-0.88, 0.09), (-0.14, 0.12)):
        band = sketch.part("band", shade)
        sketch.fill(band, rectangle(-1, y - width / 2, 1, y + width / 2), lighter(cloth, 0.55),
                    over=base, inside=base)  # fmt: skip
    for x in np.linspace(-0.75, 0.75, 5):
        fold = ribbon(np.array([(x * top, -0.83), (x * low, -0.2)]), 0.025)
        sketch.shade(fold, -0.3, inside=base)
    sketch.shade(polygon((-0.3 * top, -0.83), (0.3 * top, -0.83), (0.3 * low, -0.2),
                         (-0.3 * low, -0.2)), 0.18, inside=base)  # fmt: skip
    return sketch


def guitar(rng: np.random.Generator) -> Sketch:
    """Body (sound hole, bridge, guard), neck (frets), head (pegs), strings."""
    wood = hsv(rng.uniform(0.04, 0.11), rng.uniform(0.55, 0.8), rng.uniform(0.6, 0.9))
    wood, dark = (vivid(rng) if rng.random() < 0.4 else wood), (0.25, 0.16, 0.13)
    sketch = Sketch("guitar", ground=0.98)
    body = sketch.part("body")
    half = (
        (0, -0.16),
        (0.26, -0.18),
        (0.4, 0.02),
        (0.33, 0.22),
        (0.4, 0.4),
        (0.55, 0.62),
        (0.38, 0.92),
    )
    outline = smooth(*half, (0, 0.98), *((-x, y) for x, y in half[:0:-1]))
    sketch.fill(body, outline, darker(wood, 0.45), "slope")
    top = sketch.fill(body, (outline - (0, 0.42)) * 0.92 + (0, 0.42), wood, depth=0.9, grain=0.04)
    guard = sketch.part("guard", body)
    plate = smooth((0.06, 0.2), (0.24, 0.16), (0.32, 0.4), (0.3, 0.62), (0.1, 0.46))
    sketch.fill(guard, plate, darker(wood, 0.6), "slope", inside=top)
    hole = sketch.part("sound hole", body)
    sketch.fill(hole, ellipse(0, 0.24, 0.19), lighter(wood, 0.45), "flat")
    sketch.fill(hole, ellipse(0, 0.24, 0.15), dark, "flat")
    bridge = sketch.part("bridge", body)
    sketch.fill(bridge, rectangle(-0.22, 0.62, 0.22, 0.71, 0.03), dark, "slope")
    neck = sketch.part("neck")
    sketch.fill(neck, rectangle(-0.075, -0.72, 0.075, 0.12), darker(dark, 0.1), "slope")
    for y in (-0.58, -0.44, -0.31, -0.19, -0.08, 0.02):
        fret = sketch.part("fret", neck)
        sketch.fill(fret, rectangle(-0.075, y, 0.075, y + 0.025), (0.85, 0.84, 0.8), "flat")
    head = sketch.part("head")
    for side in (-1, 1):
        for y in (-0.94, -0.82):
            peg = sketch.part("peg", head)
            sketch.fill(peg, ellipse(0.19 * side, y, 0.07, 0.04), (0.88, 0.86, 0.8), "slope")
    blade = polygon((-0.08, -0.68), (-0.14, -0.98), (0.14, -0.98), (0.08, -0.68))
    sketch.fill(head, blade, darker(wood, 0.3), "slope")
    for x in (-0.04, 0, 0.04):
        sketch.shade(ribbon(np.array([(x, -0.9), (x, 0.66)]), 0.008), 0.6)
    return sketch


def umbrella(rng: np.random.Generator) -> Sketch:
    """Canopy (panels, tip), shaft, handle (grip)."""
    first, second = vivid(rng), lighter(vivid(rng), rng.uniform(0.2, 0.8))
    if rng.random() < 0.3:
        second = darker(first, 0.3)
    sketch = Sketch("umbrella", ground=0.98)
    shaft = sketch.part("shaft")
    sketch.fill(shaft, rectangle(-0.03, -0.4, 0.03, 0.72), (0.62, 0.63, 0.68), "slope")
    handle = sketch.part("handle")
    hook = curve((0, 0.58), (0.01, 0.84), (0.13, 0.94), (0.26, 0.84), (0.26, 0.76))
    sketch.fill(handle, ribbon(hook, 0.085), (0.5, 0.32, 0.2), "slope")
    grip = sketch.part("grip", handle)
    sketch.fill(grip, rectangle(-0.055, 0.56, 0.055, 0.68, 0.02), BRASS, "slope")
    canopy = sketch.part("canopy")
    tip = sketch.part("tip", canopy)
    sketch.fill(tip, polygon((-0.035, -0.66), (0.035, -0.66), (0.015, -0.9), (-0.015, -0.9)), BRASS)
    edges = 0.98 * np.sin(np.linspace(-np.pi / 2, np.pi / 2, 6))
    sail = sketch.fill(canopy, dome(0, 0.1, 0.98, 0.84, 40), darker(first, 0.3), depth=1.1)
    for i, (left, right) in enumerate(pairwise(edges)):
        panel = sketch.part("panel", canopy)
        colour = second if i % 2 else first
        sketch.fill(panel, _umbrella_panel(left, right), colour, over=sail, depth=1.1)
    sketch.shade(ellipse(-0.36, -0.4, 0.2, 0.07, -38), 0.45)
    return sketch


def _umbrella_panel(left: float, right: float) -> np.ndarray:
    """From the top down the seam that ends at x = right, back along the hem, up the left seam."""
    s, along = np.sin(np.linspace(0, np.pi / 2, 12)), np.linspace(0, 1, 9)
    down, sag = 0.1 - 0.84 * np.sqrt(1 - s**2), 0.4 * (right - left) * along * (1 - along)
    hem = np.stack([right + (left - right) * along, 0.1 - sag], axis=1)
    seams = [np.stack([x * s, down], axis=1) for x in (left, right)]
    return np.concatenate([seams[1], hem, seams[0][::-1]])


def pear(rng: np.random.Generator) -> Sketch:
    """Flesh (blush, dimple), stalk, leaf (half)."""
    skin = hsv(rng.choice([0.14, 0.2, 0.26, 0.09]) + rng.normal() * 0.01, 0.65, 0.85)
    sketch = Sketch("pear", ground=0.94)
    flesh = sketch.part("flesh")
    half = ((0.16, -0.56), (0.26, -0.3), (0.38, 0.02), (0.6, 0.36), (0.58, 0.74), (0.26, 0.95))
    outline = smooth((0, -0.62), *half, (0, 0.92), *((-x, y) for x, y in half[::-1]))
    base = sketch.fill(flesh, outline, skin, depth=1.2, grain=0.08)
    blush = sketch.part("blush", flesh)
    cheek = smooth((0.7, 0.0), (0.4, 0.2), (0.26, 0.5), (0.36, 0.9), (0.8, 0.9))
    tint = mixed(skin, hsv(rng.uniform(0, 0.07), 0.7, 0.9), 0.55)
    sketch.fill(blush, cheek, tint, over=base, inside=base, depth=1.2)
    for x, y in rng.uniform((-0.4, -0.1), (0.2, 0.8), (7, 2)):
        sketch.shade(ellipse(x, y, 0.022, count=10), -0.35, inside=base)
    stalk = sketch.part("stalk")
    path = np.array([(0, -0.56), (0.02, -0.78), (0.12, -0.96)])
    sketch.fill(stalk, ribbon(path, (0.06, 0.06, 0.1)), (0.42, 0.28, 0.18), "slope")
    leaf(sketch, 0, 0.05, -0.72, rng.uniform(-30, 10), 0.85, leaf_green(rng))
    sketch.shade(ellipse(-0.3, 0.2, 0.09, 0.2, 18), 0.6)
    return sketch


def kite(rng: np.random.Generator) -> Sketch:
    """Sail (four panels), spars, tail (bows)."""
    first, second = vivid(rng), lighter(vivid(rng), rng.uniform(0, 0.6))
    sketch = Sketch("kite")
    tail = sketch.part("tail")
    s = np.linspace(0, 1, 24)
    sway = rng.uniform(5, 8)
    string = np.stack([0.16 * np.sin(sway * s) * s**0.5, 0.38 + 0.64 * s], axis=1)
    sketch.fill(tail, ribbon(string, 0.035), darker(first, 0.4), "flat")
    for i in (9, 16, 23):
        bow = sketch.part("bow", tail)
        for side in (-1, 1):
            wing = polygon((0, 0), (0.16 * side, -0.08), (0.16 * side, 0.08))
            sketch.fill(bow, turned(wing, rng.uniform(-25, 25)) + string[i], second, "slope")
    sail = sketch.part("sail")
    tips = ((0, -0.98), (0.6, -0.42), (0, 0.44), (-0.6, -0.42))
    for i, corner in enumerate(tips):
        panel = sketch.part("panel", sail)
        after = tips[(i + 1) % 4]
        outline = polygon((0, -0.42), corner, after)
        sketch.fill(panel, outline, second if i % 2 else first, "slope", depth=0.8)
    spars = sketch.part("spars")
    for a, b in ((tips[0], tips[2]), (tips[1], tips[3])):
        sketch.fill(spars, ribbon(np.array([a, b]), 0.045), (0.55, 0.4, 0.25), "slope")
    return sketch


def bicycle(rng: np.random.Generator) -> Sketch:
    """Wheels (tyre, hub), frame, crank (pedal), saddle, handlebar (grip, bell)."""
    paint, leather = vivid(rng), hsv(rng.uniform(0.03, 0.1), 0.5, 0.42)
    steel = (0.72, 0.74, 0.78)
    sketch = Sketch("bicycle", ground=0.72)
    rear, front = (-0.56, 0.3), (0.56, 0.3)
    for x, y in (rear, front):
        _spoked_wheel(sketch, x, y, 0.4, steel)
    frame = sketch.part("frame")
    seat, crank, head = (-0.3, -0.24), (-0.12, 0.34), (0.36, -0.24)
    for a, b in ((rear, crank), (rear, seat), (crank, (-0.34, -0.4)), (seat, head), (crank, head),
                 ((0.3, -0.46), front)):  # fmt: skip
        sketch.fill(frame, ribbon(np.array([a, b]), 0.075), paint, "slope")
    pedals = sketch.part("crank")
    sketch.fill(pedals, ellipse(*crank, 0.14), darker(steel, 0.2), depth=1.1)
    lean = rng.uniform(-60, 60)
    for side in (-1, 1):
        arm = turned(rectangle(-0.025, 0, 0.025, 0.26 * side), lean) + crank
        sketch.fill(pedals, arm, darker(steel, 0.5), "flat")
        pedal = sketch.part("pedal", pedals)
        centre = turned(np.array([(0.0, 0.26 * side)]), lean)[0] + crank
        sketch.fill(pedal, rectangle(-0.11, -0.04, 0.11, 0.04, 0.02) + centre, (0.2, 0.2, 0.24))
    saddle = sketch.part("saddle")
    cushion = smooth((-0.56, -0.5), (-0.4, -0.52), (-0.14, -0.46), (-0.2, -0.41), (-0.5, -0.36))
    sketch.fill(saddle, cushion, leather, "slope")
    bar = sketch.part("handlebar")
    bent = curve((0.32, -0.42), (0.28, -0.6), (0.42, -0.68), (0.56, -0.6))
    sketch.fill(bar, ribbon(bent, 0.06), steel, "slope")
    grip = sketch.part("grip", bar)
    sketch.fill(grip, ribbon(bent[-7:], 0.1), leather, "slope")
    bell = sketch.part("bell", bar)
    sketch.fill(bell, dome(0.33, -0.65, 0.1, 0.1), BRASS, depth=1.2)
    return sketch


def _spoked_wheel(sketch: Sketch, x: float, y: float, radius: float, steel) -> None:
    wheel = sketch.part("wheel")
    for angle in range(12, 180, 30):
        spoke = turned(np.array([(-radius, 0), (radius, 0)]), angle) + np.array((x, y))
        sketch.fill(wheel, ribbon(spoke, 0.02), steel, "flat")
    around = ellipse(x, y, radius, count=40)
    tyre = sketch.part("tyre", wheel)
    sketch.fill(tyre, ribbon(np.concatenate([around, around[:1]]), 0.085), (0.17, 0.17, 0.21))
    hub = sketch.part("hub", wheel)
    sketch.fill(hub, ellipse(x, y, 0.075, count=16), steel, depth=1.2)
