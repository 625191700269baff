"""Views that share a scale: which, and when the others are drawn again."""

import numpy as np

from sam_explore.readings import Heatmap, Scale
from sam_explore.widgets.exploring.same_scale import SameScale


def signed(*values: float) -> Heatmap:
    return Heatmap(np.array([values]), "t", "w.", Scale("logit", centre=0.0))


def test_a_single_exhibit_keeps_its_own_scale():
    scales = SameScale()
    scales.join("one", lambda: None)
    reading = signed(-1.0, 2.0)
    assert scales.scaled("one", reading) is reading


def test_others_are_drawn_again_only_if_their_scale_has_changed():
    scales, again = SameScale(), []
    for name in ("one", "other"):
        scales.join(name, lambda name=name: again.append(name))
    scales.scaled("one", signed(-1.0, 2.0))
    scales.redraw_others("one")
    assert again == []
    wide = scales.scaled("other", signed(-8.0, 2.0))
    assert (wide.scale.low, wide.scale.high) == (-8, 8)
    scales.redraw_others("other")
    assert again == ["one"]
    assert scales.scaled("one", signed(-1.0, 2.0)).scale == wide.scale
    scales.redraw_others("one")
    assert again == ["one"]  # the other has this scale already


def test_one_that_has_left_counts_no_more():
    scales = SameScale()
    for name in ("one", "other"):
        scales.join(name, lambda: None)
        scales.scaled(name, signed(-8.0, 8.0))
    scales.leave("other")
    reading = signed(-1.0, 2.0)
    assert scales.scaled("one", reading) is reading


def test_asking_how_one_is_drawn_does_not_count_as_drawing_it():
    scales, again = SameScale(), []
    for name in ("one", "other"):
        scales.join(name, lambda name=name: again.append(name))
    reading = signed(-1.0, 2.0)
    scales.scaled("one", reading)
    wide = scales.scaled("other", signed(-8.0, 2.0))
    assert scales.on_them(reading).scale == wide.scale
    scales.redraw_others("other")
    assert again == ["one"]


def test_when_one_leaves_the_last_is_drawn_again_on_its_own_scale():
    scales, again = SameScale(), []
    for name in ("one", "other"):
        scales.join(name, lambda name=name: again.append(name))
        scales.scaled(name, signed(-8.0, 8.0))
    scales.scaled("one", signed(-8.0, 8.0))
    scales.leave("other")
    assert again == ["one"]
