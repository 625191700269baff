"""How the parts of a reading stand side by side, in a live view and in its static picture."""

from dataclasses import dataclass

from ...readings import Gallery, Heatmap, Matrix, Panel, Profile, Reading

Part = Heatmap | Gallery | Profile | Matrix

GAP_CSS = 12
_ROOMS = {1: 1.0, 2: 1.48}  # of the width, by how many pictures stand side by side
_ROOM_OF_MORE = 1.5  # which an output has on a page of 1100 pixels
_WIDEST_MAP_CSS = 440
_WIDEST_CHART_CSS = 640


@dataclass(frozen=True)
class Arrangement:
    """The parts of a reading in rows.

    title: above all of them, or "".
    parts: in reading order.
    across: how many stand side by side.
    room: the width of a row in CSS pixels.
    widths: the largest width of each part in CSS pixels.
    """

    title: str
    parts: tuple[Part, ...]
    across: int
    room: int
    widths: tuple[int, ...]

    @property
    def rows(self) -> list[slice]:
        """The parts of each row."""
        starts = range(0, len(self.parts), self.across)
        return [slice(start, start + self.across) for start in starts]


def arrange(reading: Reading, width: int) -> Arrangement:
    """Arrange a reading's parts, of which one alone has so many CSS pixels."""
    parts = reading.readings if isinstance(reading, Panel) else (reading,)
    across = min(reading.across, len(parts)) if isinstance(reading, Panel) else 1
    # Several pictures side by side need the caption's place; the caption is then below.
    room = round(_ROOMS.get(across, _ROOM_OF_MORE) * width)
    each = (room - GAP_CSS * (across - 1)) // across
    alone = len(parts) - 1 if len(parts) % across == 1 else None  # in the last row
    widths = [
        _width_of(part, each, max(each, width) if index == alone else each)
        for index, part in enumerate(parts)
    ]
    title = reading.title if isinstance(reading, Panel) else ""
    return Arrangement(title, tuple(parts), across, room, tuple(widths))


def _width_of(part: Part, width: int, most: int) -> int:
    """A single map needs less room than a gallery; a chart or table alone in a row gets more."""
    if isinstance(part, Heatmap):
        return min(width, _WIDEST_MAP_CSS)
    if isinstance(part, Gallery):
        return width
    return min(most, _WIDEST_CHART_CSS) if isinstance(part, Profile) else most
