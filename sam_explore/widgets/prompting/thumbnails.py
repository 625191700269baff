"""All masks side by side, each over the dimmed picture, to compare and to choose from."""

from collections.abc import Callable, Iterator, Sequence

import numpy as np
from ipywidgets import VBox
from jaxtyping import Bool, Float, UInt8

from ...number_text import text
from ...plots import raster, style
from ...prediction import Prediction, stability_of
from ..canvas import PointerArea, under
from ..canvas.closing import close_all
from ..canvas.connection import CanvasConnection, paste
from ..canvas.html import BREAK, Html, Markup, element
from ..canvas.viewport import SHARPNESS

_GAP_CSS = 12
PHOTOS, MASKS, FRAMES = range(3)
_NOTHING, _LEFT_OUT, _INSIDE, _OUTLINE = range(4)


class Thumbnails:
    """A row of small pictures, one for each mask token, with a caption under each.

    Args:
        connection: the connection to draw through.
        width: of the whole row in CSS pixels.
        count: how many masks there are; `fit` changes it.
        on_pick: called with the number of the mask that was clicked on.
    """

    def __init__(
        self, connection: CanvasConnection, width: int, count: int, on_pick: Callable[[int], None]
    ):
        self._connection, self._width, self._on_pick = connection, width, on_pick
        self._count, self._step = count, (width + _GAP_CSS) // count
        self._image: UInt8[np.ndarray, "h w 3"] | None = None
        self._size = (1, 1)
        self._photo, self._overlay = connection.image("jpeg"), connection.image("png")
        self.canvas = connection.canvas(3, width * SHARPNESS, self._step * SHARPNESS)
        self.canvas.layout.width, self.canvas.layout.max_width = f"{width}px", "100%"
        self._captions = Html()
        self._captions.layout.margin = "0"
        self.area = PointerArea(self.canvas, cursor="pointer")
        self.area.on(press=lambda contact: self._pick(contact.at[0]))
        self.widget = VBox([under(self.area), self._captions])
        self.widget.layout.overflow = "visible"  # its margins would cause a scrollbar

    def fit(self, count: int) -> None:
        """Make room for so many masks, as another model may have more or fewer."""
        if count != self._count:
            self._count, self._step = count, (self._width + _GAP_CSS) // count
            if self._image is not None:
                self.show_photo(self._image)

    def show_photo(self, image: UInt8[np.ndarray, "h w 3"]) -> None:
        """Draw the picture once for each mask, without masks. It is sent once, as a small JPEG."""
        self._image = image
        scale = (self._step - _GAP_CSS) * SHARPNESS / max(image.shape[:2])
        height, width = (max(1, round(length * scale)) for length in image.shape[:2])
        self._size = height, width
        if self.canvas.height != height:
            self.canvas.height = height
        self._photo.value = raster.jpeg(image, height, width)
        with self._connection.batch():
            self.canvas[PHOTOS].clear()
            for left in self._lefts():
                self.canvas[PHOTOS].draw_image(self._photo, left, 0, width, height)
        self.show_nothing()

    def show_nothing(self) -> None:
        """Remove masks and captions, and keep the pictures."""
        empty = np.zeros((self._count, *self._size), bool)
        self._draw(empty, None)
        self._captions.value = _captions([None] * self._count, None, self._step)
        self.area.label = f"The picture {self._count} times, for as many masks."

    def show(
        self,
        prediction: Prediction,
        threshold: float,
        chosen: int,
        true: Float[np.ndarray, "mask"] | None = None,
    ) -> None:
        """Draw the masks, frame the chosen one, and write predicted IoU and stability of each.

        Args:
            prediction: the masks.
            threshold: the logit above which a pixel is in a mask.
            chosen: which mask is shown.
            true: the true IoU of each, to show next to the predicted one; None if unknown.
        """
        rows, columns = map(raster.nearest, self._size, prediction.frame.image_size)
        self._draw(prediction.upscaled_at(rows, columns) > threshold, chosen)
        pairs = zip(prediction.iou, stability_of(prediction.sampled, threshold), strict=True)
        scores = [tuple(text(each, decimals=2) for each in pair) for pair in pairs]
        if true is not None:
            scores = [
                (*pair, text(each, decimals=2)) for pair, each in zip(scores, true, strict=True)
            ]
        self._captions.value = _captions(scores, chosen, self._step)
        self.area.label = f"{self._count} masks, of which mask {chosen} is shown above."

    def close(self) -> None:
        """Remove canvas and captions, in the kernel and on the page."""
        close_all(self.widget)

    def _draw(self, masks: Bool[np.ndarray, "mask row column"], chosen: int | None) -> None:
        height, width = self._size
        entries = np.full((height, self.canvas.width), _NOTHING, np.uint8)
        for left, mask in zip(self._lefts(), masks, strict=True):
            outlined = raster.inside_and_outline(mask, SHARPNESS)
            entries[:, left : left + width] = outlined + _LEFT_OUT
        self._overlay.value = raster.indexed_png(entries, _COLOURS)
        with self._connection.batch():
            for layer in (MASKS, FRAMES):
                self.canvas[layer].clear()
            paste(self.canvas[MASKS], self._overlay)
            if chosen is not None:
                self._frame(chosen)

    def _frame(self, mask: int) -> None:
        layer, (height, width) = self.canvas[FRAMES], self._size
        left = mask * self._step * SHARPNESS
        for colour, line_css in ((style.SIGN, 6), (style.CHOSEN, 4)):
            layer.stroke_style = colour
            layer.line_width = line_css * SHARPNESS
            half = layer.line_width / 2
            layer.stroke_rect(left + half, half, width - 2 * half, height - 2 * half)

    def _lefts(self) -> Iterator[int]:
        return (mask * self._step * SHARPNESS for mask in range(self._count))

    def _pick(self, x: float) -> None:
        mask = int(x // (self._step * SHARPNESS))
        if 0 <= mask < self._count:
            self._on_pick(mask)


def _captions(scores: Sequence[tuple[str, ...] | None], chosen: int | None, step: int) -> Markup:
    """The name, predicted IoU and stability of each mask, in words that fit under its picture."""
    room = step - _GAP_CSS
    iou_word, stability_word, shown = next(words for least, *words in _WORDS if room >= least)
    cells = []
    for mask, pair in enumerate(scores):
        name = element("b", f"▸ Mask {mask}{shown}") if mask == chosen else f"Mask {mask}"
        iou, stability, *true = pair or ("", "")
        first, second = (f"{iou_word} {iou}", f"{stability_word} {stability}") if pair else ("", "")
        whole = f"predicted IoU {iou}, stability {stability}" if pair else ""
        third = (BREAK, f"true IoU {true[0]}") if true else ()
        whole += f", true IoU {true[0]}" if true else ""
        lines = element("div", first, *third, BREAK, second, style=f"color:{style.FAINT_TEXT}")
        place = f"flex:0 1 {step}px;min-width:0"
        cells.append(element("div", name, lines, style=place, title=whole))
    look = (
        f"display:flex;margin-right:-{_GAP_CSS}px;color:{style.TEXT};"
        f"font-size:{min(12, step / 5.4):.3g}px;line-height:1.35;white-space:pre"
    )
    return element("div", *cells, style=look)


# For pictures from this width on in CSS pixels: the words for both scores, and for the mask shown.
_WORDS = (
    (118, "predicted IoU", "stability", ", shown"),
    (88, "pred. IoU", "stability", ""),
    (0, "predicted\nIoU", "stab.", ""),
)


_COLOURS = np.array(
    [
        style.rgba(style.HALO, 0.0),
        style.rgba(style.HALO, style.DIMMED_OPACITY),
        style.rgba(style.MASK, 0.0),
        style.rgba(style.SIGN),
    ],
    np.uint8,
)
