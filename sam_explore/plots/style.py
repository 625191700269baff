"""Every colour, in one place. Matplotlib's settings are in `matplotlib_settings`.

Prompts and masks use the palette of Okabe and Ito, which people with a colour vision deficiency can
tell apart (https://jfly.uni-koeln.de/color/); a test simulates what they see. Nothing is shown by
colour alone: a foreground point is also a plus, a background point also a minus, a box has handles,
a mask hint's edge is dotted, a preview's is dashed, that of a true region has dashes and dots, and
the chosen mask also has a thicker frame.
"""

from collections.abc import Sequence

FOREGROUND = "#009E73"
BACKGROUND = "#D55E00"
BOX = "#F0E442"
MASK = "#0072B2"
HINT = "#CC79A7"  # a mask hint, always a dotted line
CHOSEN = "#E69F00"
TRUTH = "#F0E442"  # of a true region, always a line of dashes and dots
SIGN = "#FFFFFF"  # the plus and the minus
HALO = "#000000"  # around every mark, so that it shows on any picture

# Matplotlib's names. The diverging map is blue above its centre, like the mask that it explains.
SEQUENTIAL = "cividis"
DIVERGING = "RdBu"

# Curves of one picture, in order; each also has its own dashes and its own kind of point.
CURVES = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
DASHES = ("-", "--", "-.", ":", (0, (6, 1, 1, 1, 1, 1)), (0, (8, 2)), (0, (1, 3)))
POINTS = ("o", "s", "^", "D", "v", "P", "x")
BAND_OPACITY = 0.2
BAR_OPACITY = 0.4  # of the interval of a single point
GROUND = "#FFFFFF"
INK = "#212121"  # on white backgrounds: text, and lines that carry meaning
FAINT_INK = "#757575"
LEAST_CONTRAST = 4.5  # of text with its background

MASK_OPACITY = 0.45
MAP_OPACITY = 0.6  # of a map over its picture
DARKEST_UNDERLAY = 70  # of 255, of a picture under a map
CELL_LINE_OPACITY = 0.25
LEAST_LINED_CELL = 12  # CSS pixels of a map's cells from which on lines are drawn between them
DIMMED_OPACITY = 0.66  # of the shade over the pixels outside a thumbnail's mask
HALO_OPACITY = 0.6
OUTDATED_OPACITY = 0.3  # of a picture and words that don't belong to the current prompts

# Text in maps, charts and tables: one type, and CSS pixels that are the same in all of them.
DPI = 100  # CSS pixels an inch of a figure
FONTS = ("DejaVu Sans", "Verdana", "sans-serif")  # the first is matplotlib's own
TITLE_PX = 14  # bold
SMALL_TITLE_PX = 12  # of one map of several
LABEL_PX = 12
NUMBER_PX = 11
LEAST_NUMBER_PX = 8  # in the cells of a table; where that is too large none is written

# Text takes the colours of the page, so that it can be read in a light and in a dark theme.
TEXT = "var(--jp-ui-font-color1, #212121)"
FAINT_TEXT = "var(--jp-ui-font-color2, #616161)"
PAPER = "var(--jp-layout-color1, white)"  # under text, where a view covers the page
FRAME = "#9E9E9E"
ALERT = "#D55E00"
ALERT_OPACITY = 0.16  # of the background of an error message, through which the page is visible


def points(px: float) -> float:
    """CSS pixels of text in the points that matplotlib takes, in figures of 100 dots an inch."""
    return px * 72 / DPI


def rgba(colour: str, opacity: float = 1.0) -> tuple[int, int, int, int]:
    """A colour such as "#0072B2" as red, green, blue and opacity, each 0 to 255."""
    red, green, blue = (int(colour[start : start + 2], 16) for start in (1, 3, 5))
    return red, green, blue, round(255 * opacity)


def ink_on(colour: Sequence[float], wanted: str = HALO) -> str:
    """The first readable one of the wanted ink, black and white on a background of RGB from 0 to 1.

    Readable means a contrast of at least 4.5, which WCAG 2.2 asks of text; black or white always
    has it.
    """
    inks = (wanted, HALO) if _light(colour) > 0.179 else (SIGN,)
    return next(ink for ink in inks if _contrast(ink, colour) >= LEAST_CONTRAST)


def _contrast(ink: str, ground: Sequence[float]) -> float:
    light, other = _light([channel / 255 for channel in rgba(ink)]), _light(ground)
    return (max(light, other) + 0.05) / (min(light, other) + 0.05)


def _light(colour: Sequence[float]) -> float:
    """Relative luminance, as WCAG 2.2 defines it."""
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in colour[:3]]
    return sum(w * c for w, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def css(colour: str, opacity: float = 1.0) -> str:
    """A colour such as "#0072B2" with this opacity, as pages and canvases write it."""
    return f"{colour}{round(255 * opacity):02X}"
