"""Draws profiles: curves over one axis."""

from math import ceil
from typing import Any, Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from sam_explore.readings import Curve, Profile

from . import style
from .matplotlib_settings import ink_around, take_over
from .scales import is_plain
from .titles import write_title
from .wrapping import inches_of, wrapped

_OF_LEGEND, _OF_TICKS = 15, 14  # letters an inch
_LINE_OF_LEGEND = 8  # the length of the line next to a curve's name, in letters
_LABELS = 17  # at most, written along an axis


def draw_profile(ax: Axes, profile: Profile) -> None:
    """Draw curves with their bands and marks, and a legend if there are several."""
    take_over(ax)
    for index, curve in enumerate(profile.curves):
        _draw_curve(ax, profile.x, curve, index)
    if profile.y_reach is not None:
        ax.update_datalim([(profile.x[0], height) for height in profile.y_reach])
    _set_up_axes(ax, profile)
    ax.autoscale_view()
    for place, name in profile.x_marks:
        _draw_mark(ax, place, name)
    if len(profile.curves) > 1:
        lines, names = ax.get_legend_handles_labels()
        names = [wrapped(ax, name, _OF_LEGEND, _LINE_OF_LEGEND) for name in names]
        size = style.points(style.NUMBER_PX)
        ax.legend(lines, names, fontsize=size, frameon=False, loc="best", labelcolor=style.INK)
    room = 16 if profile.x_marks else 6  # the marks' names are between the axes and the title
    low, high = map(float, ax.get_ylim())
    plain = "y" not in profile.log and is_plain(low, high)
    write_title(ax, wrapped(ax, profile.title), stays=plain, pad=room)


def _draw_curve(ax: Axes, x: np.ndarray, curve: Curve, index: int) -> None:
    turn = index % len(style.CURVES)
    colour, dashes = style.CURVES[turn], style.DASHES[turn]
    if curve.style == "points":
        size = 4 if len(x) <= 100 else 2
        mark = style.POINTS[turn]
        ax.plot(x, curve.y, mark, markersize=size, color=colour, label=curve.name)
    elif curve.style == "steps":
        ax.step(x, curve.y, where="mid", linestyle=dashes, color=colour, label=curve.name)
    else:
        look: dict[str, Any] = {"linestyle": dashes, "color": colour, "markersize": 3.5}
        mark = style.POINTS[turn] if len(x) <= 40 else ""
        ax.plot(x, curve.y, marker=mark, label=curve.name, **look)
    if curve.low is None or curve.high is None:
        return
    if curve.style == "points":
        bar: dict[str, Any] = {"color": colour, "alpha": style.BAR_OPACITY, "linewidth": 3}
        ax.vlines(x, curve.low, curve.high, **bar)
    else:
        step: Literal["mid"] | None = "mid" if curve.style == "steps" else None
        ax.fill_between(
            x,
            curve.low,
            curve.high,
            step=step,
            color=colour,
            alpha=style.BAND_OPACITY,
            linewidth=0,
        )


def _set_up_axes(ax: Axes, profile: Profile) -> None:
    if "x" in profile.log:
        ax.set_xscale("log")
    elif profile.x_labels:
        letters = sum(map(len, profile.x_labels)) + 2 * len(profile.x_labels)
        too_many = len(profile.x) / _LABELS, letters / (_OF_TICKS * inches_of(ax))
        every = ceil(max(too_many))
        ax.set_xticks(profile.x[::every], profile.x_labels[::every])
    elif np.array_equal(profile.x, np.round(profile.x)):
        ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    if "y" in profile.log:
        ax.set_yscale("log")
    ax.set_xlabel(profile.x_name, fontsize=style.points(style.LABEL_PX))
    ax.set_ylabel(profile.y_name, fontsize=style.points(style.LABEL_PX))
    ax.tick_params(labelsize=style.points(style.NUMBER_PX), color=style.FRAME)
    ax.spines[["top", "right"]].set_visible(False)
    ax.spines[["left", "bottom"]].set_color(style.FRAME)
    ax.grid(axis="y", color=style.FRAME, alpha=0.3, linewidth=0.6)
    ax.set_axisbelow(True)


def _draw_mark(ax: Axes, place: float, name: str) -> None:
    ax.axvline(place, color=style.FAINT_INK, linewidth=0.9, linestyle=(0, (4, 3)), zorder=1)
    ax.annotate(
        name,
        (place, 1.0),
        xycoords=("data", "axes fraction"),
        xytext=(0, 3),
        textcoords="offset points",
        ha="center",
        fontsize=style.points(style.NUMBER_PX),
        color=ink_around(ax.figure, style.FAINT_INK),
    )
