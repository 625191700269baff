"""Draws the picture with its mask, prompts and dashed preview, at any zoom."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager

import numpy as np
from ipycanvas import Canvas
from jaxtyping import Bool, Float, Int, UInt8

from ...geometry import Prompts
from ...plots import raster, style
from . import PointerArea, under
from .closing import close_all
from .connection import CanvasConnection, paste
from .marks import draw_box, draw_point
from .viewport import SHARPNESS, Viewport

_OUTLINE_CSS = 1.5
_DASH_CSS = 5

KEY_HELP = {
    "Arrows": "move the cursor, with Shift in small steps",
    "Enter": "does what a click does",
    "B": "begins a box, and ends it",
    "Delete": "removes the mark at the cursor",
    "Ctrl+Z": "undoes, Ctrl+Shift+Z redoes",
    "Escape": "gives up the box",
    "?": "shows and hides this",
}

# The layers, from the lowest.
PHOTO, MASK, TRUTH, PROMPTS, PREVIEW, BAND = range(6)

Lines = Sequence[Float[np.ndarray, "_ 2"]]  # each with its own lengths
Indices = Int[np.ndarray, "_"]
# Returns the mask at these rows and columns of the picture, which are the visible ones.
Shape = Callable[[Indices, Indices], Bool[np.ndarray, "row column"]]


class Stage:
    """Layers of canvases: the photo, the mask, the prompts, a preview, and what is being dragged.

    Args:
        connection: the connection to draw through.
        width: the width of the stage in CSS pixels; a picture fits into a square of it.
        keys: for each key what it does, in words.
        cursor: CSS name of the mouse's cursor.
        enlarges: whether the page enlarges a picture that is smaller than the canvas, which is less
            sharp and sends less: for pictures that change often.

    Attributes:
        viewport: the part of the picture that is shown; see `look`.
        opacity: of the colour over the mask, 0 to 1; the outline keeps its own.
        canvas: the canvas with all layers.
        area: handles pointer and keys.
        widget: canvas and area, to be laid out.
    """

    def __init__(
        self,
        connection: CanvasConnection,
        width: int,
        keys: Mapping[str, str] = KEY_HELP,
        cursor: str = "crosshair",
        enlarges: bool = False,
    ):
        self._connection, self._width, self._enlarges = connection, width, enlarges
        self.opacity = style.MASK_OPACITY
        self.viewport = Viewport((1, 1), (width * SHARPNESS, width * SHARPNESS))
        self._image: UInt8[np.ndarray, "h w 3"] | None = None
        self._mask: Shape | None = None
        self._prompts, self._is_example = Prompts(), False
        self._hint: Lines = ()
        self._truth: Lines = ()
        self._band_is_empty = self._preview_is_empty = True
        self._photo, self._overlay = connection.image("jpeg"), connection.image("png")
        self.canvas = connection.canvas(6, width, width)
        self.area = PointerArea(self.canvas, dict(keys), grabs=True, cursor=cursor)
        self.widget = under(self.area)

    @property
    def image(self) -> UInt8[np.ndarray, "h w 3"] | None:
        """The picture that is shown; None before the first."""
        return self._image

    def show_photo(self, image: UInt8[np.ndarray, "h w 3"]) -> None:
        """Draw the whole picture without anything on it, sent as a JPEG of the stage's size."""
        scale = self._width / max(image.shape[:2])
        height, width = (max(1, round(length * scale)) for length in image.shape[:2])
        size = height * SHARPNESS, width * SHARPNESS
        if image is not self._image:  # else the viewport stays
            self._image, self._mask, self._prompts, self._hint = image, None, Prompts(), ()
            self._is_example, self._truth = False, ()
            self.viewport = Viewport(image.shape[:2], size)
        # Setting the size clears a canvas, even if it is the same size.
        if (self.canvas.height, self.canvas.width) != size:
            # A narrow page shrinks it; pointer positions are still in canvas pixels.
            self.canvas.layout.width, self.canvas.layout.height = f"{width}px", "auto"
            self.canvas.layout.max_width = "100%"
            self.canvas.height, self.canvas.width = size
        with self._connection.batch():
            for layer in (MASK, TRUTH, PROMPTS, PREVIEW, BAND):
                self.canvas[layer].clear()
            self._draw_photo()
        self._band_is_empty = self._preview_is_empty = True

    def look(self, viewport: Viewport) -> None:
        """Set which part is shown; `show_again` draws it."""
        self.viewport = viewport

    def show_again(self) -> None:
        """Draw everything again with the current viewport and opacity."""
        with self._connection.batch():
            self._draw_photo()
        self.show_mask(self._mask)
        self.show_truth(self._truth)
        self.show_prompts(self._prompts, self._hint, self._is_example)
        self.show_preview([])

    def show_mask(self, mask: Shape | None) -> None:
        """Colour the mask's pixels, with an outline inside its edge; None removes it."""
        layer, self._mask = self.canvas[MASK], mask
        if mask is None:
            with self._connection.batch():
                layer.clear()
            return
        rows, columns = self._places()
        thickness = max(1, round(_OUTLINE_CSS * SHARPNESS * len(columns) / layer.width))
        entries = raster.inside_and_outline(mask(rows, columns), thickness)
        self._overlay.value = raster.indexed_png(entries, _mask_colours(self.opacity))
        with self._connection.batch():
            layer.clear()
            paste(layer, self._overlay)

    def show_truth(self, lines_px: Lines) -> None:
        """Draw the edge of a true region, in pixels of the picture; without lines, remove it."""
        if not self._truth and not lines_px:
            return
        self._truth = lines_px
        with self._connection.batch():
            self.canvas[TRUTH].clear()
            self._draw_lines(TRUTH, lines_px, style.TRUTH, 2, [9, 4, 1, 4], "butt")

    def show_prompts(self, prompts: Prompts, hint_px: Lines = (), is_example: bool = False) -> None:
        """Mark the points and the box, and draw the mask hint's edge as a dotted line.

        Args:
            prompts: the points and the box.
            hint_px: lines around the mask hint in pixels of the picture.
            is_example: whether the points are those of an example.
        """
        self._prompts, self._hint, self._is_example = prompts, hint_px, is_example
        layer = self.canvas[PROMPTS]
        with self._connection.batch():
            layer.clear()
            self._draw_lines(PROMPTS, hint_px, style.HINT, 3, [0.1, 6], "round")
            if prompts.box is not None:
                draw_box(layer, *self._canvas_corners(prompts.box))
            for point, label in zip(prompts.points, prompts.labels, strict=True):
                x, y = self.viewport.canvas_from_px(point)
                draw_point(layer, x, y, int(label), is_example)

    def show_preview(self, lines_px: Lines) -> None:
        """Draw a preview's outlines, dashed, in pixels of the picture; no lines remove them."""
        if self._preview_is_empty and not lines_px:
            return
        with self._connection.batch():
            self.canvas[PREVIEW].clear()
            self._draw_lines(PREVIEW, lines_px, style.SIGN, 2, [_DASH_CSS, _DASH_CSS], "butt")
        self._preview_is_empty = not lines_px

    def show_box(self, box: tuple[float, float, float, float]) -> None:
        """Draw a box that is being dragged, in canvas pixels."""
        with self._band() as layer:
            draw_box(layer, *box)

    def show_marks_moving(self, prompts: Prompts, before: Prompts) -> None:
        """Draw the marks that are being dragged: those that differ from the ones before."""
        with self._band() as layer:
            if prompts.box is not None and prompts.box is not before.box:
                draw_box(layer, *self._canvas_corners(prompts.box))
            for point, old, label in zip(
                prompts.points, before.points, prompts.labels, strict=True
            ):
                if (point != old).any():
                    x, y = self.viewport.canvas_from_px(point)
                    draw_point(layer, x, y, int(label))

    def show_stroke(self, way: list[tuple[float, float]], radius: float, erase: bool) -> None:
        """Draw the brush and its stroke, in canvas pixels."""
        with self._band() as layer:
            colour = style.css(style.HALO if erase else style.HINT, 0.5)
            layer.stroke_style = colour
            layer.line_cap = layer.line_join = "round"
            layer.line_width = 2 * radius
            if len(way) > 1:
                layer.stroke_lines(np.array(way))
            for ring, line_css in ((style.HALO, 3), (style.SIGN, 1.5)):
                layer.stroke_style = ring
                layer.line_width = line_css * SHARPNESS
                layer.stroke_circle(*way[-1], radius)

    def clear_band(self) -> None:
        """Clear the drawing of a drag."""
        if not self._band_is_empty:
            with self._connection.batch():
                self.canvas[BAND].clear()
            self._band_is_empty = True

    def close(self) -> None:
        """Remove the area, and what the connection leaves of the canvases when it closes."""
        close_all(self.widget)

    def _draw_photo(self) -> None:
        if self._image is None:
            return
        height, width = self.viewport.canvas_size
        if self._enlarges:
            rows, columns = self.viewport.span
            height, width = min(height, round(rows)), min(width, round(columns))
        self._photo.value = raster.jpeg(self._image, height, width, self.viewport.box)
        paste(self.canvas[PHOTO], self._photo, smooth=self._enlarges)

    def _places(self) -> tuple[Indices, Indices]:
        """Rows and columns to draw: no more than the picture has, if the canvas is larger."""
        canvas, size = self.viewport.canvas_size, self.viewport.image_size
        corner = self.viewport.top, self.viewport.left
        counts = canvas if self.viewport.zoom > 1 else map(min, size, canvas)
        rows, columns = (
            (start + (np.arange(count) + 0.5) * (span / count)).astype(int)
            for start, count, span in zip(corner, counts, self.viewport.span, strict=True)
        )
        return rows, columns

    def _canvas_corners(self, box_px: Float[np.ndarray, "4"]) -> np.ndarray:
        return self.viewport.canvas_from_px(box_px.reshape(2, 2)).ravel()

    def _draw_lines(
        self, layer: int, lines_px: Lines, colour: str, line_css: float, dash: list, cap: str
    ) -> None:
        """Draw dashed lines over a dark rim, so that they are visible on any picture."""
        if not lines_px:
            return
        canvas = self.canvas[layer]
        lines = [self.viewport.canvas_from_px(line) for line in lines_px]
        canvas.line_cap, canvas.line_join = cap, "round"
        for stroke, grown_css, pattern in ((_RIM, 2, []), (colour, 0, dash)):
            canvas.stroke_style = stroke
            canvas.line_width = (line_css + grown_css) * SHARPNESS
            canvas.set_line_dash([length * SHARPNESS for length in pattern])
            canvas.stroke_line_segments(lines)
        canvas.set_line_dash([])

    @contextmanager
    def _band(self) -> Iterator[Canvas]:
        """The layer for a drag, cleared at the start of this context and sent at its end."""
        with self._connection.batch():
            self.canvas[BAND].clear()
            yield self.canvas[BAND]
        self._band_is_empty = False


def _mask_colours(opacity: float) -> UInt8[np.ndarray, "3 4"]:
    """The colours outside, inside and on the edge of the mask."""
    inside = style.rgba(style.MASK, opacity)
    return np.array([style.rgba(style.MASK, 0.0), inside, style.rgba(style.SIGN)], np.uint8)


_RIM = style.css(style.HALO, style.HALO_OPACITY)
