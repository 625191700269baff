"""Arrows as lines in cells."""

import numpy as np
import pytest

from sam_explore.plots.arrows import arrow_lines
from sam_explore.plots.drawing import draw
from sam_explore.readings import Heatmap


def with_arrows(arrows) -> Heatmap:
    arrows = np.array(arrows, float)
    return Heatmap(np.zeros(arrows.shape[:2]), "a map", "It has arrows.", arrows=arrows)


def test_an_arrow_is_centred_on_its_cell_and_ends_in_a_head():
    shaft, head = arrow_lines(with_arrows([[[0, 0], [1, 0]], [[np.nan, 0], [0.01, 0]]]))
    assert shaft.tolist() == [[0.5, 0], [1.5, 0]]  # in column 1, to the right
    assert head[1].tolist() == [1.5, 0]
    sides = head[[0, 2]] - head[1]
    assert sides[:, 0].tolist() == pytest.approx([-0.35 * np.cos(np.pi / 6)] * 2)
    assert sides[:, 1].tolist() == pytest.approx([0.175, -0.175])


def test_a_map_without_arrows_has_none_and_one_with_arrows_is_drawn():
    assert arrow_lines(Heatmap(np.zeros((2, 2)), "a map", "It has none.")) == []
    with_them, without = (draw(with_arrows([[[0, size]]])).png() for size in (1, 0))
    assert with_them != without
