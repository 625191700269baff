"""The model's input with the grid of its patches, on which the reader picks one."""

from collections.abc import Callable

import numpy as np
from ipycanvas import Canvas
from jaxtyping import UInt8

from sam_explore.plots import raster, style
from sam_explore.readings import Cell
from sam_explore.widgets.canvas import KeyPress
from sam_explore.widgets.canvas.connection import paste
from sam_explore.widgets.canvas.viewport import SHARPNESS
from sam_explore.widgets.exploring.paper import PointedView

_HINT = "Click on a patch, or go there with the arrow keys and press Enter."
_KEYS = {"Arrows": "go to the next patch", "Enter": "picks it", "?": "shows and hides this"}
_PICTURE, _GRID, _PICKED, _MARKS = range(4)

Token = tuple[int, int]


class PlacePicture(PointedView):
    """A picture with a grid of patches, one of which can be picked.

    Args:
        width: in CSS pixels.
        on_pick: called with the token (row, column) of the patch that was picked.
        guard, redraw: see `PointedView`.
    """

    def __init__(
        self,
        width: int,
        on_pick: Callable[[Token], None],
        guard: Callable[[Callable[..., None]], Callable[..., None]],
        redraw: Callable[[], None],
    ):
        self._on_pick = on_pick
        self._colours: UInt8[np.ndarray, "height width 3"] | None = None
        self._grid, self._picked = (1, 1), (0, 0)
        self._outlined: Token | None = None
        super().__init__(4, width, _HINT, guard, redraw, _KEYS)
        self._photo = self._connection.image("jpeg")
        self.area.cursor = "pointer"
        self.area.on(key=guard(self._key))

    def show(
        self,
        colours: UInt8[np.ndarray, "height width 3"],
        grid: tuple[int, int],
        outlined: Token | None,
        picked: Token | None,
    ) -> None:
        """Draw a picture.

        Args:
            colours: the model's input, from 0 to 255.
            grid: rows and columns of its patches.
            outlined: the patch that the question is about, or None.
            picked: the patch that the reader has picked, or None.
        """
        rows, columns = grid
        if self._colours is not colours or self._grid != grid:
            self._colours, self._grid = colours, grid
            width = self._width
            height = max(1, round(width * rows / columns))
            self._fit(width, height)
            self._photo.value = raster.jpeg(colours, height * SHARPNESS, width * SHARPNESS)
            self.area.label = (
                f"The picture as the model gets it, in {rows} rows and {columns} columns of "
                "patches. Arrow keys go from patch to patch, Enter picks one."
            )
            self.area.stops = [
                [(column + 0.5) / columns, (row + 0.5) / rows]
                for row in range(rows)
                for column in range(columns)
            ]
        self._outlined = outlined
        with self._connection.batch():
            self.canvas[_PICTURE].clear()
            paste(self.canvas[_PICTURE], self._photo)
            self._draw_grid()
            self._draw_outlines(outlined, picked)
        self._show_pointed()

    @property
    def _cell_px(self) -> tuple[float, float]:
        """Height and width of a patch in canvas pixels."""
        rows, columns = self._grid
        return self.canvas.height / rows, self.canvas.width / columns

    def _draw_grid(self) -> None:
        canvas, (rows, columns), (high, wide) = self.canvas[_GRID], self._grid, self._cell_px
        canvas.clear()
        canvas.stroke_style, canvas.line_width = style.css(style.HALO, 0.4), 1
        across = [[(0, row * high), (canvas.width, row * high)] for row in range(1, rows)]
        down = [[(col * wide, 0), (col * wide, canvas.height)] for col in range(1, columns)]
        canvas.stroke_line_segments([np.array(line, float) for line in (*across, *down)])

    def _draw_outlines(self, outlined: Token | None, picked: Token | None) -> None:
        canvas = self.canvas[_PICKED]
        canvas.clear()
        if outlined is not None:
            self._outline(canvas, outlined, style.SIGN)
        if picked is not None:
            self._outline(canvas, picked, style.CHOSEN)

    def _outline(self, canvas: Canvas, token: Token, colour: str) -> None:
        high, wide = self._cell_px
        place = token[1] * wide, token[0] * high, wide, high
        for each, width_css in ((style.HALO, 4.0), (colour, 2.0)):
            canvas.stroke_style, canvas.line_width = each, width_css * SHARPNESS
            canvas.stroke_rect(*place)

    def _at(self, x: float, y: float) -> Token | None:
        (rows, columns), (high, wide) = self._grid, self._cell_px
        row, column = int(y * SHARPNESS // high), int(x * SHARPNESS // wide)
        return (row, column) if 0 <= row < rows and 0 <= column < columns else None

    def _cell(self, x: float, y: float) -> Cell | None:
        token = self._at(x, y)
        return None if token is None else Cell(*token)

    def _mark(self, canvas: Canvas, pointed: Token) -> None:
        self._outline(canvas, pointed, style.SIGN)

    def _in_words(self, pointed: Token) -> str:
        is_it = " This is the one that the question is about." if pointed == self._outlined else ""
        return f"Row {pointed[0]}, column {pointed[1]}.{is_it}"

    def _press(self, x: float, y: float) -> None:
        token = self._at(x / SHARPNESS, y / SHARPNESS)
        if token is not None:
            self._on_pick(token)

    def _key(self, key: KeyPress) -> None:
        token = self._at(*(length / SHARPNESS for length in key.at))
        if key.name == "move":
            self._move(*key.at)
            self.area.announce(_HINT if token is None else self._in_words(token))
        elif key.name == "enter" and token is not None:
            self._on_pick(token)
