"""The private parts of ipycanvas that drawing depends on: its manager, and a canvas' layers."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeAlias

from ipycanvas import Canvas, MultiCanvas
from ipycanvas.canvas import _CanvasManager
from ipywidgets import Widget

Manager: TypeAlias = _CanvasManager


def layers_of(widget: Widget) -> tuple[Canvas, ...]:
    """The canvases that a canvas of several layers is made of; none of any other widget."""
    return tuple(widget._canvases) if isinstance(widget, MultiCanvas) else ()


def draw_through(manager: Manager, canvas: MultiCanvas) -> None:
    """Send what is drawn on a canvas and its layers through this manager, not the shared one."""
    for part in (canvas, *layers_of(canvas)):
        part._canvas_manager = manager


@contextmanager
def batch(manager: Manager) -> Iterator[None]:
    """Send what is drawn inside as one message; after an exception, send nothing of it."""
    # ipycanvas names the canvas it draws on only when that changes. A page that was
    # reloaded has not received the name, and a command for no canvas ends all drawing there.
    manager._current_canvas = None
    manager._caching = True
    try:
        yield
        manager.flush()
    finally:
        manager._current_canvas = None  # its name may have been dropped with the rest
        manager._commands_cache, manager._buffers_cache = [], []
        manager._caching = False
