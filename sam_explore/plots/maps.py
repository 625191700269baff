"""Draws readings whose values are colours: a map, several maps, a table."""

from math import ceil, sqrt
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.collections import LineCollection
from matplotlib.colorbar import Colorbar
from matplotlib.figure import FigureBase
from matplotlib.patheffects import Normal, Stroke
from matplotlib.ticker import MultipleLocator

from sam_explore.number_text import text
from sam_explore.readings import Gallery, Heatmap, Matrix, Scale, Underlay, range_of

from . import raster, style
from .arrows import arrow_lines
from .matplotlib_settings import ink_around, name_figure, take_over
from .scales import apart, colormap_of, extend_of, is_plain, norm_of, ticks_of
from .titles import write_title
from .wrapping import wrapped

_CSS_AN_INCH = 96
_INCHES_AROUND = 1.15  # a table, for the name of its rows and the colour bar
_INCHES_ABOVE_AND_BELOW = 0.85  # of a map or a table
_LINE = 1.3 * style.NUMBER_PX
_GAP = 0.06  # inches between two names of columns
_LETTER = 0.6  # the width of a digit as a share of the size of the text
_WRITTEN_CELLS = 120  # the largest table with its numbers written into it


def draw_heatmap(ax: Axes, heatmap: Heatmap, map_opacity: float | None = None) -> None:
    """Draw one map with its colour bar, over its picture. See `drawing.draw` for `map_opacity`."""
    take_over(ax)
    colours = _Colours(heatmap.scale, heatmap.values)
    _draw_map(ax, heatmap, colours, map_opacity)
    _name_axes(ax, heatmap)
    write_title(ax, heatmap.title, stays=colours.have_plain_ticks)
    if heatmap.colours is None:
        _colour_bar(ax.figure, colours, cax=_axes_next_to(ax))


def gallery_shape(count: int) -> tuple[int, int]:
    """Rows and columns for `count` maps: up to twice as wide as high, with few empty cells."""
    candidates = range(ceil(sqrt(count)), ceil(sqrt(2 * count)) + 1)
    columns = min(candidates, key=lambda columns: -count % columns)
    return ceil(count / columns), columns


def draw_gallery(figure: FigureBase, gallery: Gallery, map_opacity: float | None = None) -> None:
    """Draw small maps in a grid, with one colour bar for all or a small one each."""
    shape = gallery_shape(len(gallery.maps))
    axes = figure.subplots(*shape, squeeze=False)
    for ax in axes.flat:
        ax.axis("off")
    everything = np.concatenate([one.values.ravel() for one in gallery.maps])
    for ax, one in zip(axes.flat, gallery.maps, strict=False):
        ax.axis("on")
        scale = gallery.shared or one.scale
        colours = _Colours(scale, everything if gallery.shared else one.values)
        _draw_map(ax, one, colours, map_opacity)
        ax.set(xticks=[], yticks=[])
        size, ink = style.points(style.SMALL_TITLE_PX), ink_around(figure)
        ax.set_title(one.title, fontsize=size, color=ink, pad=3, y=1.0)
        if gallery.shared is None and one.colours is None:
            _small_colour_bar(figure, colours, ax)
    if gallery.shared:
        _colour_bar(figure, colours, ax=axes, fraction=0.04, pad=0.02, aspect=30)
    name_figure(figure, gallery.title)


def draw_matrix(ax: Axes, matrix: Matrix) -> None:
    """Draw a table of colours; a small one also has its numbers written in."""
    take_over(ax)
    colours = _Colours(matrix.scale, matrix.values)
    ax.imshow(
        matrix.values,
        cmap=colours.map,
        norm=colours.norm,
        aspect="auto",
        interpolation="nearest",
    )
    ax.set_xticks(*_thinned(matrix.columns))
    ax.set_yticks(*_thinned(matrix.rows))
    ax.set_xlabel(matrix.column_name, fontsize=style.points(style.LABEL_PX))
    ax.set_ylabel(matrix.row_name, fontsize=style.points(style.LABEL_PX))
    ax.tick_params(labelsize=style.points(style.NUMBER_PX), length=0)
    ax.spines[:].set_visible(False)
    write_title(ax, wrapped(ax, matrix.title), stays=colours.have_plain_ticks)
    if matrix.values.size <= _WRITTEN_CELLS:
        _write_values(ax, matrix, colours)
    _colour_bar(ax.figure, colours, cax=_axes_next_to(ax))


class _Colours:
    """A scale as matplotlib's colormap and norm, for these values."""

    def __init__(self, scale: Scale, values: np.ndarray):
        self.scale, self.range = scale, range_of(scale, values)
        self.map, self.norm = colormap_of(scale), norm_of(self.range)
        self.extend = extend_of(self.range, values)

    @property
    def have_plain_ticks(self) -> bool:
        """Whether the bar has no factor above it, which only matplotlib's own ticks may have."""
        own = self.scale.names or self.scale.centre is not None
        return bool(own) or is_plain(self.range.low, self.range.high)

    def bar(self, figure: FigureBase, **more: Any) -> Colorbar:
        """A colour bar in opaque colours, also for a map that is not opaque."""
        return figure.colorbar(ScalarMappable(self.norm, self.map), **more)

    def of(self, values: np.ndarray) -> np.ndarray:
        """The red, green, blue and opacity of each value, from 0 to 1, along a last axis."""
        return np.asarray(ScalarMappable(self.norm, self.map).to_rgba(values))


def _draw_map(ax: Axes, heatmap: Heatmap, colours: _Colours, map_opacity: float | None) -> None:
    opacity = opacity_of(heatmap, map_opacity)
    if heatmap.underlay is not None and opacity < 1:
        _draw_underlay(ax, heatmap.underlay)
    if heatmap.colours is not None:
        ax.imshow(heatmap.colours, interpolation="nearest")
    else:
        ax.imshow(
            heatmap.values,
            cmap=colours.map,
            norm=colours.norm,
            alpha=opacity,
            interpolation="nearest",
        )
    ax.spines[:].set_color(style.FRAME)
    if opacity < 1:
        _draw_cells(ax, heatmap)
    _draw_grid_lines(ax, heatmap)
    _draw_marks(ax, heatmap)
    _draw_lines(ax, arrow_lines(heatmap), style.SIGN, style.HALO, 1.0)


def opacity_of(heatmap: Heatmap, map_opacity: float | None) -> float:
    """The opacity of the map: the given one, or if None, less than 1 where the picture helps."""
    below = heatmap.underlay
    if below is None:
        return 1.0
    return (style.MAP_OPACITY if below.wanted else 1.0) if map_opacity is None else map_opacity


def _draw_underlay(ax: Axes, below: Underlay) -> None:
    """Draw the picture over the cells that it fills. The cells' centres are at whole numbers."""
    extent = (-0.5, below.columns - 0.5, below.rows - 0.5, -0.5)
    grey = raster.pale(below.grey)
    ax.imshow(grey, cmap="gray", vmin=0, vmax=255, extent=extent, interpolation="antialiased")


def _draw_cells(ax: Axes, heatmap: Heatmap) -> None:
    """Draw faint lines between large cells, which the picture below would blur."""
    rows, columns = heatmap.values.shape
    inches = ax.get_position().width * ax.figure.figure.get_size_inches()[0]
    if inches * _CSS_AN_INCH / columns < style.LEAST_LINED_CELL:
        return
    lines = [[(-0.5, y - 0.5), (columns - 0.5, y - 0.5)] for y in range(1, rows)]
    lines += [[(x - 0.5, -0.5), (x - 0.5, rows - 0.5)] for x in range(1, columns)]
    look: dict[str, Any] = {
        "colors": style.SIGN,
        "linewidths": 0.4,
        "alpha": style.CELL_LINE_OPACITY,
    }
    ax.add_collection(LineCollection(lines, **look), autolim=False)


def _draw_grid_lines(ax: Axes, heatmap: Heatmap) -> None:
    rows, columns = heatmap.values.shape
    after_rows, after_columns = heatmap.grid_lines
    lines = [[(-0.5, row + 0.5), (columns - 0.5, row + 0.5)] for row in after_rows]
    lines += [[(column + 0.5, -0.5), (column + 0.5, rows - 0.5)] for column in after_columns]
    _draw_lines(ax, lines, style.INK, style.SIGN, 0.7)


def _draw_marks(ax: Axes, heatmap: Heatmap) -> None:
    corners = np.array([(-0.5, -0.5), (0.5, -0.5), (0.5, 0.5), (-0.5, 0.5), (-0.5, -0.5)])
    outlines = [corners + np.array((column, row)) for row, column in heatmap.marks]
    _draw_lines(ax, outlines, style.SIGN, style.HALO, 1.3)


def _draw_lines(ax: Axes, lines: list[Any], colour: str, halo: str, width: float) -> None:
    """Draw lines with a halo, so that they are visible on every colour of a map."""
    if not lines:
        return
    around = [Stroke(linewidth=width + 1.4, foreground=halo), Normal()]
    drawn = LineCollection(lines, colors=colour, linewidths=width, path_effects=around, zorder=3)
    drawn.set_clip_on(False)
    ax.add_collection(drawn, autolim=False)


def _name_axes(ax: Axes, heatmap: Heatmap) -> None:
    if heatmap.frame != "tokens":
        ax.set(xticks=[], yticks=[])
        return
    for axis, name, count in zip(
        (ax.yaxis, ax.xaxis), ("row", "column"), heatmap.values.shape, strict=True
    ):
        axis.set_major_locator(MultipleLocator(max(1, 2 ** int(np.log2(max(count, 1) / 4)))))
        axis.set_label_text(f"token {name}", fontsize=style.points(style.LABEL_PX))
    ax.tick_params(labelsize=style.points(style.NUMBER_PX), color=style.FRAME)


def _axes_next_to(ax: Axes) -> Axes:
    """Axes for a colour bar that is as high as the map, for maps of any shape."""
    return ax.inset_axes((1.03, 0, 0.045, 1))


def _colour_bar(figure: FigureBase, colours: _Colours, **place: Any) -> None:
    scale = colours.scale
    if scale.names:
        bar = _swatches(figure, colours, **place)
    else:
        bar = colours.bar(figure, extend=colours.extend, **place)
        ticks = ticks_of(scale, colours.range)
        if ticks is not None:
            places = [float(colours.range.shares(tick)) for tick in ticks]
            ticks = apart(ticks, places, _LINE / _height_px(bar.ax))
            bar.set_ticks(ticks, labels=[text(tick) for tick in ticks])
            bar.ax.minorticks_off()
            if scale.centre is not None:
                bar.ax.axhline(scale.centre, color=style.INK, linewidth=0.8)
    ink = ink_around(figure)
    bar.set_label(scale.unit, fontsize=style.points(style.LABEL_PX), color=ink)
    bar.ax.tick_params(labelsize=style.points(style.NUMBER_PX), labelcolor=ink)
    bar.outline.set_edgecolor(style.FRAME)


def _height_px(bar: Axes) -> float:
    """About how high a colour bar will be, in CSS pixels: names and the title take the rest."""
    inches = bar.figure.bbox.height / bar.figure.dpi
    return max(inches - _INCHES_ABOVE_AND_BELOW, 0.2) * style.DPI


def _swatches(figure: FigureBase, colours: _Colours, **place: Any) -> Colorbar:
    """A legend with one colour for each value that has a name."""
    values, names = zip(*colours.scale.names, strict=True)
    count = len(names)
    bar = colours.bar(figure, boundaries=range(count + 1), values=values, **place)
    bar.set_ticks([index + 0.5 for index in range(count)], labels=names)
    bar.ax.tick_params(length=0)
    return bar


def _small_colour_bar(figure: FigureBase, colours: _Colours, ax: Axes) -> None:
    low, high = colours.range.low, colours.range.high
    bar = colours.bar(figure, extend=colours.extend, cax=_axes_next_to(ax))
    bar.set_ticks([low, high], labels=[text(low), text(high)])
    bar.ax.minorticks_off()
    bar.ax.tick_params(
        labelsize=style.points(style.NUMBER_PX), length=0, pad=2, labelcolor=ink_around(figure)
    )
    bar.outline.set_edgecolor(style.FRAME)


def table_width(matrix: Matrix, cell: float) -> float:
    """Inches of a table whose columns are so wide, or as wide as their names are."""
    longest = max(len(line) for name in matrix.columns for line in name.split("\n"))
    name = longest * _LETTER * style.NUMBER_PX / style.DPI
    return _inches_around(matrix) + max(cell, name + _GAP) * len(matrix.columns)


def _inches_around(matrix: Matrix) -> float:
    """What the names of rows, and the colour bar, take of a table's width."""
    return _INCHES_AROUND + max(map(len, matrix.rows)) * _LETTER * style.NUMBER_PX / style.DPI


def _write_values(ax: Axes, matrix: Matrix, colours: _Colours) -> None:
    """Numbers in the cells of a table, all of one size, if the cells are wide enough for them."""
    values = matrix.values
    words = {place: text(value) for place, value in np.ndenumerate(values) if np.isfinite(value)}
    longest = max(map(len, words.values()), default=1)
    inches = ax.figure.bbox.width / ax.figure.dpi - _inches_around(matrix)
    cell_px = inches * style.DPI / len(matrix.columns)
    size = min(style.NUMBER_PX, cell_px / (longest * _LETTER))
    if size < style.LEAST_NUMBER_PX:
        return
    look: dict[str, Any] = {"ha": "center", "va": "center", "fontsize": style.points(size)}
    look["in_layout"] = False  # what is inside the axes need not be measured, which takes long
    grounds = colours.of(values)
    for (row, column), written in words.items():
        ink = style.ink_on(grounds[row, column].tolist())
        ax.text(column, row, written, color=ink, **look)


def _thinned(names: tuple[str, ...]) -> tuple[list[int], list[str]]:
    """At most 32 of the places and names along an axis."""
    every = max(1, ceil(len(names) / 32))
    return list(range(0, len(names), every)), list(names[::every])
