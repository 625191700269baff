"""A sketch: the shapes of one object or of a background, in its own frame, bottom shape first."""

import colorsys
from collections.abc import Callable
from copy import copy
from dataclasses import dataclass, replace

import numpy as np

from .shapes import Number, Points, ellipse

Colour = tuple[Number, Number, Number]
Kind = str | Callable[[np.ndarray, np.ndarray], np.ndarray]  # see Pattern


PERIODS = 16  # of a pattern's bitmap, each way


@dataclass(frozen=True, slots=True)
class Pattern:
    """Where in a stroke a second colour is painted, in the frame of the sketch.

    kind: one of textures.KINDS, or another function like those.
    per_unit: periods a unit of the frame; the bitmap ends 8 periods from the centre.
    turn: degrees, clockwise on screen.
    centre: the point of the frame where the middle of the bitmap is.
    """

    kind: Kind
    per_unit: Number
    turn: Number = 0.0
    centre: tuple[Number, Number] = (0.0, 0.0)


@dataclass(slots=True)
class Stroke:
    """One filled outline.

    region: index into the sketch's regions; None for background.
    form: how light falls on it: "round", "slope" or "flat".
    depth: strength of that light, 1 is usual.
    grain: strength of the texture.
    over: index of an earlier stroke whose extent the light follows, so that a pattern on a ball
        is lit as the ball is.
    inside: index of an earlier stroke; pixels that do not show it stay untouched.
    to: second colour, at the lower end of a "slope".
    tone: if given, the stroke paints no colour: it darkens (down to -1) or lightens (up to 1).
    pattern: if given, the stroke paints only where the pattern says so, and leaves tones alone.
    """

    points: Points
    colour: Colour = (0.5, 0.5, 0.5)
    region: int | None = None
    form: str = "flat"
    depth: Number = 1.0
    grain: Number = 0.0
    over: int | None = None
    inside: int | None = None
    to: Colour | None = None
    tone: Number | None = None
    pattern: Pattern | None = None


class Sketch:
    """Collects strokes and the regions they belong to.

    An object fills about -1 to 1 in x and y (y down) and stands on `ground`, if not None. Region
    0 is the whole. A background has no name, no regions, and the frame 0 to 1.
    """

    def __init__(self, name: str | None = None, ground: Number | None = None):
        self.ground = ground
        self.regions: list[tuple[str, int, int | None]] = [] if name is None else [(name, 0, None)]
        self.strokes: list[Stroke] = []

    def part(self, name: str, parent: int = 0) -> int:
        """A new region one level below `parent`; the third level is the last."""
        level = self.regions[parent][1] + 1
        if level > 2:
            raise ValueError(f"a sub-part has no parts: {name!r} in {self.regions[parent][0]!r}")
        self.regions.append((name, level, parent))
        return len(self.regions) - 1

    def fill(self, region: int | None, points: Points, colour: Colour, form="round", **kw) -> int:
        """Paint an outline (see Stroke); returns its index, for `over` and `inside`."""
        self.strokes.append(Stroke(points, colour, region, form, **kw))
        return len(self.strokes) - 1

    def shade(self, points: Points, amount: Number = -0.4, inside: int | None = None) -> None:
        """Darken (negative) or lighten whatever is there."""
        self.strokes.append(Stroke(points, tone=amount, inside=inside))

    def texture(self, index: int, pattern: Pattern, colour: Colour) -> None:
        """Paint a pattern over the visible pixels of a stroke, after all else is drawn."""
        base = self.strokes[index]
        worn = replace(base, colour=colour, pattern=pattern, inside=index)
        worn.over = index if base.over is None else base.over
        self.strokes.append(worn)

    def eye(self, parent: int, x: Number, y: Number, r: Number, look=(0.2, 0.0), iris=None) -> int:
        """An eye of radius r as a region of its own."""
        eye = self.part("eye", parent)
        self.fill(eye, ellipse(x, y, r, r * 1.06), (0.98, 0.98, 0.95), "round", depth=0.6)
        px, py = x + look[0] * r, y + look[1] * r
        if iris is not None:
            self.fill(eye, ellipse(px, py, 0.72 * r), iris, "flat")
        self.fill(eye, ellipse(px, py, 0.5 * r), (0.09, 0.08, 0.13), "flat")
        self.fill(eye, ellipse(px - 0.16 * r, py - 0.26 * r, 0.22 * r, count=12), (1, 1, 1), "flat")
        return eye


@dataclass(frozen=True)
class Background:
    """sketch: in the unit square of the picture. floor: the range of y where things stand, None
    where they float. shadow: "ground" (soft, below), "drop" (the outline, moved) or "none".
    colour: a typical colour, for camouflage."""

    sketch: Sketch
    floor: tuple[float, float] | None
    shadow: str
    colour: Colour


def hsv(hue: Number, saturation: Number, value: Number) -> Colour:
    """A colour from hue (turns, any real), saturation and value (cut to 0..1)."""
    return colorsys.hsv_to_rgb(hue % 1, min(max(saturation, 0), 1), min(max(value, 0), 1))


def hue_turned(background: Background, turns: Number) -> Background:
    """A background with all its colours turned on the circle of hues; greys stay as they are."""

    def turned(colour: Colour) -> Colour:
        hue, saturation, value = colorsys.rgb_to_hsv(*colour)
        return hsv(hue + turns, saturation, value)

    sketch = copy(background.sketch)
    sketch.strokes = [
        replace(each, colour=turned(each.colour), to=None if each.to is None else turned(each.to))
        for each in sketch.strokes
    ]
    return replace(background, sketch=sketch, colour=turned(background.colour))


def mixed(a: Colour, b: Colour, share: Number) -> Colour:
    """Colour a with a share (0..1) of colour b."""
    red, green, blue = ((1 - share) * p + share * q for p, q in zip(a, b, strict=True))
    return red, green, blue


def darker(colour: Colour, share: Number = 0.3) -> Colour:
    """Towards a deep blue-black, as illustrators darken."""
    return mixed(colour, (0.08, 0.06, 0.2), share)


def lighter(colour: Colour, share: Number = 0.4) -> Colour:
    """Towards a warm white."""
    return mixed(colour, (1.0, 0.98, 0.92), share)


def vivid(rng: np.random.Generator) -> Colour:
    """A strong colour of any hue."""
    return hsv(rng.random(), rng.uniform(0.5, 0.85), rng.uniform(0.65, 0.97))
