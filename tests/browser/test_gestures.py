"""Every way to give, move and remove a prompt: at the pointer, by the right button, by keys."""

import numpy as np
import pytest

from .prompting import MEADOW, SHELL, Prompting

FOCUSED = """() => {
    const {placeholder, innerText, className} = document.activeElement;
    if (className.includes('sam-explore-area')) return className;
    return placeholder || (innerText || className).slice(0, 40);
}"""


def test_a_prompt_can_be_given_with_the_keyboard_alone(prompting: Prompting):
    page = prompting.notebook.page
    keyboard = page.keyboard
    prompting.notebook.output("button").filter(has_text="Background").focus()
    focused = []
    while "x, y   or   x0, y0, x1, y1" not in focused:
        keyboard.press("Tab")
        focused.append(page.evaluate(FOCUSED))
        assert len(focused) < 30, focused
    keyboard.type("230, 300")
    keyboard.press("Tab")
    keyboard.press("Space")
    prompting.wait("len(session.prompts.points) == 1", "the typed point has arrived")
    prompting.settle()
    prompting.assert_mask_is_shown()
    keyboard.press("Shift+Tab")
    keyboard.type("470, 470")
    keyboard.press("Enter")
    prompting.wait("len(session.prompts.points) == 2", "Enter has added the point")


def test_pointing_previews_and_marks_are_moved_removed_and_given_by_the_right_button(
    prompting: Prompting,
):
    stage, value = prompting.stage, prompting.notebook.value
    stage.move((460, 600))
    prompting.read("if you click here, predicted IoU")
    assert value("session.prompts.is_empty")
    dashes = np.abs(prompting.picture().astype(int) - prompting.photo).max(axis=2) > 60
    assert 0.001 < dashes.mean() < 0.1  # lines, and no area
    stage.move((460, 1023))
    stage.locator.page.mouse.move(2, 2)
    prompting.settle()
    assert np.array_equal(prompting.picture(), prompting.photo)
    prompting.click(SHELL)
    prompting.settle()
    prompting.drag(SHELL, (300, 250))
    prompting.settle()
    assert value("session.prompts.points.tolist()") == [pytest.approx([300, 250], abs=1)]
    prompting.assert_mask_is_shown()
    stage.click((940, 940), button="right")
    prompting.wait("len(session.prompts.points) == 2", "the right click has arrived")
    assert value("session.prompts.labels.tolist()") == [1, 0]
    prompting.settle()
    prompting.notebook.output("button").filter(has_text="More").click()
    prompting.notebook.output("button").filter(has_text="✕ Remove").click()
    prompting.click(MEADOW)
    prompting.wait("len(session.prompts.points) == 1", "the mark is removed")
    prompting.settle()
    prompting.assert_mask_is_shown()


def test_every_control_is_reached_by_tab_in_the_order_of_the_page(prompting: Prompting):
    page = prompting.notebook.page
    prompting.click(SHELL)
    prompting.settle()
    prompting.notebook.output("button").filter(has_text="Foreground").focus()
    focused = []
    while "Add" not in focused:
        page.keyboard.press("Tab")
        focused.append(page.evaluate(FOCUSED).strip())
        if focused[-1] == "More":
            page.keyboard.press("Space")
            page.get_by_text("Mask hint", exact=True).wait_for()
        assert len(focused) < 60, focused
    assert sum("sam-explore-area" in name for name in focused) == 1  # the picture alone
    expected = "− Background|▭ Box|Undo|Clear|More|✕ Remove|✎ Paint hint|◌ Erase hint|⤢ Zoom"
    expected += "|From the shown mask|+|−|Fit|←|→|↑|↓|Remove|published|best|0|1|2|3"
    expected += "|off|whole|part|sub-part|x, y   or   x0, y0, x1, y1|Add"
    buttons = [name for name in focused if name in expected.split("|")]
    assert "|".join(buttons) == expected
    assert focused.count("noUi-handle noUi-handle-lower") == 3  # brush, opacity, threshold
    assert "point\N{NO-BREAK SPACE}1\N{NO-BREAK SPACE}(+)" in focused  # the list of the marks
    assert prompting.notebook.value("len(session.prompts.points)") == 1
