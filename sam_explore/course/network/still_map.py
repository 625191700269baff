"""The map as a figure, for pages without a kernel."""

from collections.abc import Mapping

from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from sam_explore.model import Step
from sam_explore.plots import style
from sam_explore.plots.drawing import ReadingFigure
from sam_explore.plots.matplotlib_settings import own_settings

from .map_drawing import GROUNDS, picture_place, thumbnail, title_lines
from .map_layout import BOX, BOX_HEIGHT, LINE, Box, MapLayout
from .map_words import short_shape
from .parts import Network
from .run_tensors import RunTensors, heatmap_of


@own_settings()
def still_map(
    network: Network, layout: MapLayout, run: RunTensors, numbers: Mapping[Step, int]
) -> ReadingFigure:
    """Draw the map with the tensors of a run.

    Args:
        network, layout: the map.
        run: the tensors.
        numbers: of the steps whose results are other than before.
    """
    size = layout.width / style.DPI, layout.height / style.DPI
    figure = ReadingFigure(figsize=size, dpi=style.DPI)
    figure.words = run.words
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_xlim(0, layout.width)
    axes.set_ylim(layout.height, 0)
    axes.axis("off")
    for line in layout.arrows:
        axes.plot(*zip(*line, strict=True), color=style.FAINT_INK, linewidth=1, zorder=2)
        look = {"arrowstyle": "-|>", "color": style.FAINT_INK, "shrinkA": 0, "shrinkB": 0}
        axes.annotate("", line[-1], line[-2], arrowprops=look, zorder=2)
    for box in layout.boxes:
        _draw_box(axes, network, box, run)
        number = None if box.is_frame else numbers.get(network.step_of(box.part.hook))
        if number is not None and box.part.hook in run.moving:
            _rectangle(axes, box, style.CHOSEN, "none", 3)
            _write(axes, str(number), box.left + 5, box.top + 12, bold=True)
    # So that it keeps its shape when words are added below.
    axes.set_aspect("equal", adjustable="box", anchor="N")
    return figure


def _draw_box(axes: Axes, network: Network, box: Box, run: RunTensors) -> None:
    ground = GROUNDS[min(box.depth, len(GROUNDS) - 1)] if box.is_frame else style.SIGN
    _rectangle(axes, box, style.FRAME, ground, 1)
    if box.is_frame:
        _write(axes, box.part.title, box.left + 5, box.top + LINE, bold=True)
        return
    middle = box.left + BOX / 2
    for index, line in enumerate(title_lines(box.part.title)):
        _write(axes, line, middle, box.top + LINE * (index + 1), align="center")
    found = run.maps.get(box.part.hook)
    shape = short_shape(network, box.part, found)
    _write(axes, shape, middle, box.top + BOX_HEIGHT - 5, align="center", ink=style.FAINT_INK)
    if found is not None and found.values.size:
        left, top, width, height = picture_place(box, found)
        pixels = thumbnail(heatmap_of(network, box.part.hook, found))
        extent = (left, left + width, top + height, top)
        axes.imshow(pixels, extent=extent, aspect="auto", interpolation="nearest", zorder=3)


def _rectangle(axes: Axes, box: Box, edge: str, ground: str, line: float) -> None:
    place = (box.left, box.top), box.width, box.height
    order = 4 if ground == "none" else 1
    axes.add_patch(
        Rectangle(*place, facecolor=ground, edgecolor=edge, linewidth=line, zorder=order)
    )


def _write(
    axes: Axes, words: str, x: float, y: float, align: str = "left", *, bold: bool = False,
    ink: str = style.INK,
) -> None:  # fmt: skip
    weight = "bold" if bold else "normal"
    size = style.points(style.NUMBER_PX) * 0.9  # matplotlib can't squeeze what is too long
    axes.text(x, y, words, fontsize=size, weight=weight, ha=align, color=ink, zorder=5)
