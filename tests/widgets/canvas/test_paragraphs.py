"""Words, errors and code as HTML: what is text stays text."""

import pytest

from sam_explore.plots import style
from sam_explore.widgets.canvas.html import NOTHING, Markup, element
from sam_explore.widgets.canvas.paragraphs import alert, code_block, paragraph

HOSTILE = "<img src=x onerror=alert(1)> & co"
SHOWN = "&lt;img src=x onerror=alert(1)&gt; &amp; co"


@pytest.mark.parametrize("make", [paragraph, alert, code_block])
def test_words_are_shown_as_they_are(make):
    made = make(HOSTILE)
    assert isinstance(made, Markup)
    assert SHOWN in made
    assert "<img" not in made


def test_a_paragraph_takes_elements_between_its_words():
    assert ">one <b>two</b> three</div>" in paragraph("one ", element("b", "two"), " three")


def test_a_paragraph_has_the_colour_that_it_is_given():
    assert f"color:{style.TEXT}" in paragraph("x")
    assert "color:#123456" in paragraph("x", colour="#123456")


def test_an_error_is_an_alert_to_a_screen_reader_and_says_so_without_its_colour():
    assert 'role="alert"' in alert("No such file.")
    assert "<b>That did not work.</b> No such file.</div>" in alert("No such file.")


def test_without_an_error_there_is_nothing():
    assert alert("") == NOTHING


def test_code_keeps_its_lines_and_can_be_selected():
    made = code_block("a = 1\nb = 2")
    assert made.startswith("<pre")
    assert "a = 1\nb = 2</pre>" in made
    assert "white-space:pre-wrap" in made
    assert "user-select:text" in made
