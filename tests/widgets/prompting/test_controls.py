"""Buttons and sliders on a session, without the rest of the view."""

from threading import Thread

import pytest
from ipywidgets.widgets.widget import _instances

from sam_explore.widgets.canvas.closing import close_all
from sam_explore.widgets.prompting.controls import Controls
from sam_explore.widgets.prompting.mode_switch import ModeSwitch

from ...patience import PATIENCE_SECONDS
from ..screen import front_end_sets, press_button, tell_of, type_line
from ..view import observers_of


@pytest.fixture
def session(answers, image, open_session):
    return open_session(image)


@pytest.fixture
def typed() -> list:
    return []


@pytest.fixture
def controls(session, typed):
    modes = ModeSwitch(lambda: None)
    controls = Controls(session, modes, typed.append)
    yield controls
    controls.close()
    modes.close()
    close_all(modes.more)


def enabled(controls: Controls) -> list[str]:
    buttons = controls._undo, controls._redo, controls._clear
    return [button.description for button in buttons if not button.disabled]


def test_buttons_are_there_when_they_do_something(controls, session):
    assert enabled(controls) == []
    session.add_point((1.0, 2.0))
    assert enabled(controls) == ["Undo", "Clear"]
    press_button(controls._undo)
    assert session.prompts.is_empty
    assert enabled(controls) == ["Redo"]
    press_button(controls._redo)
    press_button(controls._clear)
    assert enabled(controls) == ["Undo"]


def test_a_mask_is_chosen_and_given_back_to_the_model(controls, session):
    assert [name for name, _ in controls._choice.options] == [
        "published",
        "best",
        *"0123",
    ]
    front_end_sets(controls._choice, index=4)
    assert session.chosen == 2
    front_end_sets(controls._choice, index=1)
    assert session.chosen == "best"
    front_end_sets(controls._choice, index=0)
    assert session.chosen is None
    session.chosen = 1
    assert controls._choice.value == 1


def test_a_slider_that_is_moved_on_before_its_turn_does_not_jump_back(controls, session):
    slider = controls._threshold.slider
    told = tell_of(slider)

    def reader_moves_on(change: dict) -> None:
        if change["new"] == 0.1:  # while others are told of the first step
            reader = Thread(target=lambda: [front_end_sets(slider, value=n) for n in (2, 3)])
            reader.start()
            reader.join(PATIENCE_SECONDS)

    session.observe(reader_moves_on, "threshold")
    front_end_sets(slider, value=1)
    assert (session.threshold, slider.value) == (0.3, 3)
    assert told == []


def test_the_threshold_goes_both_ways(controls, session):
    front_end_sets(controls._threshold.slider, value=-25)
    assert session.threshold == -2.5
    session.threshold = 40.0
    assert controls._threshold.get() == 40
    assert session.threshold == 40.0


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("10, 20", [10, 20]),
        ("10 20", [10, 20]),
        ("10.5,20 ,30  40", [10.5, 20, 30, 40]),
        ("-1, 1e1", [-1, 10]),
    ],
)
def test_typed_text_becomes_two_or_four_numbers(controls, typed, session, text, numbers):
    type_line(controls.line.field, text)
    assert typed == [numbers]
    assert session.error == ""


@pytest.mark.parametrize("text", ["10", "10, 20, 30", "ten, 20", "1, 2, 3, 4, 5", "10; 20"])
def test_other_text_is_refused_in_words_and_put_back(controls, typed, session, text):
    type_line(controls.line.field, text)
    assert typed == []
    assert session.error.startswith("Type a point as x, y or a box as x0, y0, x1, y1")
    assert session.error.endswith(f"such as 120, 80; this is {text!r}.")
    assert controls.line.field.value == text


def test_nothing_typed_is_not_quoted(controls, session):
    press_button(controls.line.button)
    assert session.error.endswith("such as 120, 80.")


def test_what_takes_long_is_a_status_in_words(controls, session):
    session.change(lambda now: now.with_trait("busy", "Encoding <b> …"))
    assert 'role="status"' in controls.busy.value
    assert "Encoding &lt;b&gt; …" in controls.busy.value
    session.change(lambda now: now.with_trait("busy", ""))
    assert controls.busy.value == ""


def test_closing_leaves_no_widget_and_no_observer(session):
    widgets, observers = set(_instances), observers_of(session)
    modes = ModeSwitch(lambda: None)
    Controls(session, modes, print).close()
    close_all(modes.more)
    assert set(_instances) == widgets
    assert observers_of(session) == observers
