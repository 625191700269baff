"""Draws a reading as a matplotlib figure: for a notebook, a file, or a live view."""

from io import BytesIO
from math import ceil
from typing import Any, overload

from matplotlib.axes import Axes
from matplotlib.backend_bases import RendererBase
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure, FigureBase
from matplotlib.layout_engine import ConstrainedLayoutEngine

from sam_explore.readings import (
    Gallery,
    Heatmap,
    Matrix,
    Panel,
    Profile,
    Reading,
    Scale,
    common_scales,
    on_scale,
)

from .curves import draw_profile
from .maps import draw_gallery, draw_heatmap, draw_matrix, gallery_shape, table_width
from .matplotlib_settings import name_figure, own_settings

_SHARPNESS = 2  # pixels drawn for each pixel on the page
_WIDEST_IN = 14.5  # of a panel with several columns, at which its text is still readable


class ReadingFigure(Figure):
    """A figure that a notebook displays by itself, with the reading's words as alternative text.

    It looks the same under every matplotlib style.
    """

    words = ""

    @own_settings()
    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)

    @own_settings()
    def draw(self, renderer: RendererBase) -> None:
        """Draw the figure; called by matplotlib."""
        super().draw(renderer)

    @own_settings()
    def savefig(self, *args: Any, **kwargs: Any) -> None:
        """Save the figure, with the arguments of matplotlib's `savefig`."""
        super().savefig(*args, **kwargs)

    def png(self, dpi: float | None = None) -> bytes:
        """The figure as a PNG file. It is drawn once; `savefig` would draw it twice."""
        file, own = BytesIO(), self.dpi
        self.set_dpi(own if dpi is None else dpi)
        try:
            FigureCanvasAgg(self).print_png(file, pil_kwargs={"compress_level": 1})
        finally:
            self.set_dpi(own)
        return file.getvalue()

    def _repr_mimebundle_(
        self, include: object = None, exclude: object = None
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        width, height = (round(inches * self.dpi) for inches in self.get_size_inches())
        about = {"width": width, "height": height, "alt": self.words}
        picture = self.png(_SHARPNESS * self.dpi)
        return {"image/png": picture, "text/plain": self.words}, {"image/png": about}


@overload
def draw(
    reading: object,
    ax: None = None,
    *,
    map_opacity: float | None = None,
    same_scale_as: Reading | Scale | None = None,
) -> ReadingFigure: ...


@overload
def draw(
    reading: object,
    ax: Axes,
    *,
    map_opacity: float | None = None,
    same_scale_as: Reading | Scale | None = None,
) -> Figure: ...


@own_settings()
def draw(
    reading: object,
    ax: Axes | None = None,
    *,
    map_opacity: float | None = None,
    same_scale_as: Reading | Scale | None = None,
) -> Figure:
    """Draw a reading.

        sx.draw(sx.probes.BlockNorms()(session.trace)).savefig("norms.png")

    Args:
        reading: what a probe returned.
        ax: axes to draw into; a reading of several pictures replaces them. If None, a new figure,
            which looks the same under every matplotlib style.
        map_opacity: of maps over their picture, from 0 for the picture alone to 1 for the map
            alone. None shows the picture where it helps to read the map.
        same_scale_as: another reading to compare with: equal values then get equal colours in the
            maps of both, if both are drawn with this argument. Or a scale.

    Returns:
        The figure, independent of windows and of pyplot; a notebook displays it.

    Raises:
        TypeError: something that is not a reading.
        ValueError: an opacity that is not from 0 to 1; several pictures for axes that are not in a
            grid.
    """
    if not isinstance(reading, Reading):
        raise TypeError(
            "draw expects a reading, which is what a probe returns when it is called with a trace: "
            f"draw(probe(trace)). It got a {type(reading).__name__}."
        )
    if map_opacity is not None and not 0 <= map_opacity <= 1:
        raise ValueError(f"map_opacity must be a number from 0 to 1, or None, not {map_opacity!r}.")
    if same_scale_as is not None:
        reading = _on_scale_of(reading, same_scale_as)
    if ax is None:
        # The margins leave room for colour bars, whose width is set after the layout.
        layout = ConstrainedLayoutEngine(w_pad=0.1, h_pad=0.06)
        figure = ReadingFigure(figsize=size_of(reading), layout=layout)
        draw_on(figure, reading, map_opacity)
        return figure
    whole = ax.figure.figure  # axes that are removed lose their figure
    if isinstance(reading, Gallery | Panel):
        draw_on(_in_place_of(ax), reading, map_opacity)
    else:
        _draw_in(ax, reading, map_opacity)
    return whole


@own_settings()
def draw_on(figure: FigureBase, reading: Reading, map_opacity: float | None = None) -> None:
    """Draw into an empty figure or subfigure, such as a live view's after `figure.clear()`."""
    if isinstance(figure, ReadingFigure):
        figure.words = reading.words
    if isinstance(reading, Panel):
        _draw_panel(figure, reading, map_opacity)
    elif isinstance(reading, Gallery):
        draw_gallery(figure, reading, map_opacity)
    else:
        _draw_in(figure.subplots(), reading, map_opacity)


def _on_scale_of(reading: Reading, other: Reading | Scale) -> Reading:
    scales = (other,) if isinstance(other, Scale) else common_scales(reading, other)
    for scale in scales:
        reading = on_scale(reading, scale)
    return reading


def _draw_in(ax: Axes, reading: Heatmap | Profile | Matrix, map_opacity: float | None) -> None:
    if isinstance(reading, Heatmap):
        draw_heatmap(ax, reading, map_opacity)
    elif isinstance(reading, Profile):
        draw_profile(ax, reading)
    else:
        draw_matrix(ax, reading)


def size_of(reading: Reading) -> tuple[float, float]:
    """A suitable width and height for a reading, in inches."""
    if isinstance(reading, Heatmap):
        rows, columns = reading.values.shape
        return (4.4, round(0.6 + min(3.4 * rows / columns, 8), 2))
    if isinstance(reading, Profile):
        return (6.4, 3.2)
    if isinstance(reading, Matrix):
        rows, columns = reading.values.shape
        return (min(table_width(reading, 0.55), 12), min(1.2 + 0.4 * rows, 12))
    if isinstance(reading, Gallery):
        return _gallery_size(reading)
    widths, heights = _panel_sizes(reading)
    return (sum(widths), sum(heights) + 0.3)


def least_width_of(reading: Matrix) -> float:
    """Inches of width in which a table can still be read with text of its usual size."""
    return table_width(reading, 0.28)


def _gallery_size(gallery: Gallery) -> tuple[float, float]:
    rows, columns = gallery_shape(len(gallery.maps))
    side = 2.3 if len(gallery.maps) <= 4 else 1.55
    height = side * min(max(one.values.shape[0] / one.values.shape[1] for one in gallery.maps), 2)
    own_bar, shared_bar = (0, 0.8) if gallery.shared else (0.45, 0)
    return (side + own_bar) * columns + shared_bar, round((height + 0.3) * rows + 0.4, 2)


def _draw_panel(figure: FigureBase, panel: Panel, map_opacity: float | None) -> None:
    widths, heights = _panel_sizes(panel)
    parts = figure.subfigures(
        len(heights), len(widths), width_ratios=widths, height_ratios=heights, squeeze=False
    )
    for part, reading in zip(parts.flat, panel.readings, strict=False):
        draw_on(part, reading, map_opacity)
    if panel.title not in [reading.title for reading in panel.readings]:
        name_figure(figure, panel.title)


def _panel_sizes(panel: Panel) -> tuple[list[float], list[float]]:
    """The width of each column and the height of each row in inches: the largest in it.

    Where they would be wider than a page has room for, fewer pictures stand in a row.
    """
    sizes = [size_of(reading) for reading in panel.readings]
    for across in range(min(panel.across, len(sizes)), 0, -1):
        widths = [max(width for width, _ in sizes[i::across]) for i in range(across)]
        if sum(widths) <= _WIDEST_IN:
            break
    down = ceil(len(sizes) / across)
    heights = [max(height for _, height in sizes[i * across :][:across]) for i in range(down)]
    return widths, heights


def _in_place_of(ax: Axes) -> FigureBase:
    """A subfigure in the place of these axes."""
    place = ax.get_subplotspec()
    if place is None:
        raise ValueError(
            "A reading of several pictures can't be drawn into axes that were placed freely. "
            "Give axes made by figure.subplots(), or no axes."
        )
    figure = ax.figure
    ax.remove()
    return figure.add_subfigure(place)
