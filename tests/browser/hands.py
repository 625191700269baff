"""Mouse, touch, pen and wheel events on a canvas of the page, as from a real device."""

from collections.abc import Sequence

from playwright.sync_api import CDPSession

from .canvas import Canvas, Point

FINGER_CSS = 10  # the radius of a contact; one of more than 15 is a palm


class Hands:
    """What a reader does on one canvas. Points are in canvas pixels."""

    def __init__(self, canvas: Canvas):
        self.canvas, self.page = canvas, canvas.page
        self._cdp: CDPSession = canvas.page.context.new_cdp_session(canvas.page)

    def fingers(self, kind: str, *points: Point, radius: float = FINGER_CSS) -> None:
        """All fingers that touch after this: "touchStart", "touchMove", "touchEnd" without any."""
        touches = [
            {"x": x, "y": y, "radiusX": radius, "radiusY": radius, "id": number}
            for number, (x, y) in enumerate(map(self.canvas.on_page, points))
        ]
        self._cdp.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": touches})

    def tap(self, point: Point, radius: float = FINGER_CSS) -> None:
        self.fingers("touchStart", point, radius=radius)
        self.fingers("touchEnd")

    def pinch(self, start: Sequence[Point], end: Sequence[Point], steps: int = 5) -> None:
        """Two fingers, one put down after the other, that move and are lifted together."""
        self.fingers("touchStart", start[0])
        self.fingers("touchStart", *start)
        for step in range(1, steps + 1):
            share = step / steps
            between = [
                tuple(a + share * (b - a) for a, b in zip(one, other, strict=True))
                for one, other in zip(start, end, strict=True)
            ]
            self.fingers("touchMove", *between)
        self.fingers("touchEnd")

    def pen(self, kind: str, point: Point) -> None:
        """ "mousePressed", "mouseMoved" or "mouseReleased", as a pen."""
        x, y = self.canvas.on_page(point)
        about = {"type": kind, "x": x, "y": y, "pointerType": "pen", "button": "left"}
        pressed = {"buttons": 0 if kind == "mouseReleased" else 1, "clickCount": 1}
        self._cdp.send("Input.dispatchMouseEvent", about | pressed)

    def wheel(self, point: Point, turned: float, *, ctrl: bool = False) -> None:
        self.canvas.move(point)
        if ctrl:
            self.page.keyboard.down("Control")
        self.page.mouse.wheel(0, turned)
        if ctrl:
            self.page.keyboard.up("Control")
