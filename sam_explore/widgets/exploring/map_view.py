"""Shows heatmaps and galleries on a canvas: quick to redraw, with the value under the pointer."""

from collections.abc import Callable

import numpy as np
from jaxtyping import UInt8

from ...readings import Cell, Gallery, Heatmap
from ..canvas import PointerArea
from ..canvas.closing import close_all
from ..canvas.connection import CanvasConnection
from ..canvas.html import BREAK, Html
from ..canvas.paragraphs import paragraph
from ..canvas.viewport import SHARPNESS
from ..canvas.words import value_in_words
from .map_drawing import (
    annotate,
    bar_png,
    cells_png,
    draw_bars,
    draw_maps,
    draw_picked,
    underlay_jpeg,
)
from .map_layout import MapLayout, Tile, lay_out, underlay_of
from .paper import EDGE_CSS, on_paper

_HINT = "Point at a cell to read its value."
_HINT_OVER_TOKENS = "Point at a cell to read its value, click to pick its token."
_HINT_ASKING = "Point at a cell to read its value, click to ask where it comes from."
PICTURES, MAPS, NOTES, PICKED = range(4)


class MapView:
    """A reading's maps with colour bars and marks.

    Args:
        width: the largest width of the maps in CSS pixels.
        on_pick: called with (row, column) of a token that is clicked on.
        picked: returns the token to outline in maps over tokens.
        opacity: returns the opacity of maps over their picture, from 0 to 1.
        guard: wraps callbacks of the page, so that no exception gets lost.
        redraw: called when the page needs the drawing again, as after a reload.

    Attributes:
        on_press: called with the cell that is clicked on, instead of picking a token; or None.
    """

    _on_press: Callable[[Cell], None] | None = None

    def __init__(
        self,
        width: int,
        on_pick: Callable[[tuple[int, int]], None],
        picked: Callable[[], tuple[int, int]],
        opacity: Callable[[], float],
        guard: Callable[[Callable[..., None]], Callable[..., None]],
        redraw: Callable[[], None],
    ):
        self._width, self._redraw = width, redraw
        self._on_pick, self._picked, self._opacity = on_pick, picked, opacity
        self._layout: MapLayout | None = None
        self._reading: Heatmap | Gallery | None = None
        self._pointed: tuple[Tile, tuple[int, int]] | None = None
        self._connection = CanvasConnection()
        self._grey: UInt8[np.ndarray, "height width"] | None = None  # the content of `_picture`
        self._picture = self._connection.image("jpeg")
        self._cells, self._bar = self._connection.image("png"), self._connection.image("png")
        self.canvas = self._connection.canvas(4, width, width)
        self.canvas.add_class("sam-explore-map")
        self.area = PointerArea(self.canvas)
        self.value = Html()
        self.widget = on_paper(self.area, self.value)
        move, press, leave = guard(self._move), guard(self._press), guard(self._leave)
        self.area.on(
            move=lambda contact: move(*contact.at),
            press=lambda contact: press(*contact.at),
            leave=leave,
        )
        self.canvas.on_client_ready(redraw)

    @property
    def on_press(self) -> Callable[[Cell], None] | None:
        """What a click on a cell does, if it does not pick its token."""
        return self._on_press

    @on_press.setter
    def on_press(self, on_press: Callable[[Cell], None] | None) -> None:
        self._on_press = on_press
        self._show_value()

    def show(self, reading: Heatmap | Gallery) -> None:
        """Draw a reading instead of the earlier one."""
        layout = lay_out(reading, self._width - 2 * EDGE_CSS)
        self._reading, self._layout = reading, layout
        self.area.label = " ".join(reading.title.split())
        self._fit(layout)
        self._cells.value = cells_png(layout)
        self._bar.value = bar_png(layout)
        self._take_picture(layout)
        with self._connection.batch():
            self._draw_maps(layout)
            self._draw_notes(reading, layout)
            self._draw_picked(layout)
        self._show_value()

    def fade(self) -> None:
        """Draw maps and pictures again with the current opacity."""
        if self._layout is not None:
            with self._connection.batch():
                self._draw_maps(self._layout)

    def outline_picked(self) -> None:
        """Outline the picked token in every map over tokens, and in no other map."""
        if self._layout is not None:
            with self._connection.batch():
                self._draw_picked(self._layout)
            self._show_value()

    def _draw_notes(self, reading: Heatmap | Gallery, layout: MapLayout) -> None:
        canvas = self.canvas[NOTES]
        canvas.clear()
        draw_bars(canvas, layout, self._bar)
        annotate(canvas, reading, layout)

    def _draw_maps(self, layout: MapLayout) -> None:
        opacity = self._opacity() if self._grey is not None else 1.0
        pictures, maps = self.canvas[PICTURES], self.canvas[MAPS]
        pictures.clear()
        maps.clear()
        draw_maps(pictures, maps, layout, self._cells, self._picture, opacity)

    def _draw_picked(self, layout: MapLayout) -> None:
        self.canvas[PICKED].clear()
        for tile in layout.tiles:
            if tile.heatmap.frame == "tokens":
                draw_picked(self.canvas[PICKED], tile, *self._picked())

    def _take_picture(self, layout: MapLayout) -> None:
        """Send the picture for below the maps, unless the page has it already."""
        grey = underlay_of(layout)
        if grey is not None and grey is not self._grey:
            self._picture.value = underlay_jpeg(grey)
        self._grey = grey

    def close(self) -> None:
        """Remove canvas and text in the kernel and on the page."""
        self.canvas.on_client_ready(self._redraw, remove=True)
        self._connection.close()
        close_all(self.value, self.widget)

    def _fit(self, layout: MapLayout) -> None:
        """Set the canvas's size if it differs: setting even the same size clears a canvas."""
        width, height = layout.width, layout.height
        if (self.canvas.width, self.canvas.height) != (width * SHARPNESS, height * SHARPNESS):
            self.canvas.layout.width, self.canvas.layout.height = f"{width}px", f"{height}px"
            self.canvas.width, self.canvas.height = width * SHARPNESS, height * SHARPNESS
        self.value.layout.width = f"{max(width, 280)}px"

    def _at(self, x: float, y: float) -> tuple[Tile, tuple[int, int]] | None:
        layout = self._layout
        for tile in layout.tiles if layout else ():
            cell = tile.cell_at(x / SHARPNESS, y / SHARPNESS)
            if cell is not None:
                return tile, cell
        return None

    def _move(self, x: float, y: float) -> None:
        pointed, before = self._at(x, y), self._pointed
        # There are many moves, so only a new cell sends a message to the page.
        if pointed != before:
            self._pointed = pointed
            self._show_value()

    def _leave(self) -> None:
        self._pointed = None
        self._show_value()

    def _press(self, x: float, y: float) -> None:
        self._move(x, y)
        pointed = self._at(x, y)
        if self.on_press is not None:
            if pointed is not None and self._layout is not None:
                number = self._layout.tiles.index(pointed[0])
                self.on_press(Cell(*pointed[1], number))
        elif pointed and pointed[0].heatmap.frame == "tokens":
            self._on_pick(pointed[1])

    def _show_value(self) -> None:
        """Write the value under the pointer, of the reading that is shown now."""
        layout, pointed = self._layout, self._pointed
        if layout is None:
            return
        is_over_tokens = layout.tiles[0].heatmap.frame == "tokens"
        words = _HINT_OVER_TOKENS if is_over_tokens else _HINT
        words = words if self.on_press is None else _HINT_ASKING
        if pointed is not None:
            words = self._value_in_words(layout, *pointed) or words
        # The line is always there, so that nothing below moves when the pointer enters and leaves.
        row, column = self._picked()
        picked = f"Outlined: the picked token, row {row}, column {column}."
        text = paragraph(words, BREAK, picked) if is_over_tokens else paragraph(words)
        if self.value.value != text:
            self.value.value = text

    def _value_in_words(self, layout: MapLayout, old: Tile, cell: tuple[int, int]) -> str:
        places = [(tile.left, tile.top) for tile in layout.tiles]
        if (old.left, old.top) not in places:
            return ""
        tile = layout.tiles[places.index((old.left, old.top))]
        rows, columns = tile.heatmap.values.shape
        if not (cell[0] < rows and cell[1] < columns):
            return ""
        value = tile.heatmap.values[cell]
        name = "" if len(places) == 1 else f"{' '.join(tile.heatmap.title.split())}: "
        # A cell without a value may be padding, which is not a token.
        is_token = tile.heatmap.frame == "tokens" and not np.isnan(value)
        kind = "token at row" if is_token else "row"
        colours = tile.heatmap.colours
        what = value_in_words(value, tile.scale)
        if colours is not None and not tile.heatmap.points_at_values:
            what = "red {}, green {}, blue {}".format(*colours[cell])
        words = f"{name}{kind} {cell[0]}, column {cell[1]}: {what}"
        return words[0].upper() + words[1:]
