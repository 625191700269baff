"""The prompting view as a matplotlib figure: for pages without a kernel."""

from math import ceil

import numpy as np
from jaxtyping import Bool, UInt8
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.transforms import Bbox
from PIL import Image

from ...geometry import FOREGROUND, Prompts
from ...number_text import text
from ...plots import raster, style
from ...plots.drawing import ReadingFigure
from ...plots.maps import draw_heatmap
from ...plots.matplotlib_settings import own_settings
from ...prediction import Prediction, stability_of
from ...readings import Heatmap, Scale, Underlay
from ..canvas.picture_drawing import Lines
from ..canvas.viewport import SHARPNESS
from ..canvas.words import describe, describe_prompts
from ..session import Snapshot
from .truth_shown import compared

# Fixed positions in inches, since a layout engine would take several times as long.
_WIDTH_IN = 8.4
_MARGIN_IN = 0.1
_GAP_IN = 0.14
_LINE_IN = 0.24  # of text above and below a picture
_STAGE_IN = 4.9  # the longer side of the large picture
_LOGITS_IN = 2.35  # the longer side of the map next to it, with room for its colour bar
_SIDE_CSS = 490  # of the large picture
_THUMBNAIL_CSS = 180
_OUTLINE_CSS = 1.5
_TRUE_DASHES = (0, (6, 2.5, 1, 2.5))
_COLOURS = np.array(
    [
        style.rgba(style.MASK, 0.0),
        style.rgba(style.MASK, style.MASK_OPACITY),
        style.rgba(style.SIGN),
    ],
    np.uint8,
)


@own_settings()
def draw_prompting(now: Snapshot, sharpness: int = SHARPNESS) -> ReadingFigure:
    """Draw picture, prompts and mask, and for a prediction also the logits and all masks.

    Without a prediction yet, only the picture and the prompts are drawn.

    Args:
        now: the session's state.
        sharpness: pixels of pictures and masks for a CSS pixel.
    """
    image, prediction, mask = now.image, now.prediction, now.shown_mask
    high, wide = _fit(image, _STAGE_IN)
    if prediction is None or mask is None:
        figure = ReadingFigure(figsize=(_WIDTH_IN, high + 2 * _MARGIN_IN))
        stage = _place(figure, _MARGIN_IN, _MARGIN_IN, wide, high)
        _draw_stage(stage, image, now.prompts, None, now.dialogue.is_example, sharpness)
        return figure
    count = len(prediction.iou)
    each = (_WIDTH_IN - 2 * _MARGIN_IN + _GAP_IN) / count
    small_high, small_wide = _fit(image, each - _GAP_IN)
    below = _MARGIN_IN + high + 1.5 * _LINE_IN
    figure = ReadingFigure(figsize=(_WIDTH_IN, below + small_high + _LINE_IN + _MARGIN_IN))
    stage = _place(figure, _MARGIN_IN, _MARGIN_IN, wide, high)
    shape = _shapes(prediction, now.threshold, _SIDE_CSS * sharpness)[mask]
    _draw_stage(stage, image, prediction.prompts, shape, now.answers_example, sharpness)
    _outline_truth(stage, compared(now).lines_px)
    logits_high, logits_wide = _fit(image, _LOGITS_IN)
    right = _MARGIN_IN + wide + 2 * _GAP_IN
    logits = _place(figure, right, _MARGIN_IN + _LINE_IN, logits_wide, logits_high)
    draw_heatmap(logits, _logits(now, prediction, mask), now.map_opacity)
    lefts = [_MARGIN_IN + each * number for number in range(count)]
    thumbnails = [_place(figure, left, below, small_wide, small_high) for left in lefts]
    _draw_thumbnails(thumbnails, image, now, prediction, sharpness)
    return figure


def prompting_in_words(now: Snapshot) -> str:
    """What the figure shows, in one or two sentences."""
    if now.prediction is not None:
        words = describe(now.prediction, now.chosen, now.threshold, now.is_fed_back)
        words = f"An example that came with the page. {words}" if now.answers_example else words
        return " ".join([words, *compared(now).words])
    if now.error:
        return f"That did not work. {now.error}"
    if now.prompts.is_empty:
        return "The picture, without a prompt."
    return f"{describe_prompts(now.prompts)}, not answered when the page was saved."


def _draw_stage(
    ax: Axes,
    image: UInt8[np.ndarray, "h w 3"],
    prompts: Prompts,
    mask: Bool[np.ndarray, "row column"] | None,
    is_example: bool,
    sharpness: int,
) -> None:
    _draw_photo(ax, image, _SIDE_CSS * sharpness)
    if mask is not None:
        entries = raster.inside_and_outline(mask, ceil(_OUTLINE_CSS * sharpness))
        ax.imshow(_COLOURS[entries], extent=_extent(image), interpolation="nearest")
    if prompts.box is not None:
        x0, y0, x1, y1 = prompts.box
        for colour, line in ((style.HALO, 3.5), (style.BOX, 2)):
            corner, size = (x0, y0), (x1 - x0, y1 - y0)
            ax.add_patch(Rectangle(corner, *size, fill=False, edgecolor=colour, linewidth=line))
    for (x, y), label in zip(prompts.points, prompts.labels, strict=True):
        is_foreground = label == FOREGROUND
        colour = style.FOREGROUND if is_foreground else style.BACKGROUND
        ax.plot(x, y, "o", markersize=14, color=style.HALO, alpha=style.HALO_OPACITY)
        fill, edge = ("none", colour) if is_example else (colour, style.SIGN)
        ax.plot(x, y, "o", markersize=12, color=fill, markeredgecolor=edge)
        sign = "+" if is_foreground else "_"
        ax.plot(x, y, sign, markersize=7, color=style.SIGN, markeredgewidth=2)


def _outline_truth(ax: Axes, lines_px: Lines) -> None:
    """Dashes and dots over a dark rim, as the live canvas has them."""
    for line in lines_px:
        for colour, wide, dashes in ((style.HALO, 2.5, "-"), (style.TRUTH, 1.5, _TRUE_DASHES)):
            ax.plot(
                *line.T, color=colour, linewidth=wide, linestyle=dashes, scalex=False, scaley=False
            )


def _draw_thumbnails(
    axes: list[Axes],
    image: UInt8[np.ndarray, "h w 3"],
    now: Snapshot,
    prediction: Prediction,
    sharpness: int,
) -> None:
    side = _THUMBNAIL_CSS * sharpness
    stability, true = stability_of(prediction.sampled, now.threshold), compared(now).ious
    shapes = _shapes(prediction, now.threshold, side)
    shade = np.array([style.rgba(style.HALO, style.DIMMED_OPACITY), (0, 0, 0, 0)], np.uint8)
    for mask, (ax, shape) in enumerate(zip(axes, shapes, strict=True)):
        _draw_photo(ax, image, side)
        ax.imshow(shade[shape.astype(int)], extent=_extent(image), interpolation="nearest")
        is_shown = mask == now.shown_mask
        iou = text(prediction.iou[mask], decimals=2)
        scores = f"IoU {iou}, stability {text(stability[mask], decimals=2)}"
        if true is not None:  # since there is no room for all three
            scores = f"IoU {iou}, true IoU {text(true[mask], decimals=2)}"
        name = f"▸ Mask {mask}, shown" if is_shown else f"Mask {mask}"
        weight = "bold" if is_shown else "normal"
        ax.set_title(name, loc="left", fontsize=9, color=style.INK, fontweight=weight, pad=3)
        ax.set_xlabel(f"predicted {scores}", loc="left", fontsize=7.5, color=style.INK, labelpad=3)
        ax.spines[:].set(visible=is_shown, color=style.CHOSEN, linewidth=3)


def _place(figure: Figure, left: float, top: float, width: float, height: float) -> Axes:
    """Axes at a position in inches from the upper left corner, also if the figure grows."""

    def locate(ax: object, renderer: object) -> Bbox:
        across, down = figure.get_size_inches()
        lower = down - top - height
        return Bbox.from_bounds(left / across, lower / down, width / across, height / down)

    ax = figure.add_axes((0, 0, 1, 1))
    ax.set_axes_locator(locate)
    return ax


def _fit(image: UInt8[np.ndarray, "h w 3"], side: float) -> tuple[float, float]:
    """The height and width of the picture within a square."""
    height, width = image.shape[:2]
    return height * side / max(height, width), width * side / max(height, width)


def _logits(now: Snapshot, prediction: Prediction, mask: int) -> Heatmap:
    title, scale = f"Raw logits of mask {mask}", Scale("logit", centre=now.threshold)
    below = Underlay(now.trace.small_grey, *prediction.frame.cells_shown(4))
    return Heatmap(
        prediction.visible[mask],
        title=title,
        words="",
        scale=scale,
        frame="logits",
        underlay=below,
    )


def _draw_photo(ax: Axes, image: UInt8[np.ndarray, "h w 3"], side: int) -> None:
    """Draw the picture in its own coordinates, with no more pixels than are visible."""
    photo = Image.fromarray(image)
    photo.thumbnail((side, side), Image.Resampling.LANCZOS)
    ax.imshow(np.asarray(photo), extent=_extent(image))
    ax.set(xticks=[], yticks=[])
    ax.spines[:].set_visible(False)


def _extent(image: UInt8[np.ndarray, "h w 3"]) -> tuple[float, float, float, float]:
    height, width = image.shape[:2]
    return 0, width, height, 0


def _shapes(
    prediction: Prediction, threshold: float, side: int
) -> Bool[np.ndarray, "mask row column"]:
    """The masks with at most `side` pixels along an axis."""
    size = prediction.frame.image_size
    scale = min(1.0, side / max(size))
    rows, columns = (raster.nearest(max(1, round(length * scale)), length) for length in size)
    return prediction.upscaled_at(rows, columns) > threshold
