"""Readings whose values are colours: a map, several maps, a table."""

from math import ceil, sqrt

import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.collections import LineCollection
from matplotlib.colorbar import Colorbar
from matplotlib.colors import Normalize
from matplotlib.figure import FigureBase
from matplotlib.patheffects import Normal, Stroke
from matplotlib.ticker import MultipleLocator

from sam_explore.number_text import text
from sam_explore.readings import Gallery, Heatmap, Matrix, Scale

from . import style
from .scales import colormap_of, limits_of, ticks_of
from .settings import ink_around, take_over

_WRITTEN_CELLS = 120  # a table with no more has its numbers written into it


def draw_heatmap(ax: Axes, heatmap: Heatmap) -> None:
    """One map with its colour bar."""
    take_over(ax)
    image = _draw_map(ax, heatmap, *limits_of(heatmap.scale, heatmap.values))
    _name_axes(ax, heatmap)
    _title(ax, heatmap.title)
    _colour_bar(ax.figure, image, heatmap.scale, cax=_beside(ax))


def gallery_shape(count: int) -> tuple[int, int]:
    """Rows and columns for so many maps: up to twice as wide as high, with few empty places."""
    candidates = range(ceil(sqrt(count)), ceil(sqrt(2 * count)) + 1)
    columns = min(candidates, key=lambda columns: -count % columns)
    return ceil(count / columns), columns


def draw_gallery(figure: FigureBase, gallery: Gallery) -> None:
    """Small maps in a grid, with one colour bar for all or a small one each."""
    shape = gallery_shape(len(gallery.maps))
    axes = figure.subplots(*shape, squeeze=False)
    for ax in axes.flat:
        ax.axis("off")
    everything = np.concatenate([one.values.ravel() for one in gallery.maps])
    for ax, one in zip(axes.flat, gallery.maps, strict=False):
        ax.axis("on")
        scale = gallery.shared or one.scale
        values = everything if gallery.shared else one.values
        image = _draw_map(ax, one, *limits_of(scale, values))
        ax.set(xticks=[], yticks=[])
        ax.set_title(one.title, fontsize=8, color=ink_around(figure), pad=3)
        if gallery.shared is None:
            _small_colour_bar(figure, image, ax)
    if gallery.shared:
        _colour_bar(figure, image, gallery.shared, ax=axes, fraction=0.04, pad=0.02, aspect=30)
    figure.suptitle(gallery.title, fontsize=11, color=ink_around(figure))


def draw_matrix(ax: Axes, matrix: Matrix) -> None:
    """A table of colours; a small one also has its numbers written in."""
    take_over(ax)
    low, high = limits_of(matrix.scale, matrix.values)
    image = ax.imshow(
        matrix.values,
        cmap=colormap_of(matrix.scale),
        vmin=low,
        vmax=high,
        aspect="auto",
        interpolation="nearest",
    )
    ax.set_xticks(*_thinned(matrix.columns))
    ax.set_yticks(*_thinned(matrix.rows))
    ax.set_xlabel(matrix.column_name, fontsize=9)
    ax.set_ylabel(matrix.row_name, fontsize=9)
    ax.tick_params(labelsize=8, length=0)
    ax.spines[:].set_visible(False)
    _title(ax, matrix.title)
    if matrix.values.size <= _WRITTEN_CELLS:
        _write_values(ax, matrix.values, image)
    _colour_bar(ax.figure, image, matrix.scale, cax=_beside(ax))


def _draw_map(ax: Axes, heatmap: Heatmap, low: float, high: float) -> ScalarMappable:
    image = ax.imshow(
        heatmap.values,
        cmap=colormap_of(heatmap.scale),
        vmin=low,
        vmax=high,
        interpolation="nearest",
    )
    ax.spines[:].set_color(style.FRAME)
    _draw_grid_lines(ax, heatmap)
    _draw_marks(ax, heatmap)
    return image


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


def _draw_lines(ax: Axes, lines: list, colour: str, halo: str, width: float) -> None:
    """Lines with a halo, so that they show on any colour of a map."""
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
        axis.set_label_text(f"token {name}", fontsize=9)
    ax.tick_params(labelsize=8, color=style.FRAME)


def _title(ax: Axes, title: str) -> None:
    ax.set_title(title, loc="left", fontsize=11, color=ink_around(ax.figure))


def _beside(ax: Axes) -> Axes:
    """A place for a colour bar that is as high as the map, whatever shape that has."""
    return ax.inset_axes((1.03, 0, 0.045, 1))


def _colour_bar(figure: FigureBase, image: ScalarMappable, scale: Scale, **place: object) -> None:
    if scale.names:
        bar = _swatches(figure, image, scale, **place)
    else:
        bar = figure.colorbar(image, **place)
        ticks = ticks_of(scale, *image.get_clim())
        if ticks is not None:
            bar.set_ticks(ticks)
            bar.ax.axhline(scale.centre, color=style.INK, linewidth=0.8)
    ink = ink_around(figure)
    bar.set_label(scale.unit, fontsize=9, color=ink)
    bar.ax.tick_params(labelsize=8, labelcolor=ink)
    bar.outline.set_edgecolor(style.FRAME)


def _swatches(figure: FigureBase, image: ScalarMappable, scale: Scale, **place: object) -> Colorbar:
    """One colour for each value that has a name, and nothing between them."""
    values, names = zip(*scale.names, strict=True)
    count = len(names)
    bar = figure.colorbar(image, boundaries=range(count + 1), values=values, **place)
    bar.set_ticks([index + 0.5 for index in range(count)], labels=names)
    bar.ax.tick_params(length=0)
    return bar


def _small_colour_bar(figure: FigureBase, image: ScalarMappable, ax: Axes) -> None:
    low, high = image.get_clim()
    bar = figure.colorbar(image, cax=_beside(ax))
    bar.set_ticks([low, high], labels=[text(low), text(high)])
    bar.ax.tick_params(labelsize=6.5, length=0, pad=2, labelcolor=ink_around(figure))
    bar.outline.set_edgecolor(style.FRAME)


def _write_values(ax: Axes, values: np.ndarray, image: ScalarMappable) -> None:
    place = Normalize(*image.get_clim())
    for (row, column), value in np.ndenumerate(values):
        if np.isfinite(value):
            ink = style.ink_on(image.get_cmap()(float(place(value))))
            ax.text(column, row, text(value), ha="center", va="center", fontsize=7, color=ink)


def _thinned(names: tuple[str, ...]) -> tuple[list[int], list[str]]:
    """Places and names along an axis, at most 32 of them."""
    every = max(1, ceil(len(names) / 32))
    return list(range(0, len(names), every)), list(names[::every])
