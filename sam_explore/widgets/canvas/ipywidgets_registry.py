"""Looks a widget up by its id, for which ipywidgets has no public function."""

from ipywidgets import Widget
from ipywidgets.widgets import widget as module


def widget_of(model_id: str) -> Widget | None:
    """The live widget with this id; None if it was closed or never was."""
    return module._instances.get(model_id)
