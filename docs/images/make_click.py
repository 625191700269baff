"""Makes the README's animation, docs/images/click.webp: one click that drives three exhibits.

    python docs/images/make_click.py

It opens a notebook in a JupyterLab of its own, clicks on the picture as a reader would, photographs
the picture and the three exhibits before and after each click, and lays them out in one frame each.
It needs what the browser tests need: the `test` extra and Chromium.
"""

import argparse
import io
import sys
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont
from playwright.sync_api import Locator

sys.path.insert(0, str(Path(__file__).parents[2]))  # of the repository

from matplotlib import font_manager

from tests.browser.lab import Notebook
from tests.browser.script import lab_in_a_browser

PICTURE = Path(__file__).with_name("click.webp")
CELLS = [
    """import sam_explore as sx

session = sx.Session(sx.load(), sx.example("turtle"))
sx.PromptCanvas(session, width=512)""",
    "sx.explore(sx.probes.RawLogits, session)",
    "sx.explore(sx.probes.AttentionRow, session, block={block}, head=-1)",
    "sx.explore(sx.probes.Attribution, session)",
]
TITLES = [
    "One click",
    "The raw logits of the four masks",
    "What the token under the click attends to",
    "What the mask depends on, by gradient and by occlusion",
]
BLOCK = "session.sam.config.global_blocks[-1]"
CLICKS = [(230.0, 300.0), (58.0, 215.0)]  # pixels of the picture: the shell, and the mushroom
CANVAS_PIXELS = 2  # of the stage, for each of the picture's
PAGE_WIDTH, PAGE_HEIGHT = 1400, 6000  # all exhibits are in view
FRAME_MS = [3000, 3000, 1500]
PADDING, TITLE_PX, COLUMN_PX = 12, 22, 410
INK, PAPER = (40, 40, 40), (255, 255, 255)
QUALITY, MOST_KB = 80, 400


@dataclass(frozen=True)
class Moment:
    """What the page shows at a moment.

    Args:
        stage: the picture with prompts and mask.
        exhibits: the three exhibits.
    """

    stage: Image.Image
    exhibits: list[Image.Image]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--to", type=Path, default=PICTURE, help="the file to write")
    arguments = parser.parse_args()
    with lab_in_a_browser(PAGE_WIDTH, PAGE_HEIGHT) as lab:
        notebook = lab.open([cell.format(block=BLOCK) for cell in CELLS])
        nothing = look(notebook)
        moments = []
        for point in CLICKS:
            click(notebook, point)
            moments.append(look(notebook))
    moments.append(nothing)  # last, so that a viewer that doesn't play it shows an answer
    save([laid_out(moment) for moment in moments], arguments.to)


def click(notebook: Notebook, point_px: tuple[float, float]) -> None:
    """One click on a picture without prompts, and wait until the kernel has computed everything."""
    notebook.execute("session.clear()\nsession.settle(300)")
    x, y = point_px
    notebook.canvas().click((CANVAS_PIXELS * x, CANVAS_PIXELS * y))
    notebook.wait_until(
        lambda: notebook.value("len(session.prompts.points)") == 1, "the click has arrived"
    )
    notebook.page.mouse.move(1, 1)


def look(notebook: Notebook) -> Moment:
    notebook.execute("session.settle(300)")
    cells = notebook.page.locator(".jp-Notebook .jp-CodeCell")
    shown = [cells.nth(at).locator(".sam-explore-under").first for at in range(len(CELLS))]
    stage, *exhibits = [when_drawn(each) for each in shown]
    return Moment(stage, exhibits)


def when_drawn(element: Locator) -> Image.Image:
    """A photograph of a part of the page, once it no longer changes."""
    element.scroll_into_view_if_needed()
    before = None
    while before != (now := element.screenshot()):
        before = now
        element.page.wait_for_timeout(700)
    return Image.open(io.BytesIO(now)).convert("RGB")


def laid_out(moment: Moment) -> Image.Image:
    """Two columns: the picture and what its token attends to; the other two exhibits."""
    logits, attention, attribution = moment.exhibits
    columns = [
        [(TITLES[0], moment.stage), (TITLES[2], attention)],
        [(TITLES[1], logits), (TITLES[3], attribution)],
    ]
    placed, height = [], 0
    for column, parts in enumerate(columns):
        x, y = PADDING + column * (COLUMN_PX + PADDING), PADDING
        for title, part in parts:
            small = scaled(part, COLUMN_PX)
            placed.append((small, title, (x, y)))
            y += TITLE_PX + small.height + PADDING
        height = max(height, y)
    frame = Image.new("RGB", (2 * COLUMN_PX + 3 * PADDING, height), PAPER)
    for small, title, corner in placed:
        put(frame, small, title, corner)
    return frame


def put(frame: Image.Image, part: Image.Image, title: str, corner: tuple[int, int]) -> None:
    x, y = corner
    font = ImageFont.truetype(font_manager.findfont("DejaVu Sans"), 14)
    ImageDraw.Draw(frame).text((x, y), title, INK, font)
    frame.paste(part, (x, y + TITLE_PX))


def scaled(picture: Image.Image, width: int) -> Image.Image:
    return picture.resize((width, round(picture.height * width / picture.width)), Image.LANCZOS)


def save(frames: list[Image.Image], path: Path) -> None:
    height = max(frame.height for frame in frames)
    alike = [Image.new("RGB", (frame.width, height), PAPER) for frame in frames]
    for whole, frame in zip(alike, frames, strict=True):
        whole.paste(frame, (0, 0))
    if any(np.array_equal(one, other) for one, other in pairwise(alike)):
        raise SystemExit("Two frames in a row are the same: a click changed nothing.")
    first, *others = alike
    options = {"append_images": others, "duration": FRAME_MS, "loop": 0, "quality": QUALITY}
    first.save(path, save_all=True, method=6, **options)
    kilobytes = path.stat().st_size / 1000
    print(f"{path}: {len(frames)} frames of {first.width} x {height}, {kilobytes:.0f} kB")
    if kilobytes > MOST_KB:
        raise SystemExit(f"That is more than {MOST_KB} kB, too much for a README.")


if __name__ == "__main__":
    main()
