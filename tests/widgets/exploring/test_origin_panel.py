"""The panel shows a formula with its numbers; each can be asked, and the way leads back."""

from dataclasses import replace

import pytest
from ipywidgets import Button

from sam_explore.origins import Operand, Operation
from sam_explore.widgets.exploring.origin_panel import OriginPanel, formula

PIXEL = Operand("image", (1, 2, 0), 200.0, "level of the picture")
BELOW = Operation("Pixel", "level / 255", (PIXEL, " / 255"), 200 / 255, 1.0, name="a pixel")
ABOVE = Operation(
    "Product: of two",
    "w · x",
    (Operand("w", (), -2.0, "weight"), " · ", Operand("pixels", (0,), 0.5, "<b>", lambda: BELOW)),
    -1.0,
    1.0,
    name="a product",
    address="there.hook_out",
    index=(0, 1),
    model=-1.0,
)


@pytest.fixture
def panel():
    asked = []

    def ask(operand, steps):
        asked.append((operand.name, steps))
        panel.show((*panel.trail, operand.explain()))

    panel = OriginPanel(lambda callback: callback, ask, asked.append, lambda: None)
    panel.asked = asked
    yield panel
    panel.close()


def buttons(box) -> list[Button]:
    rows = [row.children[0] if getattr(row, "children", None) else row for row in box.children]
    return [each for each in rows if isinstance(each, Button)]


def test_it_shows_the_formula_in_symbols_and_in_numbers(panel):
    panel.show((ABOVE,))
    assert "<i>w · x</i>" in panel._formula.value
    assert "(−2) · 0.5 = −1" in panel._formula.value
    assert "The model&#x27;s own number is −1." in panel._formula.value
    assert "sx.explain(session.trace, &quot;there.hook_out&quot;, (0, 1))" in panel._code.value


def test_each_operand_is_a_button_that_asks_again(panel):
    panel.show((ABOVE,))
    weight, pixel = buttons(panel._operands)
    assert (weight.description, weight.disabled) == ("−2", True)
    assert (pixel.description, pixel.disabled) == ("0.5", False)
    pixel.click()
    assert panel.asked == [("<b>", 0)]
    assert panel.trail == (ABOVE, BELOW)
    assert "200 / 255 = 0.7843" in panel._formula.value
    assert panel._code.value == ""  # only the exhibit has it


def test_the_way_leads_back(panel):
    panel.show((ABOVE, BELOW))
    back, here = buttons(panel._crumbs)
    assert (back.description, back.disabled, here.disabled) == ("Product", False, True)
    back.click()
    assert panel.trail == (ABOVE,)
    assert panel.asked == [0]
    assert len(buttons(panel._crumbs)) == 1


def test_buttons_stay_while_the_same_is_answered_about_a_later_run(panel):
    panel.show((ABOVE,))
    crumb, weight, pixel = *buttons(panel._crumbs), *buttons(panel._operands)
    weight_then, pixel_then = ABOVE.operands
    later = replace(ABOVE, expression=(replace(weight_then, value=3.0), " · ", pixel_then))
    panel.show((later,))
    assert [*buttons(panel._crumbs), *buttons(panel._operands)] == [crumb, weight, pixel]
    assert weight.description == "3"
    pixel.click()  # as one that was on its way
    assert panel.asked == [("<b>", 0)]
    assert panel.trail == (later, BELOW)
    assert (pixel.comm, weight.comm) == (None, None)  # closed: they are no longer shown
    assert buttons(panel._crumbs)[0] is crumb
    assert not crumb.disabled


def test_a_click_on_a_number_that_is_no_longer_shown_asks_nothing(panel):
    panel.show((ABOVE,))
    pixel = buttons(panel._operands)[1]
    panel.show_error("There is no number here.")
    pixel.click()
    assert panel.asked == []


def test_names_are_text_and_no_markup(panel):
    panel.show((ABOVE,))
    words = panel._operands.children[1].children[1].value
    assert "&lt;b&gt;" in words
    assert "<b>" not in words
    assert "<b>Product: of two: </b>" in formula(ABOVE)


def test_an_error_takes_the_place_of_the_answer(panel):
    panel.show((ABOVE,))
    panel.show_error("There is no number here.")
    assert "There is no number here." in panel._formula.value
    assert (panel.trail, panel._operands.children, panel._crumbs.children) == ((), (), ())


def test_closing_it_forgets_what_was_asked(panel):
    panel.button.value = True
    panel.show((ABOVE,))
    panel.button.value = False
    assert panel.trail == ()
    assert "Click on a cell" in panel._formula.value
