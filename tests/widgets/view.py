"""A prompting view, as a test sees it."""

import numpy as np

from sam_explore.widgets import PromptCanvas
from sam_explore.widgets.canvas.picture_drawing import MASK, PROMPTS


class View:
    """A prompt canvas of 256 CSS pixels: a pixel of the picture of 64 is 8 canvas pixels."""

    def __init__(self, session, screen):
        self.session, self.screen = session, screen
        self.canvas = PromptCanvas(session, width=256)
        self.stage, self.thumbnails = self.canvas._stage.canvas, self.canvas._thumbnails.canvas
        self.controls = self.canvas._controls

    def mask(self) -> np.ndarray | None:
        """Which pixels of the picture are coloured."""
        drawn = self.screen.picture(self.stage[MASK])
        return None if drawn is None else drawn[..., 3] > 0

    def marks(self) -> list:
        """The middle of each point, in pixels of the picture, and whether it has a plus."""
        commands = self.screen.drawn(self.stage[PROMPTS])
        discs = [args[:2] for name, args in commands if name == "fillCircle"][::3]
        lines = [args for name, args in commands if name == "strokeLine"]
        # Rounded, since the middle between two ends is not always the very number they came from.
        upright = {_rounded(x0, (y0 + y1) / 2) for x0, y0, x1, y1 in lines if x0 == x1}
        return [(x / 8, y / 8, _rounded(x, y) in upright) for x, y in discs]

    def words(self) -> str:
        return self.canvas._status.value

    def error(self) -> str:
        return self.canvas._error.value


def _rounded(x: float, y: float) -> tuple[float, float]:
    return round(x, 6), round(y, 6)


def observers_of(session) -> int:
    """How many callbacks hang on the session's traits."""
    return sum(
        len(callbacks)
        for kinds in session._trait_notifiers.values()
        for callbacks in kinds.values()
    )


def half(side: str) -> np.ndarray:
    mask = np.zeros((64, 64), bool)
    rows, columns = {"left": (slice(None), slice(32)), "lower": (slice(32, None), slice(None))}[
        side
    ]
    mask[rows, columns] = True
    return mask
