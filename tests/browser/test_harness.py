"""Tests of the harness itself: its clicks arrive, what it reads is there, no error is missed."""

import re
from pathlib import Path

import numpy as np
import pytest

from .kept_page import KeptPage
from .lab import Lab
from .server import Server

# Canvases of ipycanvas alone need a fresh kernel: in a forked one nothing draws them.
# A canvas whose pixels are twice as many as the page gives it room for, in two layers. The kernel
# answers each click with a square.
ECHO = """
import ipycanvas

stage = ipycanvas.MultiCanvas(2, width=300, height=200)
stage.layout.width = "150px"
stage[0].fill_style = "#000000"
stage[0].fill_rect(0, 0, 300, 200)
pressed, released = [], []

def answer(x, y):
    pressed.append((x, y))
    stage[1].fill_style = "#ff8000"
    stage[1].fill_rect(x - 5, y - 5, 10, 10)

stage.on_mouse_down(answer)
stage.on_mouse_up(lambda x, y: released.append((x, y)))
stage
"""
ORANGE, BLACK = (255, 128, 0, 255), (0, 0, 0, 255)


@pytest.mark.fresh_kernel
def test_a_click_in_canvas_pixels_reaches_the_kernel_and_its_answer_is_read_back(lab: Lab):
    notebook = lab.open(ECHO)
    canvas = notebook.canvas()
    notebook.wait_until(lambda: canvas.pixel((10, 10)) == BLACK, "the canvas is black")
    assert canvas.size == (300, 200)
    canvas.click((220, 60))
    notebook.wait_until(lambda: canvas.pixel((220, 60)) == ORANGE, "the click is answered")
    assert np.allclose(notebook.value("pressed"), [(220, 60)], atol=1)
    shown = canvas.pixels()
    assert shown.shape == (200, 300, 4)
    assert 80 <= (shown == ORANGE).all(axis=2).sum() <= 120
    assert tuple(shown[150, 20]) == BLACK


@pytest.mark.fresh_kernel
def test_a_drag_presses_at_its_start_and_releases_at_its_end(lab: Lab):
    notebook = lab.open(ECHO)
    notebook.canvas().drag((40, 30), (250, 170))
    notebook.wait_until(lambda: notebook.value("released"), "the drag has ended")
    assert np.allclose(notebook.value("pressed + released"), [(40, 30), (250, 170)], atol=1)


@pytest.mark.fresh_page
def test_after_a_reload_the_same_kernel_answers(lab: Lab):
    notebook = lab.open(["kept = 41", "import ipywidgets\n\nipywidgets.HTML('<b>shown</b>')"])
    notebook.output("b").wait_for()
    notebook.execute("kept += 1")
    notebook.reload()
    notebook.output("b").wait_for()
    assert notebook.value("kept") == 42


def test_a_cell_that_raises_fails_the_test(lab: Lab):
    with pytest.raises(AssertionError, match="ZeroDivisionError"):
        lab.open(["1 / 0"])
    assert len(lab.kernel_errors) == 1
    lab.kernel_errors.clear()


@pytest.mark.fresh_kernel
def test_an_exception_in_a_callback_is_noted(lab: Lab):
    notebook = lab.open(ECHO)
    notebook.execute("stage.on_mouse_down(lambda x, y: 1 / 0)")
    notebook.canvas().click((20, 20))
    notebook.wait_until(lambda: lab.kernel_errors, "the kernel has raised")
    assert "ZeroDivisionError" in lab.kernel_errors.pop()


def test_an_error_of_the_page_is_noted(lab: Lab):
    notebook = lab.open("1")
    notebook.page.evaluate("() => { setTimeout(() => { throw new Error('on purpose') }) }")
    notebook.wait_until(lambda: lab.page_errors, "the page has raised")
    assert "on purpose" in lab.page_errors.pop()


def test_the_page_is_kept_and_nothing_in_it_is_that_of_the_test_before(
    kept_page: KeptPage, jupyter_server: Server
):
    first = kept_page.again()
    first.open(["mine = 1", "import ipywidgets\n\nipywidgets.HTML('<b>mine</b>')", "mine"])
    first.page.locator("b").get_by_text("mine").wait_for()
    first.page.evaluate("() => { window.mine = 1 }")
    first.page.set_viewport_size({"width": 600, "height": 500})
    kept_page.done(first, keep=True)
    assert jupyter_server.request("GET", "api/sessions") == []
    second = kept_page.again()
    notebook = second.open("1")
    assert second.page.evaluate("window.mine") == 1  # the page has not been loaded again
    assert second.page.viewport_size == {"width": 1400, "height": 1000}
    assert second.page.locator("b").get_by_text("mine").count() == 0
    assert second.page.locator(".jp-NotebookPanel").count() == 1
    assert notebook.value("'mine' in globals()") is False
    kept_page.done(second, keep=False)
    third = kept_page.again()
    third.open("1")
    assert third.page.evaluate("window.mine") is None
    kept_page.done(third, keep=True)


def test_every_page_waits_with_the_same_patience():
    """The 30 s of playwright were too few for a busy machine."""
    sources = {path.name: path.read_text() for path in Path(__file__).parent.glob("*.py")}
    opens = re.compile(r"browser\.new_(page|context)\(")
    assert [name for name, text in sources.items() if opens.search(text)] == ["chromium.py"]
