"""Readings as numbers and a text, and back."""

import numpy as np
import pytest

import sam_explore as sx
from sam_explore.folders.flat_readings import form_of, numbers_of, reading_of
from sam_explore.readings import Curve, Gallery, Heatmap, Matrix, Panel, Profile, Scale

from ..small import small_trace

MAP = Heatmap(np.ones((2, 3)), "A\nmap", "w", Scale("logit", 0.0), frame="tokens")
ARROWS = Heatmap(np.ones((1, 2)), "Arrows", "w", arrows=np.ones((1, 2, 2)), marks=((0, 1),))
ONE = Curve(np.array([1.0, np.nan]), "one")
TWO = Curve(np.ones(2), "two", low=np.zeros(2), high=np.full(2, 2.0), style="steps")
X = np.array([0.5, 1.5])
PROFILE = Profile(X, (ONE, TWO), "P", "w", "block", "norm", x_marks=((1.0, "here"),), log="y")
VALUES = np.array([[1.0, 2], [3, 4]])
TABLE = Matrix(VALUES, ("a", "b"), ("c", "d"), "T", "w", "row", "column")
PANEL = Panel((MAP, Gallery((ARROWS, MAP), "G", "w", Scale()), PROFILE, TABLE), "All", "words")


def test_numbers_come_with_the_titles_that_lead_to_them_and_their_axes():
    found = numbers_of(PANEL)
    assert [each.name for each in found] == [
        "All: A map",
        "All: G: Arrows",
        "All: G: Arrows: arrows",
        "All: G: A map",
        "All: P: one",
        "All: P: two",
        "All: P: two, low end",
        "All: P: two, high end",
        "All: T",
    ]
    assert found[0].axes == '["tokens"]'
    assert found[4].axes == '["block", [], [0.5, 1.5]]'
    assert found[8].axes == '["row", ["a", "b"], "column", ["c", "d"]]'
    assert found[8].values.tolist() == [[1, 2], [3, 4]]


def test_a_reading_comes_back_as_it_was():
    values = [each.values for each in numbers_of(PANEL)]
    again = reading_of(form_of(PANEL), values)
    assert form_of(again) == form_of(PANEL)
    for one, other in zip(numbers_of(again), values, strict=True):
        assert np.array_equal(one.values, other, equal_nan=True)
    assert again.readings[0].scale == MAP.scale
    assert again.readings[1].maps[0].marks == ((0, 1),)
    assert again.readings[2].curves[1].style == "steps"
    assert again.readings[2].x.tolist() == [0.5, 1.5]


@pytest.mark.parametrize("name", ["BlockNorms", "HeadAtlas", "MaskThreshold", "StabilityCurve"])
def test_probes_readings_come_back_and_can_be_drawn(name):
    reading = getattr(sx.probes, name)()(small_trace())
    again = reading_of(form_of(reading), [each.values for each in numbers_of(reading)])
    assert type(again) is type(reading)
    assert (again.title, again.words) == (reading.title, reading.words)
    sx.draw(again)
