"""Titles and names in as many lines as they need."""

from textwrap import fill

from matplotlib.axes import Axes
from matplotlib.figure import FigureBase

_OF_TITLE = 11  # letters an inch
_LEFT_OF_AXES = 0.6  # inches
_LEAST_LINE = 20  # letters


def wrapped(ax: Axes, words: str, letters_an_inch: int = _OF_TITLE, taken: int = 0) -> str:
    """Words in lines as wide as the axes will be.

    Args:
        ax: the axes.
        words: what is written.
        letters_an_inch: how many there are, for text of its size; those of a title.
        taken: letters of a line that are in use.
    """
    return fill(words, max(_LEAST_LINE, int(inches_of(ax) * letters_an_inch) - taken))


def wrapped_over(figure: FigureBase, title: str) -> str:
    """The title of a figure, or of a part of one, in lines that it has room for."""
    letters = max(
        _LEAST_LINE, int(figure.get_window_extent().width / figure.figure.dpi * _OF_TITLE)
    )
    return "\n".join(fill(line, letters) for line in title.splitlines())


def inches_of(ax: Axes) -> float:
    """About how wide the axes will be in their figure, or their part of one."""
    return ax.figure.bbox.width / ax.figure.dpi - _LEFT_OF_AXES
