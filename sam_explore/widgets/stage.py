"""The picture with its mask and its prompts, and where the pointer acts on it."""

import math
import threading
import time
from collections.abc import Callable

import numpy as np
from ipycanvas import Canvas
from jaxtyping import Bool, Float, UInt8

from ..geometry import FOREGROUND, Prompts
from ..plots import raster, style
from .drawing import Channel, close_all, paste
from .gesture import Click, Drag, Gesture, Position

# Canvas pixels for one CSS pixel, so that screens with small pixels show sharp lines.
SHARPNESS = 2
_SLOP_CSS = 4
_MARK_CSS = 9
_OUTLINE_CSS = 1.5
# The box being dragged is drawn so often; less often when moves come faster than a hand makes them,
# which is when they have queued and the page has other things to catch up with.
_BAND_INTERVAL_S = 0.05
_BAND_MOVES = 12
_BAND_INTERVAL_IN_FLOOD_S = 0.3

PHOTO, MASK, PROMPTS, BAND = range(4)


class Stage:
    """Layers of canvases: the photo, the mask, the prompts, and the box that is being dragged.

    Args:
        channel: what it draws through.
        width: the width of the stage in CSS pixels; a picture fits into a square of it.
        on_click: called with x, y in pixels of the picture.
        on_box: called with x0, y0, x1, y1 in pixels of the picture.
        guard: wraps what the page calls, so that no exception gets lost.
    """

    def __init__(
        self,
        channel: Channel,
        width: int,
        on_click: Callable[[Position], None],
        on_box: Callable[[tuple[float, float, float, float]], None],
        guard: Callable[[Callable[..., None]], Callable[..., None]],
    ):
        self._channel, self._width = channel, width
        self._on_click, self._on_box = on_click, on_box
        self._image_size = (1, 1)
        self._gesture = Gesture(_SLOP_CSS * SHARPNESS)
        self._gesture_lock = threading.Lock()
        self._band_drawn_at, self._band_moves = -math.inf, 0
        self._photo, self._overlay = channel.image("jpeg"), channel.image("png")
        self.canvas = channel.canvas(4, width, width)
        self._listen(guard)

    def show_photo(self, image: UInt8[np.ndarray, "h w 3"]) -> None:
        """Draw the picture and nothing on it. It is sent once, as a JPEG of the stage's size."""
        self._image_size = image.shape[:2]
        scale = self._width / max(self._image_size)
        height, width = (max(1, round(length * scale)) for length in self._image_size)
        self.canvas.layout.width, self.canvas.layout.height = f"{width}px", f"{height}px"
        # Changing the size wipes a canvas, even to the same size.
        if (self.canvas.width, self.canvas.height) != (width * SHARPNESS, height * SHARPNESS):
            self.canvas.width, self.canvas.height = width * SHARPNESS, height * SHARPNESS
        self._photo.value = raster.jpeg(image, height * SHARPNESS, width * SHARPNESS)
        with self._channel.batch():
            for layer in (MASK, PROMPTS, BAND):
                self.canvas[layer].clear()
            paste(self.canvas[PHOTO], self._photo)

    def show_mask(self, mask: Bool[np.ndarray, "h w"] | None) -> None:
        """Colour the mask's pixels, with an outline inside its edge; None takes it away."""
        layer = self.canvas[MASK]
        if mask is None:
            with self._channel.batch():
                layer.clear()
            return
        height, width = (
            min(have, want)
            for have, want in zip(mask.shape, (layer.height, layer.width), strict=True)
        )
        rows, columns = raster.nearest(height, len(mask)), raster.nearest(width, len(mask[0]))
        thickness = max(1, round(_OUTLINE_CSS * SHARPNESS * width / layer.width))
        entries = raster.inside_and_outline(mask[np.ix_(rows, columns)], thickness)
        self._overlay.value = raster.indexed_png(entries, _MASK_COLOURS)
        with self._channel.batch():
            layer.clear()
            paste(layer, self._overlay)

    def show_prompts(self, prompts: Prompts) -> None:
        """Mark the points and the box."""
        layer = self.canvas[PROMPTS]
        with self._channel.batch():
            layer.clear()
            if prompts.box is not None:
                corners = prompts.box.reshape(2, 2)
                _draw_box(layer, *self._canvas_from_px(corners).ravel())
            for point, label in zip(prompts.points, prompts.labels, strict=True):
                _draw_point(layer, *self._canvas_from_px(point), int(label))

    def close(self) -> None:
        """Remove what the channel leaves of the canvases when it closes."""
        close_all(self.canvas)

    def _listen(self, guard: Callable[[Callable[..., None]], Callable[..., None]]) -> None:
        canvas = self.canvas
        press, move, release = guard(self._press), guard(self._move), guard(self._release)
        canvas.on_mouse_down(lambda x, y: press((x, y)))
        canvas.on_mouse_move(lambda x, y: move((x, y)))
        canvas.on_mouse_up(lambda x, y: release((x, y)))
        # A release outside is never told: a drag ends where it leaves the picture.
        canvas.on_mouse_out(lambda x, y: release((x, y)))
        canvas.on_touch_start(lambda touches: press(touches[0]))
        canvas.on_touch_move(lambda touches: move(touches[0]))
        canvas.on_touch_end(lambda touches: release(None))
        canvas.on_touch_cancel(lambda touches: guard(self._cancel)())

    def _press(self, at: Position) -> None:
        with self._gesture_lock:
            self._gesture.press(at)

    def _move(self, at: Position) -> None:
        if not self._gesture.active:
            return
        with self._gesture_lock:
            drag = self._gesture.move(at)
            if drag is None or not self._band_is_due():
                return
        with self._channel.batch():
            self.canvas[BAND].clear()
            _draw_box(self.canvas[BAND], *drag.box)

    def _band_is_due(self) -> bool:
        self._band_moves += 1
        now = time.monotonic()
        flood = self._band_moves > _BAND_MOVES
        interval = _BAND_INTERVAL_IN_FLOOD_S if flood else _BAND_INTERVAL_S
        due = now - self._band_drawn_at >= interval
        if due:
            self._band_drawn_at, self._band_moves = now, 0
        return due

    def _release(self, at: Position | None) -> None:
        with self._gesture_lock:
            gesture = self._gesture.release(at)
            self._clear_band()
        if isinstance(gesture, Click):
            self._on_click(tuple(self._px_from_canvas(np.array(gesture.at, float))))
        elif isinstance(gesture, Drag):
            corners = np.array(gesture.box, float).reshape(2, 2)
            self._on_box(tuple(self._px_from_canvas(corners).ravel()))

    def _cancel(self) -> None:
        with self._gesture_lock:
            self._gesture.release()
            self._clear_band()

    def _clear_band(self) -> None:
        if self._band_drawn_at > -math.inf:
            self._band_drawn_at = -math.inf
            with self._channel.batch():
                self.canvas[BAND].clear()

    def _px_from_canvas(self, positions: Float[np.ndarray, "*any 2"]) -> np.ndarray:
        """Pixels of the picture; what lies outside goes to the nearest place on the border."""
        height, width = self._image_size
        scale = np.array([width / self.canvas.width, height / self.canvas.height])
        return np.clip(positions * scale, 0, (width, height))

    def _canvas_from_px(self, points_px: Float[np.ndarray, "*any 2"]) -> np.ndarray:
        height, width = self._image_size
        return points_px * (self.canvas.width / width, self.canvas.height / height)


def _draw_box(canvas: Canvas, x0: float, y0: float, x1: float, y1: float) -> None:
    for colour, line_css in ((_HALO, 4), (style.BOX, 2)):
        canvas.stroke_style = colour
        canvas.line_width = line_css * SHARPNESS
        canvas.stroke_rect(x0, y0, x1 - x0, y1 - y0)


def _draw_point(canvas: Canvas, x: float, y: float, label: int) -> None:
    """A disc with a plus or a minus, ringed in white and in a dark halo to show on any picture."""
    radius = _MARK_CSS * SHARPNESS
    colour = style.FOREGROUND if label == FOREGROUND else style.BACKGROUND
    for fill, rim_css in ((_HALO, 3), (style.SIGN, 1.5), (colour, 0)):
        canvas.fill_style = fill
        canvas.fill_circle(x, y, radius + rim_css * SHARPNESS)
    arm = radius * 0.55
    canvas.stroke_style = style.SIGN
    canvas.line_width = 2.5 * SHARPNESS
    canvas.stroke_line(x - arm, y, x + arm, y)
    if label == FOREGROUND:
        canvas.stroke_line(x, y - arm, x, y + arm)


_HALO = style.css(style.HALO, style.HALO_OPACITY)
_MASK_COLOURS = np.array(
    [
        style.rgba(style.MASK, 0.0),
        style.rgba(style.MASK, style.MASK_OPACITY),
        style.rgba(style.SIGN),
    ],
    np.uint8,
)
