"""The layout of a map view: maps, their titles, and their colour bars."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from textwrap import wrap

import numpy as np
from jaxtyping import Float, UInt8
from matplotlib.ticker import MaxNLocator

from ...number_text import text
from ...plots import style
from ...plots.maps import gallery_shape
from ...plots.scales import extend_of, ticks_of
from ...readings import ColourRange, Gallery, Heatmap, Scale, range_of

LINE = 17  # CSS pixels of a line of text
GAP = 14
BAR = 12  # the thickness of a colour bar
NUMBERS = 58  # next to a colour bar
ARROW = 6  # of the arrow at an end of a colour bar with values beyond it
AXIS = 26  # for the numbers of rows and columns
EDGE = 2  # for the frame of a map at the border
LETTER, BOLD_LETTER = 0.58, 0.66  # the mean width of a letter, as a share of the size of the text
_NO_BREAK = "\u00a0"
_LEAST_LINE = 8  # letters
FOOT = 7  # for the lower half of a number next to the end of a colour bar


@dataclass(frozen=True)
class Tile:
    """One map: its cells, its position in CSS pixels, and the colours of its values.

    The `title` is above it, in lines that fit. `bar` is the position of its own colour bar
    below, or None. `extend` gives the ends of the colour bar with values beyond: "min", "max",
    "both" or "neither".
    """

    heatmap: Heatmap
    title: tuple[str, ...]
    scale: Scale
    colours: ColourRange
    extend: str
    left: int
    top: int
    width: int
    height: int
    bar: tuple[int, int, int, int] | None

    def cell_at(self, x: float, y: float) -> tuple[int, int] | None:
        """Row and column of the cell under a position in CSS pixels, or None outside the map."""
        rows, columns = self.heatmap.values.shape
        row = int((y - self.top) * rows // self.height)
        column = int((x - self.left) * columns // self.width)
        return (row, column) if 0 <= row < rows and 0 <= column < columns else None


@dataclass(frozen=True)
class MapLayout:
    """A heatmap or a gallery, laid out. All lengths are CSS pixels.

    `bar` is the position of the colour bar that all maps share, or None; `ticks` are its labels,
    each with its height as a fraction of the bar's.
    """

    tiles: tuple[Tile, ...]
    width: int
    height: int
    bar: tuple[int, int, int, int] | None
    ticks: tuple[tuple[float, str], ...]


def lay_out(reading: Heatmap | Gallery, width: int) -> MapLayout:
    """Lay out a reading's maps in at most `width` CSS pixels."""
    if isinstance(reading, Heatmap):
        return _lay_out_one(reading, width)
    maps, shared = reading.maps, reading.shared
    down, across = gallery_shape(len(maps))
    room = (width - EDGE - (BAR + NUMBERS + GAP if shared else 0) - GAP * (across - 1)) / across
    sizes = [_size(one, room) for one in maps]
    tile_width, tile_height = (max(lengths) for lengths in zip(*sizes, strict=True))
    titles = [lines_in(one.title, tile_width + GAP - 4, style.SMALL_TITLE_PX) for one in maps]
    title = LINE * max(map(len, titles))
    below = 0 if shared else BAR + LINE + 4
    step = title + tile_height + below + GAP
    everything = np.concatenate([one.values.ravel() for one in maps])
    tiles = []
    for index, (one, words, size) in enumerate(zip(maps, titles, sizes, strict=True)):
        left = EDGE + (index % across) * (tile_width + GAP)
        top = LINE + GAP + (index // across) * step + title
        # Room for an arrow at both ends.
        own = left + ARROW, top + size[1] + 4, size[0] - 2 * ARROW, BAR - 4
        bar = own if shared is None and one.colours is None else None
        coloured = _coloured(shared or one.scale, everything if shared else one.values)
        tiles.append(Tile(one, words, *coloured, left, top, *size, bar))
    end = EDGE + across * (tile_width + GAP)
    height = LINE + GAP + down * step - GAP + FOOT
    if not shared:
        return MapLayout(tuple(tiles), end, height, None, ())
    top = tiles[0].top
    bar = (end, top, BAR, max(tile_height, min(height - FOOT - top, 300)))
    numbers = ticks(shared, tiles[0].colours)
    return MapLayout(tuple(tiles), end + BAR + NUMBERS, height, bar, numbers)


def underlay_of(layout: MapLayout) -> UInt8[np.ndarray, "row column"] | None:
    """The grey picture below the maps, which is that of the first; None if it has none."""
    below = layout.tiles[0].heatmap.underlay
    return None if below is None else below.grey


def _coloured(scale: Scale, values: Float[np.ndarray, "*any"]) -> tuple[Scale, ColourRange, str]:
    colours = range_of(scale, values)
    return scale, colours, extend_of(colours, values)


def ticks(scale: Scale, colours: ColourRange) -> tuple[tuple[float, str], ...]:
    """A few round values between `low` and `high`, including a stated centre; or the names."""
    if scale.names:
        count = len(scale.names)
        return tuple(((i + 0.5) / count, name) for i, (_, name) in enumerate(scale.names))
    low, high = colours.low, colours.high
    values: Sequence[float] | None = ticks_of(scale, colours)
    if values is None:
        values = MaxNLocator(nbins=5, steps=[1, 2, 2.5, 5, 10]).tick_values(low, high)
    return tuple((float(colours.shares(v)), text(v)) for v in values if low <= v <= high)


def ticks_apart(
    ticks: tuple[tuple[float, str], ...], length_css: float
) -> tuple[tuple[float, str], ...]:
    """Those of a bar's labels that do not overlap on it: the ends, the middle, then the others."""
    least = (style.NUMBER_PX + 1) / max(length_css, 1)
    kept: list[tuple[float, str]] = []
    for tick in (*ticks[:1], *ticks[-1:], *sorted(ticks, key=lambda each: abs(each[0] - 0.5))):
        if all(abs(tick[0] - other) >= least for other, _ in kept):
            kept.append(tick)
    return tuple(sorted(kept))


def _lay_out_one(one: Heatmap, width: int) -> MapLayout:
    axis = AXIS if one.frame == "tokens" else EDGE
    size = _size(one, width - axis - GAP - BAR - NUMBERS)
    end = axis + size[0] + GAP + BAR + NUMBERS
    has_unit = one.colours is None and bool(one.scale.unit)  # above the bar, as high as the title
    room = axis + size[0] if has_unit else end
    title = lines_in(one.title, room, style.TITLE_PX, is_bold=True)
    top = LINE * len(title) + 6
    tile = Tile(one, title, *_coloured(one.scale, one.values), axis, top, *size, None)
    bar = None if one.colours is not None else (axis + size[0] + GAP, top, BAR, size[1])
    height = top + size[1] + max(axis, FOOT)
    return MapLayout((tile,), end, height, bar, ticks(one.scale, tile.colours) if bar else ())


def _size(one: Heatmap, room: float) -> tuple[int, int]:
    """The width and height of a map with square cells, of whole pixels if there is room."""
    rows, columns = one.values.shape
    cell = room / max(rows, columns)
    cell = int(cell) if cell >= 2 else cell
    return ceil(cell * columns), ceil(cell * rows)


def lines_in(title: str, room: float, size: int, *, is_bold: bool = False) -> tuple[str, ...]:
    """A title in lines that fit into so many CSS pixels, as far as its words are short enough."""
    letters = max(_LEAST_LINE, int(room / (size * (BOLD_LETTER if is_bold else LETTER))))

    def together(found: re.Match) -> str:
        """A number stays with the word before it, if there is room for both."""
        return found[0].replace(" ", _NO_BREAK) if len(found[0]) <= letters else found[0]

    kept = re.sub(r"\S+ [\d−]\S*", together, title)
    lines = (part for line in kept.split("\n") for part in wrap(line, letters) or [""])
    return tuple(line.replace(_NO_BREAK, " ") for line in lines)
