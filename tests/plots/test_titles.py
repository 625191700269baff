"""A title above axes, and the factor of their numbers that may stand there too."""

from dataclasses import replace

import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.text import Text

from sam_explore.plots.drawing import draw
from sam_explore.plots.scales import is_plain
from sam_explore.plots.titles import write_title
from sam_explore.readings import Curve, Gallery, Heatmap, Panel, Profile, Scale

PROFILE = Profile(
    np.arange(3.0), (Curve(np.array([1.0, 4.0, 2.0]), "one"),), "A long title", "It.", "x", "y"
)
RANGES = [(0, 1), (-3, 0.5), (2, 9), (1e-3, 2e-3), (0, 1e5), (0, 1e-5), (1e6, 3e6), (70, 70.001)]


def factor_of(low: float, high: float) -> str:
    ax = Figure().subplots()
    ax.set_ylim(low, high)
    ax.figure.draw_without_rendering()
    return ax.yaxis.get_offset_text().get_text()


@pytest.mark.parametrize(("low", "high"), RANGES)
def test_a_range_is_plain_only_where_matplotlib_writes_no_factor(low: float, high: float):
    assert is_plain(low, high) == (factor_of(low, high) == "")


def title_of(figure: Figure, words: str) -> Text:
    return next(text for text in figure.findobj(Text) if text.get_text() == words)


@pytest.mark.parametrize("size", [1.0, 1e-7, 1e8])
def test_a_title_and_a_factor_of_the_curves_numbers_do_not_meet(size: float):
    curve = Curve(size * PROFILE.curves[0].y, "one")
    figure = draw(replace(PROFILE, curves=(curve,)))
    figure.draw_without_rendering()
    (ax,) = figure.axes
    factor = ax.yaxis.get_offset_text()
    assert bool(factor.get_text()) == (size != 1.0)
    title = title_of(figure, PROFILE.title).get_window_extent()
    assert title.y0 > ax.get_window_extent().y1
    if factor.get_text():
        assert not title.overlaps(factor.get_window_extent())


@pytest.mark.parametrize("size", [1.0, 1e-7])
def test_nor_do_a_title_as_wide_as_a_map_and_the_factor_of_its_colour_bar(size: float):
    values = size * np.array([[1.0, 2.0], [3.0, 9.0]])
    figure = draw(Heatmap(values, 40 * "m", "From 1 to 9.", Scale("L2 norm")))
    figure.draw_without_rendering()
    (bar,) = figure.axes[0].child_axes
    factor = bar.yaxis.get_offset_text()
    assert bool(factor.get_text()) == (size != 1.0)
    if factor.get_text():
        title = title_of(figure, 40 * "m").get_window_extent()
        assert not title.overlaps(factor.get_window_extent())


def test_a_title_wider_than_its_figure_goes_on_in_the_next_line():
    values = np.array([[1.0, 2.0], [3.0, 9.0]])
    one = Heatmap(values, "A map", "From 1 to 9.", Scale("L2 norm"))
    words = "Mask 1's mean logit where it is above 0 with trained weights, shuffled weights"
    figure = draw(Gallery((one, one), words, "Two."))
    figure.draw_without_rendering()
    title = next(
        text for text in figure.findobj(Text) if words in text.get_text().replace("\n", " ")
    )
    inside = figure.bbox
    assert "\n" in title.get_text()
    assert title.get_window_extent().x0 >= inside.x0
    assert title.get_window_extent().x1 <= inside.x1


def test_a_panel_called_as_one_of_its_pictures_has_that_title_once():
    once = draw(Panel((PROFILE, PROFILE), PROFILE.title, "Two."))
    named = draw(Panel((PROFILE, PROFILE), "Two charts", "Two."))
    for figure, count in ((once, 2), (named, 2)):
        written = [text.get_text() for text in figure.findobj(Text)]
        assert written.count(PROFILE.title) == count
    assert "Two charts" in [text.get_text() for text in named.findobj(Text)]


def test_a_title_makes_room_for_ticks_that_a_user_has_put_on_top():
    ax = Figure().subplots()
    ax.xaxis.tick_top()
    write_title(ax, "Above", stays=True)
    ax.figure.draw_without_rendering()
    highest = max(tick.get_window_extent().y1 for tick in ax.get_xticklabels())
    assert title_of(ax.figure, "Above").get_window_extent().y0 >= highest
