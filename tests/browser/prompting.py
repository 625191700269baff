"""The prompting view in the page: where to click, and what is to be seen."""

import numpy as np
from jaxtyping import Bool, UInt8

from sam_explore.plots import style

from .canvas import Canvas
from .lab import SETTLE, Notebook

OPEN = """
import sam_explore as sx

session = sx.Session(sx.load(), sx.example("turtle"))
canvas = sx.PromptCanvas(session, keep_in_view=False)
canvas
"""
SIDE = 512  # of the picture in its pixels and of its place on the page; the canvas has twice that
SHELL, MEADOW = (230, 300), (470, 470)  # in pixels of the picture


class Prompting:
    """The view in the page: where to click, and what is to be seen."""

    def __init__(self, notebook: Notebook):
        self.notebook = notebook
        # By its class: it leaves its cell for the corner when that is scrolled away.
        self.stage = Canvas(notebook.page, notebook.page.locator(".sam-explore-stage").first)
        self.thumbnails = Canvas(
            notebook.page, notebook.output("canvas.sam-explore-thumbnails").first
        )
        notebook.wait_until(lambda: self.stage.pixel((8, 8))[3] == 255, "the picture is there")
        self.wait("not session.busy", "the picture is encoded")
        self.settle()
        self.photo = self.picture()

    def click(self, point_px: tuple[float, float]) -> None:
        self.stage.click((2 * point_px[0], 2 * point_px[1]))

    def drag(self, start_px: tuple[float, float], end_px: tuple[float, float]) -> None:
        self.stage.drag((2 * start_px[0], 2 * start_px[1]), (2 * end_px[0], 2 * end_px[1]))

    def wait(self, expression: str, what: str) -> None:
        self.notebook.wait_until(lambda: self.notebook.value(f"bool({expression})"), what)

    def read(self, words: str) -> None:
        """Wait until the page says so."""
        self.notebook.page.get_by_text(words).first.wait_for()

    def settle(self) -> None:
        """Until the kernel is done, and the page has drawn."""
        self.notebook.execute(SETTLE)
        before = None
        while before != (before := self.fingerprints()):
            self.notebook.page.wait_for_timeout(100)

    def picture(self) -> UInt8[np.ndarray, "512 512 3"]:
        """What the stage shows, a canvas pixel for each of the picture's."""
        return self.stage.pixels()[1::2, 1::2, :3]

    def everything(self) -> np.ndarray:
        return np.concatenate([self.stage.pixels().ravel(), self.thumbnails.pixels().ravel()])

    def fingerprints(self) -> list[list[int]]:
        return [self.stage.fingerprint(), self.thumbnails.fingerprint()]

    def mask(self) -> Bool[np.ndarray, "512 512"]:
        """The mask that the kernel wants to be shown."""
        packed = self.notebook.value(
            "(lambda mask: __import__('numpy').packbits(mask).tobytes())"
            "(session.prediction.masks(session.threshold)[session.shown_mask])"
        )
        return np.unpackbits(np.frombuffer(packed, np.uint8)).reshape(SIDE, SIDE).astype(bool)

    def shown(self) -> Bool[np.ndarray, "512 512"]:
        """Where the stage shows the mask's colour or its white outline instead of the photo."""
        *colour, _ = style.rgba(style.MASK)
        filled = self.photo * (1 - style.MASK_OPACITY) + np.array(colour) * style.MASK_OPACITY
        shown = self.picture().astype(float)
        distances = [np.abs(shown - other).max(axis=2) for other in (self.photo, filled, 255.0)]
        return np.argmin(distances, axis=0) > 0

    def marked(self) -> Bool[np.ndarray, "512 512"]:
        """Pixels that the mark of a point or the line of the box covers."""
        rows, columns = np.mgrid[:SIDE, :SIDE] + 0.5
        covered = np.zeros((SIDE, SIDE), bool)
        for x, y in self.notebook.value("session.prompts.points.tolist()"):
            covered |= (rows - y) ** 2 + (columns - x) ** 2 < 14**2
        box = "[box.tolist() for box in [session.prompts.box] if box is not None]"
        for x0, y0, x1, y1 in self.notebook.value(box):
            outside = np.maximum.reduce([x0 - columns, columns - x1, y0 - rows, rows - y1])
            covered |= np.abs(outside) < 4
        return covered

    def assert_mask_is_shown(self) -> None:
        """The stage shows the kernel's mask, where no mark covers it."""
        differs = (self.shown() != self.mask()) & ~self.marked()
        # White clouds look like the outline, and some blue of the sky like the fill.
        assert differs.mean() < 0.01
