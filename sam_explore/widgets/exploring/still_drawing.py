"""The static picture of a reading: what its live view shows, drawn in memory."""

from math import ceil
from textwrap import wrap

from PIL import Image

from ...plots import style
from ...plots.matplotlib_settings import own_settings
from ...readings import Gallery, Heatmap, Profile, Reading
from ..canvas.sheet import Sheet
from ..canvas.viewport import SHARPNESS
from .arrangement import GAP_CSS, Part, arrange
from .map_drawing import annotate, bar_png, cells_png, draw_bars, draw_maps, underlay_jpeg, write
from .map_layout import LETTER, LINE, lay_out, lines_in, underlay_of
from .paper import EDGE_CSS
from .profile_drawing import draw_profile
from .profile_layout import lay_out_profile
from .table_drawing import draw_table
from .table_layout import lay_out_table

_LEAST_CSS = 320  # of the words below


@own_settings()
def draw_still(reading: Reading, width: int, opacity: float, words: str) -> Image.Image:
    """A reading as its live view shows it, with the words below.

    Args:
        reading: what to draw.
        width: of one picture alone, in CSS pixels.
        opacity: of maps over their picture, 0 to 1.
        words: the sentences below.

    Returns:
        RGB, with SHARPNESS pixels for a CSS pixel.
    """
    arranged = arrange(reading, width)
    pictures = [
        _draw_part(part, room - 2 * EDGE_CSS, opacity)
        for part, room in zip(arranged.parts, arranged.widths, strict=True)
    ]
    rows = [_joined(pictures[places]) for places in arranged.rows]
    room = max(_LEAST_CSS, *(ceil(row.width / SHARPNESS) for row in rows))
    title = lines_in(arranged.title, room, style.TITLE_PX, is_bold=True) if arranged.title else ()
    lines = wrap(words, int(room / (LETTER * style.LABEL_PX)))
    return _stacked([_written(title, room, bold=True), *rows, _written(lines, room)])


def _draw_part(part: Part, width: int, opacity: float) -> Image.Image:
    if isinstance(part, Heatmap | Gallery):
        return _draw_maps(part, width, opacity)
    if isinstance(part, Profile):
        chart = lay_out_profile(part, width)
        sheet = _sheet(chart.width, chart.height)
        draw_profile(sheet, chart)
        return sheet.picture
    table = lay_out_table(part, width)
    sheet = _sheet(table.map.width, table.map.height)
    draw_table(sheet, sheet, table, cells_png(table.map), bar_png(table.map))
    picture = sheet.picture
    if table.scale < 1:
        width, height = (round(table.scale * each) for each in picture.size)
        picture = picture.resize((width, height))
    return picture


def _draw_maps(reading: Heatmap | Gallery, width: int, opacity: float) -> Image.Image:
    layout = lay_out(reading, width)
    sheet, grey = _sheet(layout.width, layout.height), underlay_of(layout)
    below = b"" if grey is None else underlay_jpeg(grey)
    opacity = 1.0 if grey is None else opacity
    draw_maps(sheet, sheet, layout, cells_png(layout), below, opacity)
    draw_bars(sheet, layout, bar_png(layout))
    annotate(sheet, reading, layout)
    return sheet.picture


def _written(lines: tuple[str, ...] | list[str], room: int, *, bold: bool = False) -> Image.Image:
    sheet = _sheet(room, LINE * len(lines))
    size = style.TITLE_PX if bold else style.LABEL_PX
    for index, line in enumerate(lines):
        write(sheet, line, 0, LINE * (index + 1) - 4, size, room, bold=bold)
    return sheet.picture


def _joined(pictures: list[Image.Image]) -> Image.Image:
    """Side by side, their tops at one height."""
    gap = GAP_CSS * SHARPNESS
    width = sum(each.width for each in pictures) + gap * (len(pictures) - 1)
    row = _blank(width, max(each.height for each in pictures))
    left = 0
    for each in pictures:
        row.paste(each, (left, 0))
        left += each.width + gap
    return row


def _stacked(rows: list[Image.Image]) -> Image.Image:
    """One below the other, with a margin; those without height are left out."""
    rows = [each for each in rows if each.height > 0]
    gap, edge = GAP_CSS * SHARPNESS, EDGE_CSS * SHARPNESS
    height = sum(each.height for each in rows) + gap * (len(rows) - 1)
    whole = _blank(max(each.width for each in rows) + 2 * edge, height + 2 * edge)
    top = edge
    for each in rows:
        whole.paste(each, (edge, top))
        top += each.height + gap
    return whole


def _sheet(width: int, height: int) -> Sheet:
    return Sheet(width * SHARPNESS, height * SHARPNESS)


def _blank(width: int, height: int) -> Image.Image:
    return Image.new("RGB", (width, height), style.SIGN)
