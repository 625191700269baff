"""A widget is closed with its children, which ipywidgets would leave open."""

from ipycanvas import MultiCanvas
from ipywidgets import HTML, FloatSlider, HBox
from ipywidgets.widgets.widget import _instances

from sam_explore.widgets.canvas.closing import close_all


def test_closing_a_widget_closes_all_that_it_is_made_of():
    before = set(_instances)
    stage = MultiCanvas(3)
    row = HBox([stage, FloatSlider(description="x"), HBox([HTML("y")])])
    assert len(set(_instances) - before) > 15
    close_all(row)
    assert set(_instances) == before


def test_what_was_closed_before_may_be_closed_again_and_nothing_else_is_closed():
    other, row = FloatSlider(), HBox([HTML("y")])
    close_all(row)
    close_all(row)
    close_all()
    assert other.comm is not None
    assert other.layout.comm is not None
    close_all(other)
    assert (other.comm, other.layout.comm) == (None, None)
