"""Mouse, fingers, pen, wheel and keys on the picture, each as the page gets it from a device."""

import re

import pytest
from playwright.sync_api import Browser, expect

from .canvas import Canvas
from .chromium import new_context
from .hands import Hands
from .lab import Lab
from .prompting import OPEN, SHELL, Prompting
from .server import WARM, Server

SCROLLED = "() => document.querySelector('.jp-WindowedPanel-outer').scrollTop"
POINTS = "session.prompts.points.tolist()"
BOX = "[float(x) for x in canvas._stage.viewport.box]"
RINGS = """area => {
    const {outlineStyle, outlineWidth, boxShadow} = getComputedStyle(area);
    return [outlineStyle, outlineWidth, boxShadow !== 'none'];
}"""


@pytest.fixture
def hands(prompting: Prompting) -> Hands:
    return Hands(prompting.stage)


def points_after(prompting: Prompting, count: int) -> list:
    """The points once there are so many, and time has passed in which more would have come."""
    prompting.wait(f"len(session.prompts.points) == {count}", f"there are {count} points")
    prompting.notebook.page.wait_for_timeout(150)
    prompting.settle()
    return prompting.notebook.value(POINTS)


def test_fingers_prompt_one_at_a_time_and_two_zoom_and_pan(prompting: Prompting, hands: Hands):
    value = prompting.notebook.value
    hands.tap((460, 600))
    assert points_after(prompting, 1) == [pytest.approx([230, 300], abs=1)]
    hands.tap((200, 200), radius=16)  # a palm
    hands.fingers("touchStart", (300, 300))
    hands.fingers("touchStart", (300, 300), (700, 700))  # a tap of another finger meanwhile
    hands.fingers("touchEnd", (300, 300))
    hands.fingers("touchEnd")
    assert len(points_after(prompting, 1)) == 1
    hands.pinch([(412, 512), (612, 512)], [(312, 512), (712, 512)])
    prompting.wait("canvas._stage.viewport.zoom > 1.99", "the picture is enlarged")
    assert value(BOX) == pytest.approx([128, 128, 384, 384], abs=1)
    hands.pinch([(412, 512), (612, 512)], [(312, 412), (512, 412)])
    prompting.wait("canvas._stage.viewport.left > 150", "the picture has moved")
    assert value(BOX) == pytest.approx([153, 153, 409, 409], abs=1)
    assert len(points_after(prompting, 1)) == 1
    assert value("session.prompts.box is None")
    hands.fingers("touchStart", (200, 200))
    for step in (300, 500, 800):
        hands.fingers("touchMove", (step, step))
    hands.fingers("touchEnd")
    prompting.wait("session.prompts.box is not None", "one finger draws a box")
    expected = [153 + 50, 153 + 50, 153 + 200, 153 + 200]
    assert value("session.prompts.box.tolist()") == pytest.approx(expected, abs=1.5)


def test_pen_and_finger_together_are_the_pen(prompting: Prompting, hands: Hands):
    hands.fingers("touchStart", (300, 300))  # the side of a hand that holds the pen
    hands.pen("mousePressed", (460, 600))
    hands.fingers("touchStart", (300, 300), (900, 300))
    hands.pen("mouseReleased", (460, 600))
    hands.fingers("touchEnd")
    assert points_after(prompting, 1) == [pytest.approx([230, 300], abs=1)]
    assert prompting.notebook.value("session.prompts.box is None")


def test_each_button_of_the_mouse_means_its_own_and_a_double_click_is_one(prompting: Prompting):
    stage = prompting.stage
    stage.click((460, 600), count=2)
    assert len(points_after(prompting, 1)) == 1
    stage.page.wait_for_timeout(500)  # then it is no click of the same burst
    stage.click((460, 600), count=4)  # two double clicks
    points_after(prompting, 3)
    prompting.notebook.execute("session.undo(); session.undo()")
    stage.click((940, 940), button="middle")
    assert len(points_after(prompting, 1)) == 1
    stage.click((940, 940), button="right")
    points_after(prompting, 2)
    stage.page.keyboard.down("Control")
    stage.click((940, 100))
    stage.page.keyboard.up("Control")
    points_after(prompting, 3)
    assert prompting.notebook.value("session.prompts.labels.tolist()") == [1, 0, 0]
    assert not stage.page.locator(".lm-Menu").count()  # the page's own menu


def test_the_page_scrolls_under_the_wheel_unless_it_zooms(prompting: Prompting, hands: Hands):
    page, value = prompting.notebook.page, prompting.notebook.value
    page.set_viewport_size({"width": 1400, "height": 700})
    hands.wheel((500, 300), 60)
    page.wait_for_function(f"({SCROLLED})() > 0")
    assert value("float(canvas._stage.viewport.zoom)") == 1
    before = page.evaluate(SCROLLED)
    hands.wheel((500, 300), -200, ctrl=True)
    prompting.wait("canvas._stage.viewport.zoom > 1.3", "Ctrl and the wheel enlarge")
    prompting.notebook.output("button").filter(has_text="More").click()
    prompting.notebook.output("button").filter(has_text="⤢ Zoom").click()
    page.locator(".sam-explore-area").first.scroll_into_view_if_needed()
    before = page.evaluate(SCROLLED)
    zoom = value("float(canvas._stage.viewport.zoom)")
    hands.wheel((500, 700), 100)
    prompting.wait(f"canvas._stage.viewport.zoom < {zoom}", "the wheel alone zooms in its mode")
    assert page.evaluate(SCROLLED) == before
    thumbnails = Hands(prompting.thumbnails)
    prompting.thumbnails.move((500, 100))
    before = page.evaluate(SCROLLED)
    thumbnails.wheel((500, 100), -60)
    page.wait_for_function(f"({SCROLLED})() !== {before}")


def test_keys_do_all_that_a_mouse_does_and_it_is_said(prompting: Prompting):
    page, value = prompting.notebook.page, prompting.notebook.value
    area = prompting.notebook.output(".sam-explore-area").first
    news = prompting.notebook.output(".sam-explore-news").first
    prompting.notebook.output("button").filter(has_text="More").focus()
    while not area.evaluate("area => area === document.activeElement"):
        page.keyboard.press("Tab")
    assert area.evaluate(RINGS) == ["solid", "3px", True]
    assert "Click on an object" in area.get_attribute("aria-label")
    page.keyboard.press("?")
    expect(prompting.notebook.output(".sam-explore-keys").first).to_be_visible()
    assert "Enter does what a click does" in news.inner_text()
    page.keyboard.press("Escape")
    expect(prompting.notebook.output(".sam-explore-keys").first).to_be_hidden()
    for key in ("ArrowLeft", "ArrowLeft", "ArrowDown", "Shift+ArrowDown"):
        page.keyboard.press(key)
    expect(news).to_have_text("x 236, y 267")
    page.keyboard.press("Enter")
    assert points_after(prompting, 1) == [pytest.approx([236, 267], abs=0.6)]
    expect(news).to_contain_text("1 foreground point. Mask")
    expect(area).to_have_attribute("aria-label", re.compile("1 foreground point. Mask"))
    prompting.assert_mask_is_shown()
    page.keyboard.press("b")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("b")
    prompting.wait("session.prompts.box is not None", "a box is drawn")
    assert value("session.prompts.box.tolist()") == pytest.approx([236, 257, 246, 267], abs=0.6)
    page.keyboard.press("Control+z")
    prompting.wait("session.prompts.box is None", "the box is undone")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Delete")
    points_after(prompting, 0)
    for key in ("x", "d", "d", "a", "y"):  # cuts, deletes, inserts and converts cells elsewhere
        page.keyboard.press(key)
    cells = page.evaluate("() => jupyterapp.shell.currentWidget.content.widgets.length")
    assert cells == 1  # no key of these reached the notebook, where B would insert a cell
    page.keyboard.press("Tab")
    assert not area.evaluate("area => area === document.activeElement")


def test_at_two_device_pixels_and_any_zoom_of_the_page_a_click_hits(
    browser: Browser, jupyter_server: Server
):
    size = {"width": 1400, "height": 1200}
    with new_context(browser, viewport=size, device_scale_factor=2) as context:
        page = context.new_page()
        notebook = Lab(page, jupyter_server, kernel=WARM).open(OPEN)
        for zoom in (1.0, 1.5, 0.67):
            notebook.execute("session.clear()")
            page.evaluate(f"() => {{ document.documentElement.style.zoom = {zoom} }}")
            prompting = Prompting(notebook)
            prompting.click(SHELL)
            assert points_after(prompting, 1) == [pytest.approx(list(SHELL), abs=1.5)], zoom
            Hands(Canvas(page, prompting.stage.locator)).tap((800, 300))
            assert points_after(prompting, 2)[1] == pytest.approx([400, 150], abs=1.5), zoom
    jupyter_server.stop_kernels()
