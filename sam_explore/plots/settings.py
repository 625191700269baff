"""Matplotlib's settings while we draw: its own defaults, whatever a reader's style says.

A matplotlibrc can turn maps over (`image.origin`), stretch them (`image.aspect`), draw grids into
them, and write light text for dark grounds.
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

# What a picture depends on. Not what a window or a saved vector file does: that is the reader's.
_GROUPS = (
    *("agg", "axes", "contour", "figure", "font", "grid", "hatch", "image", "legend", "lines"),
    *("markers", "mathtext", "patch", "path", "savefig", "text"),
    *("xaxis", "xtick", "yaxis", "ytick"),
)
_WINDOWS = ("figure.hooks", "figure.max_open_warning", "figure.raise_window", "savefig.directory")

_lock = Lock()  # never held while something is drawn
_inside = 0  # drawings under way, in any thread
_readers: dict[Any, Any] = {}  # the reader's settings, to be put back after the last of them


@contextmanager
def own_settings() -> Iterator[None]:
    """Matplotlib's defaults for all that a picture depends on; also as a decorator.

    Matplotlib has one set of settings for all threads. So only those are changed that a reader's
    style has changed, none for most readers, and only those are put back that are still ours.
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
    """The colour of text outside of a figure's axes: a reader's own figure may be dark."""
    *colour, opacity = to_rgba(figure.figure.get_facecolor())
    ground = [opacity * channel + 1 - opacity for channel in colour]  # on a page, which is white
    return style.ink_on(ground, wanted)


def take_over(ax: Axes) -> None:
    """Give axes that a reader has made the ground and the inks that our colours are meant for."""
    ink = ink_around(ax.figure)
    ax.set_facecolor(style.GROUND)
    ax.grid(False)
    ax.tick_params(labelcolor=ink)
    for axis in (ax.xaxis, ax.yaxis):
        axis.label.set_color(ink)
