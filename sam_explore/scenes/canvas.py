"""From sketches to a scene: one map holds the visible stroke of each pixel; all else is look-up.

Picture and labels come from the same map, so they agree by construction. The map is drawn at
twice the size and the colours averaged down.
"""

from functools import lru_cache

import numpy as np
from jaxtyping import Float32, Float64, UInt8
from PIL import Image, ImageDraw

from .colouring import NEUTRAL, Light, coloured
from .ground_truth import Region, Scene
from .sketch import PERIODS, Kind, Pattern, Sketch, Stroke
from .textures import KINDS, bitmap

FEWEST_PIXELS = 12  # of a region, in a picture of 256 x 256


class Canvas:
    """Draws sketches over one another, in the unit square, at any size in pixels."""

    def __init__(self, size: int, light_x: float = -0.5):
        self.size, self.light_x = size, light_x
        self._ids = Image.new("I", (2 * size, 2 * size), 0)
        self._tone = Image.new("L", (2 * size, 2 * size), NEUTRAL)
        self._draw_ids, self._draw_tone = ImageDraw.Draw(self._ids), ImageDraw.Draw(self._tone)
        self._strokes: list[Stroke] = [Stroke(np.zeros((0, 2)))]
        self._light: list[Light] = [(0.5, 0, 0, 0)]
        self._region_of: list[int] = [-1]
        self._first: list[int] = [0]  # number of the first stroke of each stroke's sketch
        self._regions: list[Region] = []

    def draw(
        self,
        sketch: Sketch,
        linear: Float64[np.ndarray, "2 2"] | None = None,
        offset: tuple[float, float] = (0.0, 0.0),
    ) -> None:
        """Draw a sketch; a point p of its frame lands at linear @ p + offset of the unit square."""
        if not sketch.strokes:
            return
        first_id, first_region = len(self._strokes), len(self._regions)
        self._add_regions(sketch)
        points = np.concatenate([stroke.points for stroke in sketch.strokes])
        if linear is not None:
            points = points @ linear.T + offset
        starts = np.cumsum([0] + [len(stroke.points) for stroke in sketch.strokes])
        low = np.minimum.reduceat(points, starts[:-1]).tolist()
        high = np.maximum.reduceat(points, starts[:-1]).tolist()
        flat = (points * (2 * self.size) - 0.5).ravel().tolist()
        for i, stroke in enumerate(sketch.strokes):
            outline = flat[2 * starts[i] : 2 * starts[i + 1]]
            inside = None if stroke.inside is None else first_id + stroke.inside
            extent = i if stroke.over is None else stroke.over
            region = -1 if stroke.region is None else first_region + stroke.region
            self._strokes.append(stroke)
            self._first.append(first_id)
            self._light.append(self._lit(stroke, *low[extent], *high[extent]))
            self._region_of.append(region)
            if stroke.pattern is None:
                self._paint(outline, first_id + i, stroke.tone, inside)
            else:
                self._weave(outline, first_id + i, inside, _onto(stroke.pattern, linear, offset))

    def soft_shadow(self, x: float, y: float, rx: float, ry: float, amount: float) -> None:
        """A blurred elliptic shadow, in the unit square."""
        scale = 2 * self.size
        width, height = max(1, round(2 * rx * scale)), max(1, round(2 * ry * scale))
        disc = _soft_disc().resize((width, height), Image.Resampling.BILINEAR)
        corner = (round((x - rx) * scale), round((y - ry) * scale))
        self._tone.paste(round(NEUTRAL * (1 - amount)), corner, disc)

    def drop_shadow(self, sketch: Sketch, linear, offset, amount: float) -> None:
        """The outline of a whole sketch as a hard shadow."""
        for stroke in sketch.strokes:
            if stroke.tone is None and stroke.inside is None:
                points = (stroke.points @ linear.T + offset) * (2 * self.size) - 0.5
                self._draw_tone.polygon(points.ravel().tolist(), round(NEUTRAL * (1 - amount)))

    def finish(self, noise: Float32[np.ndarray, "side side"] | None = None) -> Scene:
        """The scene as drawn so far; grain is the weight of `noise`, which is about -1 to 1."""
        ids = np.asarray(self._ids)
        image = coloured(ids, self._tone, self._strokes, self._light, noise)
        return self._labelled(image, np.ascontiguousarray(ids[::2, ::2]))

    def textures(self) -> UInt8[np.ndarray, "size size"]:
        """Where each pattern of `KINDS` lies so far: its place there plus one, and 0 without one.

        A pattern lies on all visible pixels of the stroke that it is painted over.
        """
        table = np.zeros(len(self._strokes), np.uint8)
        places: dict[Kind, int] = {kind: place for place, kind in enumerate(KINDS)}
        for number, stroke in enumerate(self._strokes):
            if stroke.pattern is not None and stroke.inside is not None:
                worn = places.get(stroke.pattern.kind, -1) + 1
                table[[number, self._first[number] + stroke.inside]] = worn
        return table[np.asarray(self._ids)[::2, ::2]]

    def _add_regions(self, sketch: Sketch) -> None:
        first, taken = len(self._regions), {region.name for region in self._regions}
        names = names_in_scene(sketch, taken)
        for name, (_, level, parent) in zip(names, sketch.regions, strict=True):
            self._regions.append(Region(name, level, None if parent is None else first + parent))

    def _lit(self, stroke: Stroke, x0, y0, x1, y1) -> Light:
        """Brightness over the picture as k0 + k1 x + k2 y + k3 (x² + y²); 0.5 is the colour."""
        if stroke.form == "flat" or stroke.tone is not None:
            return 0.5, 0.0, 0.0, 0.0
        cx, cy = (x0 + x1) / 2, (y0 + y1) / 2
        hx, hy = max((x1 - x0) / 2, 1e-6), max((y1 - y0) / 2, 1e-6)
        if stroke.to is not None:
            return 0.5 + cy / (2 * hy), 0.0, -0.5 / hy, 0.0
        if stroke.form == "slope":
            kx, ky = 0.22 * stroke.depth * self.light_x / hx, -0.2 * stroke.depth / hy
            return 0.5 - kx * cx - ky * cy, kx, ky, 0.0
        fall = -0.26 * stroke.depth / max(hx, hy) ** 2
        px, py = cx + 0.6 * self.light_x * hx, cy - 0.4 * hy
        k0 = 0.5 + 0.17 * stroke.depth + fall * (px * px + py * py)
        return k0, -2 * fall * px, -2 * fall * py, fall

    def _paint(self, outline: list[float], number: int, tone: float | None, inside) -> None:
        value = NEUTRAL if tone is None else round(NEUTRAL * (1 + 0.99 * tone))
        if inside is None:
            if tone is None:
                self._draw_ids.polygon(outline, number)
            self._draw_tone.polygon(outline, value)
            return
        box = self._extent(outline)
        if box is None:
            return
        shows = Image.fromarray(np.asarray(self._ids.crop(box)) == inside)
        moved = [v - box[i % 2] for i, v in enumerate(outline)]
        for layer, ink in ((self._ids, number), (self._tone, value)):
            if layer is self._tone or tone is None:
                inked = layer.crop(box)
                ImageDraw.Draw(inked).polygon(moved, ink)
                layer.paste(inked, box[:2], shows)

    def _weave(self, outline: list[float], number: int, inside: int | None, pattern) -> None:
        """Paint a pattern over the visible pixels of the stroke `inside`, and keep its tones."""
        box = self._extent(outline)
        if box is None:
            return
        kind, across, corner = pattern
        x0, y0, x1, y1 = box
        across = across / (2 * self.size)
        cx, cy = across @ (x0, y0) + corner
        rows = (*across[0], cx, *across[1], cy)
        enlarged = np.abs(np.linalg.det(across)) < 0.25
        sampling = Image.Resampling.BILINEAR if enlarged else Image.Resampling.NEAREST
        shape = (x1 - x0, y1 - y0)
        laid = bitmap(kind).transform(shape, Image.Transform.AFFINE, rows, sampling)
        stencil = (np.asarray(self._ids.crop(box)) == inside) & (np.asarray(laid) > 127)
        self._ids.paste(number, (x0, y0), Image.fromarray(stencil))

    def _extent(self, outline: list[float]) -> tuple[int, int, int, int] | None:
        """The box in pixels of the map that holds an outline; None outside of the picture."""
        xs, ys, side = outline[::2], outline[1::2], 2 * self.size
        x0, y0 = max(0, int(min(xs)) - 1), max(0, int(min(ys)) - 1)
        x1, y1 = min(side, int(max(xs)) + 2), min(side, int(max(ys)) + 2)
        return (x0, y0, x1, y1) if x0 < x1 and y0 < y1 else None

    def _labelled(self, image: np.ndarray, ids: np.ndarray) -> Scene:
        regions, region_of = self._regions, self._region_of
        pixels = np.bincount(ids.ravel(), minlength=len(region_of))
        visible = np.zeros(len(regions), dtype=int)
        for number, innermost in enumerate(region_of):
            region: int | None = innermost
            while region is not None and region >= 0:
                visible[region] += pixels[number]
                region = regions[region].parent
        fewest = max(1, FEWEST_PIXELS * self.size**2 / 256**2)
        kept = [i for i in range(len(regions)) if visible[i] >= fewest]
        new: dict[int | None, int] = {old: i for i, old in enumerate(kept)}
        table = np.zeros((3, len(region_of)), dtype=np.int16)
        for number, innermost in enumerate(region_of):
            region = innermost
            while region is not None and region >= 0:
                table[regions[region].level, number] = new.get(region, -1) + 1
                region = regions[region].parent
        named = (regions[i] for i in kept)
        final = tuple(Region(r.name, r.level, new.get(r.parent)) for r in named)
        return Scene(image=image, labels=np.take(table, ids, axis=1), regions=final)


def _onto(
    pattern: Pattern, linear: np.ndarray | None, offset
) -> tuple[Kind, np.ndarray, np.ndarray]:
    """The pattern's kind, and pixels of its bitmap as a linear map of the unit square plus a shift.

    A point q of the unit square is inverse(linear) @ (q - offset) in the frame of the sketch.
    """
    angle, side = np.deg2rad(pattern.turn), bitmap(pattern.kind).width
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    inverse = np.eye(2) if linear is None else np.linalg.inv(linear)
    onto_bitmap = turn * (side * pattern.per_unit / PERIODS)
    across = onto_bitmap @ inverse
    return pattern.kind, across, side / 2 - across @ offset - onto_bitmap @ pattern.centre


def names_in_scene(sketch: Sketch, taken: set[str]) -> list[str]:
    """Names of a sketch's regions as paths, such as "turtle/head", numbered where taken."""
    names: list[str] = []
    for name, _, parent in sketch.regions:
        path = name if parent is None else f"{names[parent]}/{name}"
        unique, number = path, 2
        while unique in taken or unique in names:
            unique, number = f"{path} {number}", number + 1
        names.append(unique)
    return names


@lru_cache(maxsize=1)
def _soft_disc() -> Image.Image:
    s = np.linspace(-1, 1, 65)
    fall = np.clip(1 - s[None, :] ** 2 - s[:, None] ** 2, 0, 1) ** 0.8
    return Image.fromarray((255 * fall).astype(np.uint8))
