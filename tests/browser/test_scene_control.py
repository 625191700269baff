"""A scene that is dragged by a real pointer, in JupyterLab."""

import math
import time

import numpy as np
import pytest

from sam_explore.scenes import changed_scene

from .canvas import Canvas
from .lab import SETTLE, Lab, Notebook

CELLS = [
    "import sam_explore as sx\n\n"
    "session = sx.Session(sx.load(), sx.example('turtle'))\n"
    "session.add_point((230, 300))",
    "control = sx.course.SceneControl(session, width=400)\ncontrol",
    "exhibit = sx.explore(sx.probes.RawLogits, session)\nexhibit",
]
SHELL = (230, 300)  # in pixels of the picture
CSS, SIDE = 400 / 512, 800 / 512  # of the page and of the canvas, for a pixel of the picture


@pytest.fixture
def notebook(lab: Lab) -> Notebook:
    notebook = lab.open(CELLS)
    notebook.execute(SETTLE)
    notebook.page.evaluate("jupyterapp.shell.currentWidget.content.scrollToItem(1, 'start')")
    return notebook


@pytest.fixture
def scene(notebook: Notebook) -> Canvas:
    canvas = Canvas(notebook.page, notebook.page.locator("canvas.sam-explore-scene"))
    notebook.wait_until(lambda: canvas.pixel((8, 8))[3] == 255, "the scene is drawn")
    return canvas


def at(x: float, y: float) -> tuple[float, float]:
    return SIDE * x, SIDE * y


def photo(image: np.ndarray, x: float, y: float) -> np.ndarray:
    return image[int(y), int(x)].astype(int)


def test_a_drag_moves_the_turtle_and_every_exhibit_follows_at_its_end(notebook, scene):
    notebook.page.get_by_text("Its true IoU with turtle (whole) is").first.wait_for()
    before = notebook.value("exhibit.reading.provenance.fingerprint")
    scene.drag(at(*SHELL), at(250, 200), steps=6)
    notebook.wait_until(
        lambda: (
            notebook.value("session.truth.drawn_from.changes.moved_px")
            == {"turtle": (20.0, -100.0)}
        ),
        "the session has the moved turtle",
    )
    notebook.execute(SETTLE)
    assert notebook.value("session.prompts.points.tolist()") == [[250, 200]]
    notebook.page.get_by_text("turtle moved by 20, −100 pixels").first.wait_for()
    assert notebook.value("exhibit.reading.provenance.fingerprint") != before
    moved = changed_scene("turtle", moved_px={"turtle": (20, -100)}).image
    for place in ((20, 480), (500, 20), (160, 400)):  # meadow, sky, and where a foot had been
        shown = np.array(scene.pixel(at(*place))[:3], int)
        assert np.abs(shown - photo(moved, *place)).max() < 25
    notebook.page.get_by_role("button", name="As drawn").click()
    notebook.wait_until(
        lambda: notebook.value("session.truth.drawn_from.changes.code") == "",
        "all is as drawn",
    )
    assert notebook.value("session.prompts.points.tolist()") == [[230, 300]]


def test_a_long_drag_leaves_no_queue_behind(notebook, scene):
    """Moves come 40 a second for two seconds. What can't be shown in time is dropped."""
    page = notebook.page
    notebook.execute(
        "shown, show = [], control._runner._show\n"
        "control._runner._show = lambda now: (shown.append(now.prompts.points[0, 0]), show(now))\n"
        "kinds = []\n"
        "control._stage.area.on_msg(lambda area, said, buffers: kinds.append(said['kind']))"
    )
    left, top = scene.on_page((0, 0))
    page.mouse.move(left + SHELL[0] * CSS, top + SHELL[1] * CSS)
    page.mouse.down()
    begun = time.monotonic()
    places = [SHELL[0] + 50 * math.sin(step / 12) for step in range(80)]
    for x in places:
        page.mouse.move(left + x * CSS, top + SHELL[1] * CSS)
        page.wait_for_timeout(25)
    seconds = time.monotonic() - begun
    notebook.wait_until(
        lambda: (
            notebook.value("bool(shown) and float(shown[-1])") == pytest.approx(places[-1], abs=1)
        ),
        "the latest place is shown",
    )
    page.wait_for_timeout(100)  # the last of the thinned out moves
    notebook.execute(SETTLE)
    count = notebook.value("len(shown)")
    assert 2 <= count < len(places)
    assert notebook.value("kinds.count('move')") <= 25 * seconds + 2  # the page thins them out
    page.wait_for_timeout(500)
    assert notebook.value("len(shown)") == count
    assert notebook.value("session.truth.drawn_from.changes.moved_px") == {}
    page.mouse.up()
    notebook.wait_until(
        lambda: notebook.value("session.truth.drawn_from.changes.moved_px"), "it is let go"
    )


def test_keys_take_hold_of_it_and_move_it(notebook, scene):
    scene.click(at(*SHELL))
    page = notebook.page
    page.keyboard.press("Enter")
    for _ in range(4):
        page.keyboard.press("ArrowLeft")
    page.keyboard.press("Enter")
    notebook.wait_until(
        lambda: notebook.value("session.truth.drawn_from.changes.moved_px"), "it is moved"
    )
    x, y = notebook.value("session.truth.drawn_from.changes.moved_px['turtle']")
    assert x == pytest.approx(-51, abs=1)  # four steps of 10 CSS pixels, of which 400 are 512
    assert y == pytest.approx(0, abs=0.1)
