"""The picture and the prompts as the map shows them."""

import numpy as np
import pytest

from sam_explore.course.network.input_maps import INPUT_MAPS
from sam_explore.geometry import Prompts
from sam_explore.plots import style

from ...small import small_trace


def test_the_picture_is_the_models_input_with_its_padding():
    found = INPUT_MAPS["picture"](small_trace())
    assert found.shape == (3, 40, 40)
    assert found.colours.shape == (40, 40, 3)
    assert np.ptp(found.values[:20]) > 0


@pytest.mark.parametrize(("label", "colour"), [(1, style.FOREGROUND), (0, style.BACKGROUND)])
def test_points_lie_where_they_were_clicked_in_the_colour_of_their_kind(label, colour):
    trace = small_trace().with_prompts(Prompts(points=[(30, 10)], labels=[label]))
    found = INPUT_MAPS["prompts"](trace)
    assert tuple(found.colours[10, 30]) == style.rgba(colour)[:3]
    assert np.ptp(found.colours[10, 5]) == 0  # grey elsewhere


def test_a_box_is_a_frame():
    trace = small_trace().with_prompts(Prompts(box=(4, 2, 34, 18)))
    found = INPUT_MAPS["prompts"](trace)
    assert tuple(found.colours[10, 5]) == style.rgba(style.BOX)[:3]
    assert np.ptp(found.colours[10, 20]) == 0
    assert found.how == "a box"
