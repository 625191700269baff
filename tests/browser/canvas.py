"""An ipycanvas canvas in the page, in its own pixels: a mouse on it, and what it shows."""

import base64
from io import BytesIO

import numpy as np
from jaxtyping import UInt8
from PIL import Image
from playwright.sync_api import Locator, Page

Point = tuple[float, float]

_READ = "canvas => canvas.toDataURL('image/png')"  # a quarter of the time of its raw bytes
_FINGERPRINT = """async canvas => {
    const {width, height} = canvas;
    const {data} = canvas.getContext('2d').getImageData(0, 0, width, height);
    return [width, height, ...new Uint8Array(await crypto.subtle.digest('SHA-1', data))];
}"""


class Canvas:
    """One canvas. A MultiCanvas is a single one: its layers are drawn into it.

    All points are (x, y) in the canvas' pixels, which need not be as large as those of the page.
    """

    def __init__(self, page: Page, locator: Locator):
        self.page = page
        self.locator = locator

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in the canvas' pixels."""
        return tuple(self.locator.evaluate("canvas => [canvas.width, canvas.height]"))

    def pixels(self) -> UInt8[np.ndarray, "height width 4"]:
        """What the canvas shows now, RGBA."""
        content = base64.b64decode(self.locator.evaluate(_READ).partition(",")[2])
        return np.asarray(Image.open(BytesIO(content)).convert("RGBA"))

    def fingerprint(self) -> list[int]:
        """Another one when a single pixel is another. Much quicker than to read them all."""
        return self.locator.evaluate(_FINGERPRINT)

    def pixel(self, point: Point) -> tuple[int, int, int, int]:
        """One pixel, RGBA, without fetching the others."""
        read = "(c, [x, y]) => Array.from(c.getContext('2d').getImageData(x, y, 1, 1).data)"
        return tuple(self.locator.evaluate(read, list(point)))

    def move(self, point: Point) -> None:
        self.page.mouse.move(*self.on_page(point))

    def click(self, point: Point, button: str = "left", count: int = 1) -> None:
        self.page.mouse.click(*self.on_page(point), button=button, click_count=count)

    def drag(self, start: Point, end: Point, steps: int = 8) -> None:
        """Press at `start`, move in a straight line, release at `end`."""
        start_page, end_page = self.on_page(start), self.on_page(end)
        self.page.mouse.move(*start_page)
        self.page.mouse.down()
        self.page.mouse.move(*end_page, steps=steps)
        self.page.mouse.up()

    def on_page(self, point: Point) -> Point:
        """Where that is in CSS pixels of the page, scrolled to if need be."""
        self.locator.scroll_into_view_if_needed()
        box = self.locator.bounding_box()
        width, height = self.size
        x, y = point
        return box["x"] + x * box["width"] / width, box["y"] + y * box["height"] / height
