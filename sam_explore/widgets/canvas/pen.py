"""Drawing on a canvas with fewer messages: a setting is sent only where it changes."""

from typing import Any, TypeAlias

from ipycanvas import Canvas

from .sheet import Sheet


class Pen:
    """A canvas for the time of one drawing, which knows the settings that it has sent.

    A drawing with many words sets the same font and colour again and again; ipycanvas checks and
    sends each, which takes longer than all the rest. Make a new one for each drawing: a canvas
    loses its settings when its size changes, or the page is loaded again.

    Args:
        canvas: a canvas, a layer of one, or a sheet.
    """

    def __init__(self, canvas: Canvas | Sheet):
        vars(self).update(_canvas=canvas, _sent={})

    def __getattr__(self, name: str) -> Any:
        return getattr(self._canvas, name)

    def __setattr__(self, name: str, value: Any) -> None:
        if name not in self._sent or self._sent[name] != value:
            setattr(self._canvas, name, value)
            self._sent[name] = value

    def restore(self) -> None:
        """Bring back the settings of the last `save`, of which nothing is known here."""
        self._canvas.restore()
        self._sent.clear()


DrawnOn: TypeAlias = Canvas | Sheet | Pen
