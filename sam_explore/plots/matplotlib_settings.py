"""Matplotlib's settings while we draw: its defaults, under every style of the user's.

A matplotlibrc can flip maps (`image.origin`), stretch them (`image.aspect`), draw grids over them,
and set light text for dark backgrounds.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from threading import Lock
from typing import Any

import matplotlib
from matplotlib.axes import Axes
from matplotlib.colors import to_rgba
from matplotlib.figure import FigureBase

from . import style
from .wrapping import wrapped_over

# The settings that a picture depends on. Those of windows and vector files stay the user's.
_GROUPS = (
    *("agg", "axes", "contour", "figure", "font", "grid", "hatch", "image", "legend", "lines"),
    *("markers", "mathtext", "patch", "path", "savefig", "text"),
    *("xaxis", "xtick", "yaxis", "ytick"),
)
_WINDOWS = ("figure.hooks", "figure.max_open_warning", "figure.raise_window", "savefig.directory")

_lock = Lock()  # never held while something is drawn
_inside = 0  # drawings in progress, in all threads
_readers: dict[Any, Any] = {}  # the user's settings, to be restored after the last of them


@contextmanager
def own_settings() -> Iterator[None]:
    """A context, or a decorator, with matplotlib's defaults for all that a picture depends on.

    Matplotlib has one set of settings for all threads. So only settings that the user's style has
    changed are changed (for most users none), and only those still at our value are restored.
    """
    _take()
    try:
        yield
    finally:
        _put_back()


def _take() -> None:
    global _inside
    with _lock:
        if not _inside:
            now = matplotlib.rcParams
            _readers.update((k, now[k]) for k, ours in _defaults().items() if now[k] != ours)
            now.update({key: _defaults()[key] for key in _readers})
        _inside += 1


def _put_back() -> None:
    global _inside
    with _lock:
        _inside -= 1
        if not _inside:
            now = matplotlib.rcParams
            now.update({k: was for k, was in _readers.items() if now[k] == _defaults()[k]})
            _readers.clear()


@cache
def _defaults() -> dict[Any, Any]:
    return {
        key: matplotlib.rcParamsDefault[key]
        for key in matplotlib.rcParamsDefault
        if key.partition(".")[0] in _GROUPS and key not in _WINDOWS
    }


def ink_around(figure: FigureBase, wanted: str = style.INK) -> str:
    """The colour for text outside a figure's axes: a user's own figure may be dark."""
    *colour, opacity = to_rgba(figure.figure.get_facecolor())
    ground = [opacity * channel + 1 - opacity for channel in colour]  # on a page, which is white
    return style.ink_on(ground, wanted)


def name_figure(figure: FigureBase, title: str) -> None:
    """The title of a figure that has several pictures, or of a part of one."""
    size, ink = style.points(style.TITLE_PX), ink_around(figure)
    figure.suptitle(wrapped_over(figure, title), fontsize=size, fontweight="bold", color=ink)


def take_over(ax: Axes) -> None:
    """Give a user's axes the background and text colours that our colours are chosen for."""
    ink = ink_around(ax.figure)
    ax.set_facecolor(style.GROUND)
    ax.grid(False)
    ax.tick_params(labelcolor=ink)
    for axis in (ax.xaxis, ax.yaxis):
        axis.label.set_color(ink)
