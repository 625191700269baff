"""A click on a linear network, whose predicted IoU is a sine of the click's x; see `linear.py`."""

import math

import numpy as np
import pytest

from sam_explore.geometry import Prompts
from sam_explore.probes import ClickGradient

from ...small import small_trace
from ...tracing.attribution.linear import linear_trace


def test_a_click_in_the_middle_of_a_sine():
    reading = ClickGradient(number="predicted IoU", mask=3)(linear_trace())
    table, way = reading.readings

    # 4 sin(pi (x - 19.5) / 40), at its steepest; y plays no part.
    np.testing.assert_allclose(table.values, [[4 * math.pi / 40, 0]], rtol=1e-5, atol=1e-8)
    assert (table.rows, table.columns) == (("+ click 1",), ("x", "y"))
    assert (table.scale.unit, table.scale.centre) == ("IoU a pixel", 0)
    # One token is 8 pixels of this picture.
    np.testing.assert_allclose(way.x, np.linspace(-8, 8, 13), atol=1e-12)
    again, straight = (curve.y for curve in way.curves)
    np.testing.assert_allclose(again, 4 * np.sin(math.pi * way.x / 40), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(straight, 4 * math.pi * way.x / 40, rtol=1e-5, atol=1e-6)
    assert reading.words == (
        "Mask 3's predicted IoU changes, in IoU for a pixel to the right and for one down, by "
        "click 1: 0.314 and 0. 8 pixels along its gradient, click 1 changes the number by 2.35; "
        "the gradient says 2.51."
    )


def test_where_the_click_would_leave_the_picture_there_is_a_gap():
    _, way = ClickGradient(number="predicted IoU", mask=0, reach=4.0)(linear_trace()).readings

    # 32 pixels to both sides of x = 19.5, in steps of 16 / 3, on a picture 40 wide.
    places = 19.5 + way.x
    np.testing.assert_array_equal(
        np.isfinite(way.curves[0].y), (places >= 0) & (places <= 40), strict=True
    )
    assert np.isfinite(way.curves[1].y).all()
    assert way.words.startswith("16 pixels along its gradient")


def test_the_steepest_of_several_clicks_moves_uphill():
    prompts = Prompts(points=[(12, 8), (30, 15)], labels=[1, 0])
    trace = small_trace().with_prompts(prompts)

    table, way = ClickGradient(reach=0.1)(trace).readings

    assert table.rows == ("+ click 1", "− click 2")
    lengths = np.linalg.norm(table.values, axis=1)
    assert f"click {1 + lengths.argmax()} changes the number" in way.words
    again, straight = (curve.y for curve in way.curves)
    assert straight[-1] - straight[0] == pytest.approx(2 * 0.8 * lengths.max())
    assert again[-1] > again[0]
    np.testing.assert_allclose(again - again[6], straight - straight[6], rtol=0.3, atol=1e-4)


def test_corners_of_a_box_stand_below_the_clicks_and_alone_have_no_way():
    box = (3, 2, 30, 18)
    trace = small_trace().with_prompts(Prompts(points=[(12, 8)], box=box))

    table, _ = ClickGradient()(trace).readings
    alone = ClickGradient()(trace.with_prompts(Prompts(box=box)))

    assert table.rows == ("+ click 1", "box, top left", "box, bottom right")
    assert table.values.shape == (3, 2)
    assert table.values.all()
    (only,) = alone.readings
    assert only.rows == ("box, top left", "box, bottom right")


def test_without_click_and_box_it_takes_a_click_in_the_middle():
    trace = small_trace()
    middle = ClickGradient()(trace.with_prompts(Prompts(points=[(20, 10)])))

    nothing = ClickGradient()(trace.with_prompts(Prompts()))

    np.testing.assert_array_equal(nothing.readings[0].values, middle.readings[0].values)
    said = "There is no click; one in the middle of the picture is taken. "
    assert nothing.words == said + middle.words
