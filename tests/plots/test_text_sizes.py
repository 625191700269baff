"""One type and size in maps, charts and tables, however wide they are drawn."""

import numpy as np
import pytest

from sam_explore.plots import style
from sam_explore.plots.drawing import draw
from sam_explore.readings import Curve, Gallery, Heatmap, Matrix, Panel, Profile, Scale

NUMBERS = np.linspace(-1, 1, 12).reshape(3, 4)
MAP = Heatmap(NUMBERS, "A map", "", Scale("unit"), "tokens")
CHART = Profile(
    np.arange(4.0), (Curve(NUMBERS[0], "a"), Curve(NUMBERS[1], "b")), "A chart", "", "x", "y"
)
TABLE = Matrix(NUMBERS, ("r", "s", "t"), ("a", "b", "c", "d"), "A table", "", "row", "column")
SIZES = {style.TITLE_PX, style.SMALL_TITLE_PX, style.LABEL_PX, style.NUMBER_PX}


def written(figure) -> dict[str, float]:
    """Each piece of text with its size in CSS pixels."""
    figure.canvas.draw()
    texts = figure.findobj(lambda artist: hasattr(artist, "get_fontsize"))
    return {
        each.get_text(): round(each.get_fontsize() * style.DPI / 72, 1)
        for each in texts
        if each.get_text() and each.get_visible()
    }


@pytest.mark.parametrize("reading", [MAP, CHART, TABLE, Gallery((MAP, MAP), "Maps", "", Scale())])
def test_text_has_the_sizes_of_the_style_and_titles_are_alike(reading):
    sizes = written(draw(reading))
    assert set(sizes.values()) <= SIZES
    assert sizes[reading.title] == style.TITLE_PX
    panel = written(draw(Panel((reading,), "A panel", "")))
    assert panel["A panel"] == style.TITLE_PX


def test_numbers_in_cells_that_have_no_room_for_them_are_left_out():
    names = tuple(map(str, range(30)))
    crowded = Matrix(np.full((2, 30), -0.00123), ("r", "s"), names, "Wide", "", "r", "c")
    assert not draw(crowded).axes[0].texts
    small = Matrix(np.full((2, 2), -0.00123), ("r", "s"), ("a", "b"), "Small", "", "r", "c")
    assert len(draw(small).axes[0].texts) == 4
