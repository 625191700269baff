"""What is relied upon in ipywidgets. When this fails, it has changed: read again how it finds the
widget that a message is for, and adapt sam_explore/widgets/canvas/ipywidgets_registry.py."""

from ipywidgets import IntSlider

from sam_explore.widgets.canvas.ipywidgets_registry import widget_of


def test_a_live_widget_is_found_by_its_id_and_a_closed_one_is_not():
    slider = IntSlider()
    model_id = slider.model_id
    assert widget_of(model_id) is slider
    slider.close()
    assert widget_of(model_id) is None


def test_an_id_that_never_was_finds_nothing():
    assert widget_of("unknown") is None
