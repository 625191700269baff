"""The raw logits of one mask as a map next to the picture, with a legend."""

import numpy as np
from ipywidgets import Image, VBox
from jaxtyping import Float, UInt8

from ...images import small_grey
from ...number_text import text
from ...plots import raster, style
from ...prediction import Prediction
from ...readings import ColourRange, Scale, range_of
from ..canvas.closing import close_all
from ..canvas.connection import BLANK
from ..canvas.html import Html, Markup, element, together
from ..canvas.viewport import SHARPNESS

_STOPS = 33  # of the legend's colour bar


class LogitsMap:
    """A mask's raw logits over the picture: blue above the threshold, red below, white at it.

    Args:
        width: in CSS pixels; a picture fits into a square of it.
        opacity: of the colours over the picture, from 0 to 1; see `fade`.
    """

    def __init__(self, width: int, opacity: float = 1.0):
        self._width, self._opacity = width, opacity
        self._shown = np.zeros((1, 1), np.uint8), _BLANK
        self._picture = Image(format="jpeg", value=raster.grey_jpeg(np.zeros((1, 1), np.uint8)))
        self._image, self._legend = Image(format="png", value=BLANK), Html()
        self._picture.layout.margin = "0"
        self._legend.layout.margin = "4px 0 0 0"
        self._legend.layout.width = f"{width}px"
        self.widget = VBox([self._picture, self._image, self._legend])
        self.widget.layout.overflow = "visible"

    def show_picture(self, image: UInt8[np.ndarray, "h w 3"]) -> None:
        """Set the picture below the map; it is sent once, small and grey."""
        self._picture.value = raster.grey_jpeg(raster.pale(small_grey(image)))
        self.show_nothing(image.shape[:2])

    def show_nothing(self, image_size: tuple[int, int]) -> None:
        """Show an empty map for a picture of this height and width."""
        height, width = self._fit(image_size)
        self._draw(np.zeros((height, width), np.uint8), _BLANK)
        self._legend.value = _text("The raw logits of the mask will be shown here.")

    def show(self, prediction: Prediction, mask: int, threshold: float) -> None:
        """Draw the logits of a mask over the picture, one coloured cell each."""
        frame, logits = prediction.frame, prediction.logits[mask]
        shown = np.array(frame.input_size) / frame.side * logits.shape  # in cells
        rows, columns = map(raster.nearest, self._fit(frame.image_size), shown.tolist())
        visible = logits[: rows[-1] + 1, : columns[-1] + 1]
        entries = raster.indices(visible, _colours(visible, threshold))
        self._draw(entries[np.ix_(rows, columns)], raster.lookup_table(style.DIVERGING))
        title = _text(f"Raw logits of mask {mask}: blue is inside, red outside")
        self._legend.value = together(title, legend(visible, threshold))

    def fade(self, opacity: float) -> None:
        """Draw the colours again with this opacity, from 0 to 1."""
        self._opacity = opacity
        self._draw(*self._shown)

    def close(self) -> None:
        """Remove map and legend, in the kernel and on the page."""
        close_all(self.widget)

    def _draw(
        self, entries: UInt8[np.ndarray, "row column"], table: UInt8[np.ndarray, "entry 4"]
    ) -> None:
        self._shown = entries, table
        seen = table.copy()
        if len(table) > 1:  # a blank map stays blank
            seen[:, 3] = round(255 * self._opacity)
        self._image.value = raster.indexed_png(entries, seen)

    def _fit(self, image_size: tuple[int, int]) -> tuple[int, int]:
        """The height and width of the map in pixels; its element on the page gets the same size."""
        scale = self._width / max(image_size)
        height, width = (max(1, round(length * scale)) for length in image_size)
        for image in (self._picture, self._image):
            image.layout.height, image.layout.width = f"{height}px", f"{width}px"
        self._image.layout.margin = f"-{height}px 0 0 0"  # so that it covers the picture
        return height * SHARPNESS, width * SHARPNESS


def legend(logits: Float[np.ndarray, "row column"], threshold: float) -> Markup:
    """HTML of a colour bar from the smallest to the largest logit, with the threshold on it."""
    least, greatest = float(logits.min()), float(logits.max())
    start, end = min(least, threshold), max(greatest, threshold)
    at = (threshold - start) / (end - start or 1.0)
    stops = raster.indices(np.linspace(start, end, _STOPS), _colours(logits, threshold))
    colours = ",".join(
        f"rgb({r},{g},{b})" for r, g, b, _ in raster.lookup_table(style.DIVERGING)[stops]
    )
    place = f"left:{100 * at:.1f}%"
    said = f"threshold {text(threshold, decimals=1)}"
    # The arrow stands over the line, the words on the side that has room.
    words, side = f"▾ {said}", f"{place};transform:translateX(-4px)"
    if at > 0.5:
        words, side = f"{said} ▾", f"right:{100 * (1 - at):.1f}%;transform:translateX(4px)"
    word = element("span", words, style=f"position:absolute;white-space:nowrap;{side}")
    line = f"position:absolute;top:0;bottom:0;{place};width:2px;margin-left:-1px;"
    mark = element("div", style=f"{line}background:{style.HALO}")
    ends = (f"least {text(least, decimals=1)}", f"greatest {text(greatest, decimals=1)}")
    bar = f"position:relative;height:10px;border:1px solid {style.FRAME};"
    return together(
        element("div", word, style=f"position:relative;height:18px;{_SMALL};color:{style.TEXT}"),
        element("div", mark, style=f"{bar}background:linear-gradient(90deg,{colours})"),
        element(
            "div",
            *(element("span", words) for words in ends),
            style=f"display:flex;justify-content:space-between;{_SMALL};color:{style.FAINT_TEXT}",
        ),
    )


def _colours(logits: Float[np.ndarray, "row column"], threshold: float) -> ColourRange:
    """The colours that all maps of logits have."""
    return range_of(Scale("logit", centre=threshold), logits)


def _text(words: str) -> Markup:
    return element("div", words, style=f"line-height:20px;color:{style.TEXT}")


_SMALL = "line-height:18px;font-size:12px"


_BLANK = np.array([style.rgba(style.FRAME, 0.2)], np.uint8)
