"""Closes widgets with their parts."""

from ipywidgets import Widget

from .ipycanvas_internals import layers_of


def close_all(*widgets: Widget) -> None:
    """Close widgets with their children, which ipywidgets would leave open."""
    for widget in widgets:
        parts = [*getattr(widget, "children", ()), *layers_of(widget)]
        parts += [getattr(widget, name, None) for name in ("layout", "style")]
        widget.close()
        close_all(*(part for part in parts if isinstance(part, Widget)))
