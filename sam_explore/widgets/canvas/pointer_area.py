"""The kernel's side of the area over a canvas: the page's events as immutable values."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from string import Template
from typing import Any

from anywidget import AnyWidget
from ipycanvas import MultiCanvas
from ipywidgets import Box
from traitlets import Bool, List, Unicode

from ...plots import style
from ..session.ipykernel_subshells import keep_order

Position = tuple[float, float]

_HERE = Path(__file__)
_LEFT, _RIGHT = 0, 2  # the page's number of the right button
_COLOURS = {
    "ring": style.MASK,
    "sign": style.SIGN,
    "halo": style.HALO,
    "ink": style.INK,
}


@dataclass(frozen=True)
class Contact:
    """A pointer at a place.

    Args:
        at: x, y in canvas pixels; may be outside the canvas after a press on it.
        button: that was pressed: 0 the left one, a finger or a pen's tip, 2 the right one.
        pointer: "mouse", "touch" or "pen".
        id: of the finger, in the page's own numbers.
        width: width of the contact in CSS pixels.
        modifiers: the pressed ones of "shift", "ctrl", "alt" and "meta".
    """

    at: Position
    button: int = _LEFT
    pointer: str = "mouse"
    id: int = 0
    width: float = 1.0
    modifiers: frozenset[str] = frozenset()

    @property
    def is_secondary(self) -> bool:
        """Whether it is the right button, or the left one with Ctrl."""
        return self.button == _RIGHT or "ctrl" in self.modifiers


@dataclass(frozen=True)
class Pinch:
    """Two fingers that have moved.

    Args:
        start, at: the point between them before and now, in canvas pixels.
        factor: the ratio of their distances now and before.
    """

    start: Position
    at: Position
    factor: float


@dataclass(frozen=True)
class KeyPress:
    """What a key means.

    Args:
        name: "move", "enter", "begin" or "box" for the first and the second corner of a box,
            "delete", "undo", "redo" or "abandon".
        at: the keyboard cursor in canvas pixels.
        corner: the first corner of an unfinished box, or None.
    """

    name: str
    at: Position
    corner: Position | None


class PointerArea(AnyWidget):
    """A transparent area over a canvas; `under` lays both out.

    The page already drops what is not a prompt: palms, a second finger, the second click of a
    double click, the middle button. The wheel scrolls the page, unless it zooms.

    Args:
        canvas: the canvas under it.
        keys: for each key what it does, in words, shown by "?". Without keys the area takes no
            focus.

    Traits:
        grabs: it handles presses, drags and two fingers, and keeps the page from scrolling under a
            finger; otherwise only clicks, as a press when they end.
        sparse_drags: of a drag's moves only 25 a second are sent, where each is much work.
        zooms: the wheel zooms without Ctrl, and each of two quick clicks counts.
        cursor: CSS name of the mouse's cursor.
        label: what is seen, in words, for those who don't see it.
        news: read to them when it changes, such as by a screen reader.
        stops: places, as shares of the width and the height, between which the arrow keys go; with
            none, they move the cursor by a few pixels.
    """

    _esm = _HERE.with_suffix(".js").read_text("utf-8")
    _css = Template(_HERE.with_suffix(".css").read_text("utf-8")).substitute(_COLOURS)
    grabs = Bool(False).tag(sync=True)
    sparse_drags = Bool(False).tag(sync=True)
    zooms = Bool(False).tag(sync=True)
    cursor = Unicode("default").tag(sync=True)
    label = Unicode().tag(sync=True)
    news = Unicode().tag(sync=True)
    stops: List[list[float]] = List().tag(sync=True)
    key_help: List[list[str]] = List().tag(sync=True)

    def __init__(self, canvas: MultiCanvas, keys: dict[str, str] | None = None, **traits: Any):
        super().__init__(key_help=[[key, words] for key, words in (keys or {}).items()], **traits)
        self.canvas = canvas
        self._callbacks: dict[str, Callable[..., None]] = {}
        self.add_class("sam-explore-area")
        self.on_msg(self._receive)
        keep_order(self)

    def on(self, **callbacks: Callable[..., None]) -> None:
        """Set the callbacks for the page's events.

        Args:
            press, move, release: with a `Contact`.
            leave, cancel: without arguments; a cancelled press has no release.
            wheel: with x, y in canvas pixels and how far it was turned, positive for down.
            pinch: with a `Pinch`.
            key: with a `KeyPress`.
        """
        self._callbacks |= callbacks

    def announce(self, words: str) -> None:
        """Let a screen reader read these words, even if they are the same as the last ones."""
        self.news = f"{words}\N{NO-BREAK SPACE}" if words == self.news else words

    def _receive(self, _: object, content: dict, buffers: list) -> None:
        callback = self._callbacks.get(content.get("kind", ""))
        if callback is not None:
            callback(*self._values_of(content))

    def _values_of(self, content: dict) -> tuple:
        kind = content["kind"]
        if kind in ("leave", "cancel"):
            return ()
        at = self._position(content["at"])
        if kind == "wheel":
            return at, float(content["turned"])
        if kind == "pinch":
            return (Pinch(self._position(content["from"]), at, float(content["factor"])),)
        if kind == "key":
            corner = content["corner"] and self._position(content["corner"])
            return (KeyPress(content["name"], at, corner),)
        about = {name: content[name] for name in ("button", "pointer", "id", "width")}
        return (Contact(at, **about, modifiers=frozenset(content["modifiers"])),)

    def _position(self, shares: list[float]) -> Position:
        across, down = shares
        return across * self.canvas.width, down * self.canvas.height


def under(area: PointerArea) -> Box:
    """The canvas with the area over it, as one widget."""
    box = Box([area.canvas, area])
    box.add_class("sam-explore-under")
    return box
