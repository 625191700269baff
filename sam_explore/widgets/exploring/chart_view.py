"""Shows profiles and matrices as a picture, which matplotlib draws into one reused figure."""

from ipywidgets import Image
from matplotlib.layout_engine import ConstrainedLayoutEngine

from ...plots import style
from ...plots.drawing import ReadingFigure, draw_on, least_width_of, size_of
from ...readings import Matrix, Profile
from ..canvas.closing import close_all
from ..canvas.connection import BLANK
from ..canvas.viewport import SHARPNESS

_HIGH = 0.85  # at most, of a narrow chart's width
_DPI = style.DPI


class ChartView:
    """A reading's curves or table, drawn like `sam_explore.draw`.

    Args:
        width: the largest width in CSS pixels. What is wider is drawn that wide, with text
            of the usual size; a table that has no room even so is scaled down.
    """

    def __init__(self, width: int):
        self._width = width
        layout = ConstrainedLayoutEngine(w_pad=0.1, h_pad=0.06)
        self._figure = ReadingFigure(dpi=_DPI * SHARPNESS, layout=layout)
        # On some pages an image that started empty kept a layout box of 0 x 0 until the window was
        # resized, although its picture had arrived. So it is never empty, and gets its size first.
        self.widget = Image(format="png", value=BLANK)
        self.widget.layout.flex = "none"
        self.widget.layout.width = self.widget.layout.height = "1px"

    def show(self, reading: Profile | Matrix) -> None:
        """Draw a reading instead of the earlier one."""
        width, height = size_of(reading)
        room = self._width / _DPI
        if room < width:  # text keeps its size
            height = min(height, _HIGH * room) if isinstance(reading, Profile) else height
            width = min(width, max(room, least_width_of(reading)))
        self._figure.clear()
        self._figure.set_size_inches(width, height)
        draw_on(self._figure, reading)
        scale = min(1.0, room / width)
        self.widget.layout.width = f"{round(width * _DPI * scale)}px"
        self.widget.layout.height = f"{round(height * _DPI * scale)}px"
        self.widget.value = self._figure.png()

    def close(self) -> None:
        """Remove the picture."""
        close_all(self.widget)
