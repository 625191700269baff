"""Which input suits a knob, and what the inputs hold."""

import pytest
from ipywidgets import (
    BoundedIntText,
    Checkbox,
    Dropdown,
    FloatText,
    IntSlider,
    IntText,
    Text,
    ToggleButtons,
)

from sam_explore.probes import Knob
from sam_explore.tracing import Trace
from sam_explore.widgets.canvas.closing import close_all
from sam_explore.widgets.canvas.inputs import WideSlider, control_for

from ..screen import front_end_sets

NAMED = Knob("mask", low=-1, high=3, names=((-1, "the model's choice"),))


@pytest.fixture
def run(sam, image) -> Trace:
    """Of a network with two blocks, and four rows and columns of tokens."""
    return Trace(sam, image)


@pytest.mark.parametrize(
    ("knob", "value", "kind"),
    [
        (Knob("on"), True, Checkbox),
        (Knob("on", choices=(False, True)), False, Checkbox),  # a box also where there are choices
        (Knob("kind", choices=("a", "b", "c")), "b", ToggleButtons),
        (Knob("kind", choices=("a", "b", "c", "d")), "b", Dropdown),
        (NAMED, 2, Dropdown),
        (Knob("block", low=0, high=lambda run: run.config.encoder_depth - 1), 1, IntSlider),
        (Knob("count", low=0), 3, IntText),
        (Knob("size"), 1.5, FloatText),
        (Knob("size", low=0.0), 1.5, FloatText),
        (Knob("name"), "x", Text),
    ],
)
def test_the_control_suits_the_values_and_holds_the_one_it_starts_with(run, knob, value, kind):
    control = control_for(knob, value, run)
    (field,) = control.inputs
    assert type(field) is kind
    assert control.get() == value
    close_all(*control.widgets)


def test_a_bound_may_come_from_the_run(run):
    control = control_for(
        Knob("block", low=0, high=lambda run: run.config.encoder_depth - 1), 1, run
    )
    assert (control.inputs[0].min, control.inputs[0].max) == (0, 1)
    close_all(*control.widgets)


def test_numbers_with_names_are_listed_by_name_and_the_others_by_number(run):
    control = control_for(NAMED, -1, run)
    names = {"the model's choice": -1, "0": 0, "1": 1, "2": 2, "3": 3}
    assert dict(control.inputs[0].options) == names
    front_end_sets(control.inputs[0], index=2)
    assert control.get() == 1
    close_all(*control.widgets)


def test_a_token_is_a_row_and_a_column_within_the_grid(run):
    control = control_for(Knob("token", low=0, high=lambda run: run.config.grid - 1), (3, 2), run)
    assert [type(field) for field in control.inputs] == [BoundedIntText] * 2
    assert control.get() == (3, 2)
    told = [words.value for words in control.widgets[::2]]
    assert "row" in told[0]
    assert "column" in told[1]
    control.set((1, 70))
    assert control.get() == (1, 3)
    with pytest.raises(ValueError, match="zip"):
        control.set((1, 2, 3))
    close_all(*control.widgets)


def test_a_control_of_several_inputs_reports_each_of_them(run):
    control, heard = control_for(Knob("token", low=0, high=9), (3, 5), run), []
    control.observe(lambda change: heard.append(control.get()))
    front_end_sets(control.inputs[1], value=6)
    front_end_sets(control.inputs[0], value=0)
    assert heard == [(3, 6), (0, 6)]
    close_all(*control.widgets)


def wide(value: float, low: float = -100.0, high: float = 100.0, **reach: float) -> WideSlider:
    return WideSlider(value, low, high, **reach)


def test_the_slider_covers_the_usual_part_and_the_field_all_of_it():
    control = wide(0.0, reach=10.0)
    assert (control.slider.min, control.slider.max) == (-100, 100)  # tenths
    assert (control.field.min, control.field.max) == (-100, 100)
    close_all(*control.widgets)


def test_the_slider_never_goes_beyond_the_bounds():
    control = wide(0.5, low=0.0, high=1.0)
    assert (control.slider.min, control.slider.max, control.slider.value) == (0, 10, 5)
    close_all(*control.widgets)


@pytest.mark.parametrize(("value", "ends"), [(35.0, (-200, 350)), (-40.0, (-400, 200))])
def test_a_value_beyond_the_slider_makes_it_longer(value, ends):
    control = wide(0.0)
    control.set(value)
    assert (control.slider.min, control.slider.max) == ends
    assert (control.get(), control.slider.value) == (value, 10 * value)
    close_all(*control.widgets)


def test_slider_and_field_follow_each_other_and_one_change_is_told_once():
    control, heard = wide(0.0), []
    control.observe(lambda change: heard.append(change["new"]))
    front_end_sets(control.slider, value=14)
    front_end_sets(control.field, value=2.5)
    assert heard == [1.4, 2.5]
    assert control.slider.value == 25
    close_all(*control.widgets)


def test_what_is_typed_finer_than_a_tenth_stays_when_the_slider_is_set_to_it():
    control = wide(0.0)
    front_end_sets(control.field, value=1.26)
    assert (control.get(), control.slider.value) == (1.26, 13)
    front_end_sets(control.slider, value=13)  # as the page gives it back
    assert control.get() == 1.26
    close_all(*control.widgets)


OWN = Knob(
    "above",
    low=-1.0,
    high=1.0,
    names=((-1, "the model's own"),),
    stands_for=lambda run: run.config.encoder_depth / 4,  # a half
)


def test_a_value_with_a_name_is_a_box_and_the_slider_shows_what_it_means(run):
    control, heard = control_for(OWN, -1.0, run), []
    control.observe(lambda change: heard.append(control.get()))
    assert (control.get(), control.box.value, control.decimal.get()) == (-1.0, True, 0.5)
    assert (control.decimal.field.min, control.decimal.field.max) == (0, 1)
    front_end_sets(control.decimal.slider, value=8)  # moving it unticks the box
    assert (control.box.value, heard) == (False, [0.8])
    front_end_sets(control.box, value=True)
    assert (control.decimal.get(), heard) == (0.5, [0.8, -1.0])
    front_end_sets(control.box, value=False)  # without the name it is the same number
    assert heard == [0.8, -1.0, 0.5]
    control.set(0.25)
    assert (control.get(), control.box.value) == (0.25, False)
    control.set(-1.0)
    assert (control.get(), control.decimal.get()) == (-1.0, 0.5)
    close_all(*control.widgets)
