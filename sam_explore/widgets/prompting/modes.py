"""The pointer's modes: what a click and a drag on the picture do."""

from enum import Enum

from ...geometry import BACKGROUND, FOREGROUND


class Mode(Enum):
    """A mode of the pointer.

    Attributes:
        words: on its button.
        hint: instructions for this mode, in a line under the picture.
    """

    FOREGROUND = ("+ Foreground", "Click: on the object. Drag: a box; from a mark, moves it.")
    BACKGROUND = ("− Background", "Click: not the object. Drag: a box; from a mark, moves it.")
    BOX = ("▭ Box", "Drag a box; drag a corner to change it.")
    REMOVE = ("✕ Remove", "Click on a point, or on a corner of the box, to remove it.")
    PAINT = ("✎ Paint hint", "Drag over the object: a rough mask, given to the model as a hint.")
    ERASE = ("◌ Erase hint", "Drag over what should not be in the mask hint.")
    ZOOM = ("⤢ Zoom", "Click or turn the wheel to enlarge, drag to move the picture.")

    def __init__(self, words: str, hint: str):
        self.words, self.hint = words, hint

    @property
    def label(self) -> int:
        """The label of the points that a click adds."""
        return BACKGROUND if self is Mode.BACKGROUND else FOREGROUND

    @property
    def adds_points(self) -> bool:
        return self in (Mode.FOREGROUND, Mode.BACKGROUND)

    @property
    def paints(self) -> bool:
        return self in (Mode.PAINT, Mode.ERASE)

    @property
    def secondary(self) -> "Mode":
        """The mode of the right mouse button."""
        if self in (Mode.FOREGROUND, Mode.BACKGROUND, Mode.BOX):
            return Mode.BACKGROUND
        return Mode.ERASE if self is Mode.PAINT else self


MAIN = (Mode.FOREGROUND, Mode.BACKGROUND, Mode.BOX)
MORE = (Mode.REMOVE, Mode.PAINT, Mode.ERASE, Mode.ZOOM)
