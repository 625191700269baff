"""The marks of prompts on a picture: drawing them, finding the nearest one, and moving them."""

from dataclasses import dataclass, replace

import numpy as np
from ipycanvas import Canvas

from ...geometry import FOREGROUND, Prompts
from ...plots import style
from .viewport import SHARPNESS

MARK_CSS = 9  # the radius of a point
REACH_CSS = MARK_CSS + 3  # how far from its centre a mark can be dragged
_HANDLE_CSS = 4  # half the side of a box's handle
_HALO = style.css(style.HALO, style.HALO_OPACITY)


@dataclass(frozen=True)
class Mark:
    """A point of the prompts, or a corner of the box.

    Args:
        kind: "point" or "corner".
        index: which one: a point's number in the prompts, or 0 to 3 for the corners, clockwise from
            the top left.
    """

    kind: str
    index: int

    def is_in(self, prompts: Prompts) -> bool:
        """Whether these prompts have such a mark."""
        if self.kind == "corner":
            return prompts.box is not None
        return self.index < len(prompts.points)

    def place(self, prompts: Prompts) -> np.ndarray:
        """x, y in pixels of the picture."""
        return prompts.points[self.index] if self.kind == "point" else corners(prompts)[self.index]

    def moved(self, prompts: Prompts, to_px: tuple[float, float]) -> Prompts:
        """The same prompts with this mark moved; the corner opposite to it stays in place."""
        if self.kind == "point":
            points = prompts.points.copy()
            points[self.index] = to_px
            return replace(prompts, points=points)
        opposite = corners(prompts)[(self.index + 2) % 4]
        pair = np.stack([opposite, np.asarray(to_px, float)])
        return prompts.with_box((*pair.min(axis=0), *pair.max(axis=0)))

    def removed(self, prompts: Prompts) -> Prompts:
        """The same prompts without this point, or without the box."""
        if self.kind == "corner":
            return prompts.with_box(None)
        points = np.delete(prompts.points, self.index, axis=0)
        return replace(prompts, points=points, labels=np.delete(prompts.labels, self.index))


def corners(prompts: Prompts) -> np.ndarray:
    """The box's four corners (corner, x and y), clockwise from the top left; none without a box."""
    if prompts.box is None:
        return np.zeros((0, 2))
    x0, y0, x1, y1 = prompts.box
    return np.array([(x0, y0), (x1, y0), (x1, y1), (x0, y1)])


def nearest_mark(prompts: Prompts, at_px: tuple[float, float], reach_px: float) -> Mark | None:
    """The mark nearest to a position, within reach; of several at the same position the last one.

    Args:
        prompts: the prompts.
        at_px: x, y in pixels of the picture.
        reach_px: the greatest distance.
    """
    marks = [Mark("corner", index) for index in range(len(corners(prompts)))]
    marks += [Mark("point", index) for index in range(len(prompts.points))]
    if not marks:
        return None
    places = np.array([mark.place(prompts) for mark in marks])
    distances = np.linalg.norm(places - at_px, axis=1)[::-1]
    nearest = int(np.argmin(distances))
    return marks[::-1][nearest] if distances[nearest] <= reach_px else None


def draw_box(canvas: Canvas, x0: float, y0: float, x1: float, y1: float) -> None:
    """A rectangle with a handle at each corner, in canvas pixels."""
    for colour, line_css, grown_css in ((_HALO, 4, 1), (style.BOX, 2, 0)):
        canvas.stroke_style = canvas.fill_style = colour
        canvas.line_width = line_css * SHARPNESS
        canvas.stroke_rect(x0, y0, x1 - x0, y1 - y0)
        half = (_HANDLE_CSS + grown_css) * SHARPNESS
        for x, y in ((x0, y0), (x1, y0), (x1, y1), (x0, y1)):
            canvas.fill_rect(x - half, y - half, 2 * half, 2 * half)


def draw_point(canvas: Canvas, x: float, y: float, label: int, is_example: bool = False) -> None:
    """Draw a disc with a plus or a minus, and rings in white and dark to be visible on any picture.

    The point of an example is a dashed ring.
    """
    radius = MARK_CSS * SHARPNESS
    colour = style.FOREGROUND if label == FOREGROUND else style.BACKGROUND
    if is_example:
        for line, line_css, dash_css in ((_HALO, 5, ()), (style.SIGN, 2.5, (5, 4))):
            canvas.stroke_style, canvas.line_width = line, line_css * SHARPNESS
            canvas.set_line_dash([length * SHARPNESS for length in dash_css])
            canvas.stroke_circle(x, y, radius + 2 * SHARPNESS)
        canvas.set_line_dash([])
    else:
        for fill, rim_css in ((_HALO, 3), (style.SIGN, 1.5), (colour, 0)):
            canvas.fill_style = fill
            canvas.fill_circle(x, y, radius + rim_css * SHARPNESS)
    arm = radius * 0.55
    canvas.stroke_style = style.SIGN
    canvas.line_width = 2.5 * SHARPNESS
    canvas.stroke_line(x - arm, y, x + arm, y)
    if label == FOREGROUND:
        canvas.stroke_line(x, y - arm, x, y + arm)
