"""Takes the README's picture, docs/images/prompting.png: the first notebook with a click answered.

    python docs/images/make_prompting.py

It runs the notebook in a JupyterLab of its own, clicks on the turtle as a reader would, and
photographs the view. It needs what the browser tests need: the `test` extra and Chromium.
"""

import argparse
import io
import sys
from pathlib import Path

import numpy as np
from PIL import Image
from playwright.sync_api import FloatRect, Locator

sys.path.insert(0, str(Path(__file__).parents[2]))  # of the repository

from palette import with_palette

from tests.browser.lab import Notebook
from tests.browser.script import lab_in_a_browser

PICTURE = Path(__file__).with_name("prompting.png")
NOTEBOOK = Path(__file__).parents[2] / "notebooks" / "01_prompting.ipynb"
SHELL = 230.0, 300.0  # on the turtle, in pixels of its picture, which is as large on the page
CANVAS_PIXELS = 2  # of the stage, for each of the picture's
PAGE_WIDTH, PAGE_HEIGHT, PIXEL_RATIO = 1200, 1400, 2
MARGIN = 12  # in CSS pixels
MOST_KB = 500
# The bars at the sides go, and the last cell, far below, becomes the selected one.
TIDY = """async () => {
    await jupyterapp.commands.execute('application:toggle-left-area');
    const {content} = jupyterapp.shell.currentWidget;
    content.activeCellIndex = content.widgets.length - 1;
}"""


def main() -> None:
    arguments = read_arguments()
    with lab_in_a_browser(PAGE_WIDTH, PAGE_HEIGHT, PIXEL_RATIO) as lab:
        notebook = lab.open(NOTEBOOK)
        ask(notebook, (arguments.x, arguments.y))
        lab.page.evaluate(TIDY)
        narrow(notebook)
        png = lab.page.screenshot(clip=frame(notebook))
    save(Image.open(io.BytesIO(png)), arguments.to)


def read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--x", type=float, default=SHELL[0], help="where to click, in pixels")
    parser.add_argument("--y", type=float, default=SHELL[1], help="of the example picture")
    parser.add_argument("--to", type=Path, default=PICTURE, help="the file to write")
    return parser.parse_args()


def ask(notebook: Notebook, point_px: tuple[float, float]) -> None:
    """Click on the picture, and wait until the answer is drawn."""
    # The notebook's last cells have left a prompt.
    notebook.execute("session.clear()\nsession.settle()")
    stage = notebook.canvas()
    notebook.wait_until(lambda: stage.pixel((8, 8))[3] == 255, "the photo is shown")
    x, y = point_px
    stage.click((CANVAS_PIXELS * x, CANVAS_PIXELS * y))
    notebook.wait_until(
        lambda: notebook.value("len(session.prompts.points)") == 1, "the click has arrived"
    )
    notebook.execute("session.settle()")
    before = None
    while not np.array_equal(before, before := stage.pixels()):
        notebook.page.wait_for_timeout(500)
    notebook.page.mouse.move(1, 1)


def narrow(notebook: Notebook) -> None:
    """Make the page as narrow as the view allows."""
    view = cell_with(notebook, "PromptCanvas(")
    pictures = view.locator("canvas, img").all()
    unused = right(view.locator(".jp-OutputArea-output").last) - max(map(right, pictures))
    notebook.page.set_viewport_size(
        {"width": round(PAGE_WIDTH - unused + MARGIN), "height": PAGE_HEIGHT}
    )
    notebook.page.wait_for_timeout(500)  # a layout of all cells, of whose end nothing tells


def frame(notebook: Notebook) -> FloatRect:
    """What to photograph: from the first cell with code to the view."""
    last = cell_with(notebook, "PromptCanvas(")
    last.scroll_into_view_if_needed()
    first = cell_with(notebook, "import sam_explore").bounding_box()
    top, bottom = first["y"], last.bounding_box()["y"] + last.bounding_box()["height"]
    return {"x": first["x"], "y": top, "width": first["width"], "height": bottom - top}


def cell_with(notebook: Notebook, code: str) -> Locator:
    return notebook.page.locator(".jp-Notebook .jp-CodeCell").filter(has_text=code).first


def right(element: Locator) -> float:
    box = element.bounding_box()
    return box["x"] + box["width"]


def save(picture: Image.Image, path: Path) -> None:
    few = with_palette(picture)
    few.save(path, optimize=True)
    kilobytes = path.stat().st_size / 1000
    print(f"{path}: {few.width} x {few.height} pixels, {kilobytes:.0f} kB")
    if kilobytes > MOST_KB:
        raise SystemExit(f"That is more than {MOST_KB} kB, too much for a README.")


if __name__ == "__main__":
    main()
