"""The same views in Notebook 7 and in Voila: a click gives a mask, an explorer follows.

Fingers, pen, buttons, wheel and keys do what they do in JupyterLab.
"""

import re

import pytest
from playwright.sync_api import Page, expect

from .app import App
from .canvas import Canvas
from .conftest import CLICKS
from .hands import Hands
from .lab import Lab

SHELL = (230, 300)  # in canvas pixels, as many as the picture's at this width


def assert_a_click_is_answered(page: Page, stage: Canvas) -> None:
    """By a mask in the picture, by words below it, and by the explorer."""
    page.get_by_text("Click on an object to ask for its mask").first.wait_for()
    page.get_by_text("There is no prompt yet").first.wait_for()
    before = stage.pixels()
    stage.click(SHELL)
    page.get_by_text("1 foreground point. Mask").first.wait_for()
    page.get_by_text("There is no prompt yet").first.wait_for(state="detached")
    changed = (stage.pixels() != before).any(axis=2)
    assert changed.sum() > 0.02 * changed.size
    assert changed[SHELL[1], SHELL[0]]


def assert_all_hands_are_heard(page: Page, stage: Canvas) -> None:
    """After one click: what each device adds is said in the sentence below the picture."""
    hands, area = Hands(stage), page.locator(".sam-explore-area").first

    def read(words: str) -> None:
        said = re.compile(f"^{words}(, with the logits[^.]*)?[.] Mask")
        page.get_by_text(said).first.wait_for()

    hands.tap((200, 60), radius=20)  # a palm
    hands.pinch([(200, 256), (312, 256)], [(150, 256), (362, 256)])
    page.wait_for_timeout(300)
    hands.pinch([(150, 256), (362, 256)], [(200, 256), (312, 256)])
    hands.tap((300, 200))
    read("2 foreground points")
    stage.click((40, 480), button="right")
    read("2 foreground points and 1 background point")
    assert not page.locator(".lm-Menu").count()
    stage.click((100, 100), count=2)
    read("3 foreground points and 1 background point")
    hands.fingers("touchStart", (60, 60))
    hands.pen("mousePressed", (400, 300))
    hands.pen("mouseReleased", (400, 300))
    hands.fingers("touchEnd")
    read("4 foreground points and 1 background point")
    page.keyboard.press("ArrowLeft")  # of the picture, which was pressed on
    page.keyboard.press("Enter")
    read("5 foreground points and 1 background point")
    expect(area).to_have_attribute("aria-label", re.compile("5 foreground points"))
    expect(page.locator(".sam-explore-news").first).to_contain_text("5 foreground points")
    page.keyboard.press("Control+z")
    read("4 foreground points and 1 background point")
    assert area.evaluate(WHEEL, {}) == [False, False]
    assert area.evaluate(WHEEL, {"ctrlKey": True}) == [True, False]


def assert_the_picture_stays_in_view(page: Page) -> None:
    """Scrolled away, it goes into a corner and takes clicks there; scrolled to, it goes back."""
    page.set_viewport_size({"width": 1200, "height": 450})
    page.locator(".sam-explore-explorer canvas").first.evaluate("it => it.scrollIntoView(true)")
    corner = page.locator(".sam-explore-corner")
    expect(corner).to_be_in_viewport(ratio=0.95)
    corner.get_by_role("button", name="Clear").click()
    Canvas(page, corner.locator("canvas")).click(SHELL)
    page.get_by_text(re.compile("^1 foreground point[.] Mask")).first.wait_for(state="attached")
    page.locator(".sam-explore-thumbnails").first.scroll_into_view_if_needed()
    page.locator(".sam-explore-stage-place").first.scroll_into_view_if_needed()
    expect(corner).to_have_count(0)


# Whether a wheel over the picture, and one over the masks, keeps the page from scrolling.
WHEEL = """(area, keys) => {
    const areas = [area, document.querySelectorAll('.sam-explore-area')[1]];
    const about = {deltaY: 1, bubbles: true, cancelable: true, ...keys};
    return areas.map(each => !each.dispatchEvent(new WheelEvent('wheel', about)));
}"""


@pytest.mark.fresh_kernel
def test_notebook_7_answers_a_click(lab: Lab):
    notebook = lab.open(CLICKS, notebook_7=True)
    assert_a_click_is_answered(lab.page, notebook.canvas(0))
    assert_all_hands_are_heard(lab.page, notebook.canvas(0))
    assert_the_picture_stays_in_view(lab.page)


def test_the_app_answers_a_click_shows_no_code_and_ends_with_the_tab(page: Page, app: App):
    errors, ended = [], app.count("Kernel shutdown")
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(app.chapter("clicks"))
    stage = page.locator("canvas").first
    stage.wait_for()
    assert_a_click_is_answered(page, Canvas(page, stage))
    assert_all_hands_are_heard(page, Canvas(page, stage))
    assert_the_picture_stays_in_view(page)
    assert "import sam_explore" not in page.inner_text("body")
    assert errors == []
    page.goto("about:blank")
    app.wait_for("Kernel shutdown", ended + 1)
