"""The title above axes."""

from matplotlib.axes import Axes

from . import style
from .matplotlib_settings import ink_around


def write_title(ax: Axes, words: str, *, stays: bool, pad: float | None = None) -> None:
    """Write a bold title at the left above axes.

    Args:
        ax: the axes.
        words: the title, in lines.
        stays: whether no factor of the axes' numbers is written there too (see `scales.is_plain`).
            Else matplotlib makes room for one, and looks for it whenever it measures or draws the
            axes, which takes a fifth of a drawing's time.
        pad: points between the axes and the title; None for matplotlib's own.
    """
    on_top = ax.xaxis.get_ticks_position() != "bottom"  # of a user's own axes
    ax.set_title(
        words,
        loc="left",
        pad=pad,
        y=1.0 if stays and not on_top else None,
        fontsize=style.points(style.TITLE_PX),
        fontweight="bold",
        color=ink_around(ax.figure),
    )
