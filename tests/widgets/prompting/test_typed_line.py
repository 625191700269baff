"""A line is sent by Enter or by its button, once each time."""

import pytest

from sam_explore.widgets.canvas.closing import close_all
from sam_explore.widgets.prompting.typed_line import TypedLine

from ..screen import front_end_sets, press_button, type_line


@pytest.fixture
def sent() -> list[str]:
    return []


@pytest.fixture
def line(sent):
    line = TypedLine("x, y", "Add", "As a click there", sent.append)
    yield line
    line.field.unobserve_all()
    close_all(*line.widgets)


def test_enter_sends_the_line_and_empties_the_field(line, sent):
    type_line(line.field, " 10, 20 ")
    assert sent == ["10, 20"]
    assert line.field.value == ""


def test_the_button_sends_it_too(line, sent):
    front_end_sets(line.field, value="10, 20")
    assert sent == []  # leaving the field sends nothing
    press_button(line.button)
    assert sent == ["10, 20"]
    assert line.field.value == ""


def test_the_same_line_may_be_sent_again(line, sent):
    type_line(line.field, "10, 20")
    type_line(line.field, "10, 20")
    assert sent == ["10, 20"] * 2


def test_the_button_of_an_empty_field_sends_nothing_as_text(line, sent):
    press_button(line.button)
    assert sent == [""]


def test_an_enter_in_an_empty_field_does_not_send_what_is_typed_later(line, sent):
    front_end_sets(line.field, value="")
    type_line(line.field, "")
    assert sent == []


def test_a_refused_line_is_put_back_and_forgotten_unless_touched(line, sent):
    type_line(line.field, "ten")
    line.put_back()
    assert line.field.value == "ten"
    line.forget()
    assert line.field.value == ""
    line.put_back()
    front_end_sets(line.field, value="ten, 20")
    line.forget()
    assert line.field.value == "ten, 20"


def test_putting_back_does_not_overwrite_a_line_that_was_begun(line):
    type_line(line.field, "ten")
    front_end_sets(line.field, value="1")
    line.put_back()
    assert line.field.value == "1"
