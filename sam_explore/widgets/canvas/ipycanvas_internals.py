"""The private parts of ipycanvas that drawing depends on: its manager, and a canvas's layers."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from time import monotonic
from typing import Any, TypeAlias

from ipycanvas import Canvas, MultiCanvas
from ipycanvas.canvas import COMMANDS, _CanvasManager
from ipywidgets import Widget

from .ipywidgets_registry import widget_of

Manager: TypeAlias = _CanvasManager


def layers_of(widget: Widget) -> tuple[Canvas, ...]:
    """The canvases in a canvas of several layers; none for any other widget."""
    return tuple(widget._canvases) if isinstance(widget, MultiCanvas) else ()


def draw_through(manager: Manager, canvas: MultiCanvas) -> None:
    """Send drawing on a canvas and its layers through this manager instead of the shared one."""
    for part in (canvas, *layers_of(canvas)):
        part._canvas_manager = manager


@dataclass
class Drawing:
    """The commands for one canvas, and the memory that they refer to."""

    commands: list[list] = field(default_factory=list)
    buffers: list[Any] = field(default_factory=list)

    @property
    def is_whole(self) -> bool:
        """Whether nothing stays of what was drawn before."""
        return self.commands[0][0] == COMMANDS["clear"]

    def is_like(self, other: "Drawing") -> bool:
        return self.commands == other.commands and list(map(bytes, self.buffers)) == list(
            map(bytes, other.buffers)
        )

    def pictures(self) -> list[bytes | memoryview]:
        """The files of the pictures that it draws."""
        names = (each[1][0] for each in self.commands if each[0] == COMMANDS["drawImage"])
        return [widget_of(name.removeprefix(_REFERENCE)).value for name in names]  # type: ignore[union-attr]


class Drawn:
    """What was sent last for each canvas, so that it is not sent twice.

    In the page, each canvas that a message names is put together again from all layers of its view,
    which takes longer there than all else. A drawing is repeated after some seconds nevertheless,
    in case that the page has lost a message.
    """

    def __init__(self) -> None:
        self._last: dict[str, tuple[Drawing, list, tuple[int, int], float]] = {}

    def forget(self) -> None:
        """All canvases of the page are empty."""
        self._last.clear()

    def only_new(self, drawings: dict[str, Drawing]) -> dict[str, Drawing]:
        """Those that change anything in the page, which are sent now."""
        return {name: each for name, each in drawings.items() if not self._is_known(name, each)}

    def _is_known(self, name: str, drawing: Drawing) -> bool:
        canvas = widget_of(name.removeprefix(_REFERENCE))
        now, size = monotonic(), (canvas.width, canvas.height)  # type: ignore[union-attr]
        pictures, last = drawing.pictures(), self._last.pop(name, None)
        is_known = (
            last is not None
            and now - last[3] < _REPEATED_AFTER_S
            and size == last[2]
            and drawing.is_like(last[0])
            and pictures == last[1]
        )
        if is_known:
            self._last[name] = last  # type: ignore[assignment]
        elif drawing.is_whole:
            self._last[name] = drawing, pictures, size, now
        return is_known


@contextmanager
def batch(manager: Manager, drawn: Drawn) -> Iterator[None]:
    """Send all drawing in this context as one message, less what the page shows already.

    After an exception, none of it is sent. A batch within a batch is part of it.
    """
    if manager._caching:
        yield
        return
    # ipycanvas names the canvas that it draws on only when it changes. After a reload the page has
    # not received the name, and a command without a canvas stops all drawing there.
    manager._current_canvas = None
    manager._caching = True
    try:
        yield
        found = drawn.only_new(_by_canvas(manager._commands_cache, manager._buffers_cache))
        manager._commands_cache, manager._buffers_cache = [], []
        for name, drawing in found.items():
            manager._commands_cache += [[COMMANDS["switchCanvas"], [name]], *drawing.commands]
            manager._buffers_cache += drawing.buffers
        manager.flush()
    finally:
        manager._current_canvas = None  # the canvas's name may have been dropped with the rest
        manager._commands_cache, manager._buffers_cache = [], []
        manager._caching = False


def _by_canvas(commands: list[list], buffers: list[Any]) -> dict[str, Drawing]:
    """A batch in parts, since drawing on one canvas changes no other."""
    parts: dict[str, Drawing] = {}
    rest = iter(buffers)
    for command in commands:
        if command[0] == COMMANDS["switchCanvas"]:
            part = parts.setdefault(command[1][0], Drawing())
            continue
        part.commands.append(command)
        part.buffers += [next(rest) for _ in range(command[2] if len(command) > 2 else 0)]
    return {name: part for name, part in parts.items() if part.commands}


_REFERENCE = "IPY_MODEL_"
_REPEATED_AFTER_S = 5.0
