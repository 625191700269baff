"""The private parts of ipycanvas that drawing depends on: its manager, and a canvas's layers."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeAlias

from ipycanvas import Canvas, MultiCanvas
from ipycanvas.canvas import _CanvasManager
from ipywidgets import Widget

Manager: TypeAlias = _CanvasManager


def layers_of(widget: Widget) -> tuple[Canvas, ...]:
    """The canvases in a canvas of several layers; none for any other widget."""
    return tuple(widget._canvases) if isinstance(widget, MultiCanvas) else ()


def draw_through(manager: Manager, canvas: MultiCanvas) -> None:
    """Send drawing on a canvas and its layers through this manager instead of the shared one."""
    for part in (canvas, *layers_of(canvas)):
        part._canvas_manager = manager


@contextmanager
def batch(manager: Manager) -> Iterator[None]:
    """Send all drawing in this context as one message; after an exception, send none of it."""
    # ipycanvas names the canvas that it draws on only when it changes. After a reload the page has
    # not received the name, and a command without a canvas stops all drawing there.
    manager._current_canvas = None
    manager._caching = True
    try:
        yield
        manager.flush()
    finally:
        manager._current_canvas = None  # the canvas's name may have been dropped with the rest
        manager._commands_cache, manager._buffers_cache = [], []
        manager._caching = False
