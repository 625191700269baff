"""A picture in memory that takes the drawing commands of ipycanvas, for pages without a kernel."""

import re
from collections.abc import Sequence
from functools import cache
from io import BytesIO
from math import ceil
from typing import Any

import numpy as np
from jaxtyping import Float, UInt8
from matplotlib.backends.backend_agg import RendererAgg
from matplotlib.colors import to_rgba
from matplotlib.font_manager import FontProperties, findfont
from matplotlib.path import Path
from matplotlib.transforms import Affine2D
from PIL import Image, ImageDraw, ImageFont

from ...plots import style

Points = Sequence[Sequence[float]] | Float[np.ndarray, "point 2"]

_FONT = re.compile(r"(bold )?([\d.]+)px ")


class Sheet:
    """White paper that is drawn on as on an `ipycanvas.Canvas`, by matplotlib's renderer.

    It has the commands that live pictures use, no others. A picture to draw is the content of a PNG
    or JPEG file. Text may be turned by a quarter at most.

    Args:
        width, height: in pixels.

    Attributes:
        fill_style, stroke_style: colours such as "#0072B2", "#0072B280" or "rgb(0,114,178)".
        line_width: in pixels.
        font: such as "bold 14px Verdana"; only weight and size count.
        text_align: "left", "center" or "right".
        global_alpha: opacity of pictures.
        image_smoothing_enabled: whether enlarged pictures are smooth.
    """

    def __init__(self, width: int, height: int):
        self.width, self.height = width, height
        self.fill_style = self.stroke_style = style.INK
        self.line_width, self.global_alpha = 1.0, 1.0
        self.font, self.text_align = "10px sans-serif", "left"
        self.image_smoothing_enabled = True
        self._dashes: Sequence[float] = []
        self._place = np.eye(3)  # from places of commands to those on the sheet
        self._saved: list[np.ndarray] = []
        self._renderer = RendererAgg(width, height, 72)  # a point is a pixel
        self._pixels = np.asarray(self._renderer.buffer_rgba())
        self._pixels[:] = 255

    @property
    def picture(self) -> Image.Image:
        """What is drawn so far, RGB."""
        return Image.fromarray(self._pixels[..., :3])

    def save(self) -> None:
        self._saved.append(self._place)

    def restore(self) -> None:
        self._place = self._saved.pop()

    def translate(self, x: float, y: float) -> None:
        self._place = self._place @ Affine2D().translate(x, y).get_matrix()

    def rotate(self, angle: float) -> None:
        """Turn what is drawn from now on, by an angle in radians, clockwise."""
        self._place = self._place @ Affine2D().rotate(angle).get_matrix()

    def set_line_dash(self, dashes: Sequence[float]) -> None:
        self._dashes = dashes

    def fill_rect(self, x: float, y: float, width: float, height: float) -> None:
        self.fill_polygon(_corners(x, y, width, height))

    def stroke_rect(self, x: float, y: float, width: float, height: float) -> None:
        self._stroke(Path(_closed(_corners(x, y, width, height)), closed=True))

    def fill_polygon(self, points: Points) -> None:
        self._fill(Path(_closed(points), closed=True))

    def fill_polygons(self, polygons: Sequence[Points] | np.ndarray) -> None:
        for points in polygons:
            self.fill_polygon(points)

    def stroke_line(self, x0: float, y0: float, x1: float, y1: float) -> None:
        self._stroke(Path([(x0, y0), (x1, y1)]))

    def stroke_lines(self, points: Points) -> None:
        self._stroke(Path(np.asarray(points, float)))

    def stroke_line_segments(self, segments: Sequence[Points] | np.ndarray) -> None:
        for points in segments:
            self.stroke_lines(points)

    def fill_text(self, text: str, x: float, y: float, max_width: float) -> None:
        """Write text whose baseline starts, has its middle or ends at x, y, by `text_align`.

        Longer text is squeezed into `max_width`.
        """
        font = _font(self.font)
        wide, (above, below) = ceil(font.getlength(text)), font.getmetrics()
        if not wide:
            return
        written = Image.new("L", (wide, above + below))
        ImageDraw.Draw(written).text((0, above), text, fill=255, font=font, anchor="ls")
        room = min(wide, max(1, round(max_width)))
        if room < wide:
            written = written.resize((room, written.height), Image.Resampling.BILINEAR)
        left = x - {"left": 0.0, "center": 0.5, "right": 1.0}[self.text_align] * room
        corners = [(left, y - above), (left + room, y + below)]
        placed = Affine2D(self._place).transform(corners)
        if abs(self._place[0, 0]) < 0.5:  # a quarter turn: upwards
            written = written.transpose(Image.Transpose.ROTATE_90)
        opacity = np.asarray(written)
        colour = np.array([round(255 * each) for each in _rgba(self.fill_style)[:3]], np.uint8)
        left, top = placed.min(axis=0)
        self._blend(left, top, np.broadcast_to(colour, (*opacity.shape, 3)), opacity)

    def draw_image(self, image: bytes, x: float, y: float, width: float, height: float) -> None:
        """Draw a picture file over the paper; parts beyond the edge are left out."""
        left, top = round(x), round(y)
        size = max(1, round(x + width) - left), max(1, round(y + height) - top)
        smooth = Image.Resampling.BILINEAR, Image.Resampling.NEAREST
        how = smooth[0] if self.image_smoothing_enabled else smooth[1]
        drawn = np.asarray(Image.open(BytesIO(image)).convert("RGBA").resize(size, how))
        opacity = drawn[..., 3]
        if self.global_alpha < 1:
            opacity = np.rint(opacity * self.global_alpha).astype(np.uint8)
        self._blend(left, top, drawn[..., :3], opacity)

    def _blend(
        self,
        left: float,
        top: float,
        colours: UInt8[np.ndarray, "row column 3"],
        opacity: UInt8[np.ndarray, "row column"],
    ) -> None:
        """Draw colours over what is there, from a corner on; what is beyond the edge is cut off."""
        x, y = round(left), round(top)
        cut = slice(max(0, -y), None), slice(max(0, -x), None)
        place = self._pixels[max(0, y) :, max(0, x) :, :3]
        place = place[: colours[cut].shape[0], : colours[cut].shape[1]]
        cut = (
            slice(cut[0].start, cut[0].start + len(place)),
            slice(cut[1].start, cut[1].start + place.shape[1]),
        )
        over, share = colours[cut], opacity[cut][..., None].astype(np.uint16)
        place[:] = (over * share + place * (255 - share) + 127) // 255

    def _fill(self, path: Path) -> None:
        pen = self._pen(self.fill_style, 0.0)
        self._renderer.draw_path(pen, path, self._upright(), _rgba(self.fill_style))

    def _stroke(self, path: Path) -> None:
        pen = self._pen(self.stroke_style, self.line_width)
        if len(self._dashes):
            pen.set_dashes(0.0, list(self._dashes))
        self._renderer.draw_path(pen, path, self._upright())

    def _pen(self, colour: str, width: float) -> Any:
        pen = self._renderer.new_gc()
        pen.set_foreground(_rgba(colour), isRGBA=True)
        pen.set_linewidth(width)
        pen.set_joinstyle("miter")
        return pen

    def _upright(self) -> Affine2D:
        """From places of commands to the renderer's, whose y goes up."""
        turned = Affine2D().scale(1, -1).translate(0, self.height).get_matrix()
        return Affine2D(turned @ self._place)


@cache
def _font(written: str) -> ImageFont.FreeTypeFont:
    """matplotlib's own font in the weight and size of a canvas's `font`."""
    found = _FONT.match(written)
    if found is None:
        raise ValueError(f"font must begin like 'bold 14px ' or '14px ', but is {written!r}.")
    weight = "bold" if found[1] else "normal"
    file = findfont(FontProperties(family=style.FONTS[0], weight=weight))
    return ImageFont.truetype(file, float(found[2]), layout_engine=ImageFont.Layout.BASIC)


def _rgba(colour: str) -> tuple[float, float, float, float]:
    if not colour.startswith("rgb("):
        return to_rgba(colour)
    red, green, blue = (int(each) / 255 for each in colour[4:-1].split(","))
    return red, green, blue, 1.0


def _corners(x: float, y: float, width: float, height: float) -> list[tuple[float, float]]:
    return [(x, y), (x + width, y), (x + width, y + height), (x, y + height)]


def _closed(points: Points) -> Float[np.ndarray, "corner 2"]:
    corners = np.asarray(points, float)
    return np.concatenate([corners, corners[:1]])
