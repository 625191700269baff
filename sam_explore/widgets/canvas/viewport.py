"""The part of a picture that a canvas shows: all of it, or an enlarged part."""

from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float

SHARPNESS = 2  # canvas pixels for one CSS pixel, so that lines are sharp on high-resolution screens
_MOST = 16.0


@dataclass(frozen=True)
class Viewport:
    """A rectangle of the picture, with the picture's aspect ratio, that fills a canvas.

    Args:
        image_size: height and width of the picture in its pixels.
        canvas_size: height and width of the canvas in canvas pixels.
        zoom: 1 shows the whole picture, 2 half its width and height, up to 16.
        left, top: the corner of the rectangle in pixels of the picture.
    """

    image_size: tuple[int, int]
    canvas_size: tuple[int, int]
    zoom: float = 1.0
    left: float = 0.0
    top: float = 0.0

    @property
    def span(self) -> tuple[float, float]:
        """Height and width of what is shown, in pixels of the picture."""
        height, width = self.image_size
        return height / self.zoom, width / self.zoom

    @property
    def box(self) -> tuple[float, float, float, float]:
        """x0, y0, x1, y1 of what is shown, in pixels of the picture."""
        height, width = self.span
        return self.left, self.top, self.left + width, self.top + height

    @property
    def scale(self) -> Float[np.ndarray, "2"]:
        """Canvas pixels for one pixel of the picture, across and down."""
        (height, width), (canvas_height, canvas_width) = self.span, self.canvas_size
        return np.array([canvas_width / width, canvas_height / height])

    def px_from_canvas(self, positions: Float[np.ndarray, "*any 2"]) -> Float[np.ndarray, "*any 2"]:
        """Pixels of the picture; a position outside becomes the nearest one on the border."""
        height, width = self.image_size
        places = positions / self.scale + (self.left, self.top)
        return np.clip(places, 0, (width, height))

    def canvas_from_px(self, points_px: Float[np.ndarray, "*any 2"]) -> Float[np.ndarray, "*any 2"]:
        """The inverse, also for positions outside the part that is shown."""
        return (np.asarray(points_px, float) - (self.left, self.top)) * self.scale

    def zoomed(self, factor: float, around: tuple[float, float] | None = None) -> "Viewport":
        """Enlarged by `factor` around a fixed position, `around` in canvas pixels.

        By default that is the middle of the canvas.
        """
        height, width = self.canvas_size
        x, y = (width / 2, height / 2) if around is None else around
        zoom = min(max(self.zoom * factor, 1.0), _MOST)
        (left, top), scale = (self.left, self.top), self.scale
        # The same pixel of the picture has to be at (x, y) before and after.
        after = scale * (zoom / self.zoom)
        corner = left + x / scale[0] - x / after[0], top + y / scale[1] - y / after[1]
        return replace(self, zoom=zoom)._at(*corner)

    def moved(self, dx: float, dy: float) -> "Viewport":
        """With the picture shifted by some canvas pixels, up to the picture's edges."""
        across, down = self.scale
        return self._at(self.left - dx / across, self.top - dy / down)

    def _at(self, left: float, top: float) -> "Viewport":
        (height, width), (span_height, span_width) = self.image_size, self.span
        left = min(max(left, 0.0), width - span_width)
        return replace(self, left=left, top=min(max(top, 0.0), height - span_height))
