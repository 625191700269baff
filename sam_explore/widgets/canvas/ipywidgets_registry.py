"""Which widget has an id: ipywidgets knows, and has no public way to ask."""

from ipywidgets import Widget
from ipywidgets.widgets import widget as module


def widget_of(model_id: str) -> Widget | None:
    """The live widget with this id; None if it was closed or never was."""
    return module._instances.get(model_id)
