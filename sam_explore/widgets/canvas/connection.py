"""A separate connection to the page for each view's canvases, and pictures to draw."""

from base64 import b64encode
from contextlib import AbstractContextManager

import numpy as np
import traitlets
from ipycanvas import Canvas, MultiCanvas
from ipywidgets import Image, Widget

from ...plots import raster
from ..session.ipykernel_subshells import keep_order
from .closing import close_all
from .ipycanvas_internals import Drawn, Manager, batch, draw_through, layers_of
from .sheet import Sheet


class CanvasConnection:
    """The connection through which one view draws on its page.

    ipycanvas has a single one for all canvases, where a failure of one canvas stops all: an
    exception in a batch, or a canvas that is closed while the page still draws on it. It is not
    thread-safe: draw in turn (`Session.run_in_turn`).
    """

    def __init__(self) -> None:
        self._manager, self._sent = Manager(), Drawn()
        self._drawn: list[Widget] = []  # canvases and images, which the page needs to draw

    def canvas(self, layers: int, width: int, height: int) -> MultiCanvas:
        """A canvas of several layers, of this size in its own pixels, without event handlers."""
        canvas = MultiCanvas(layers, width=width, height=height)
        draw_through(self._manager, canvas)
        self._drawn += (canvas, *layers_of(canvas))
        keep_order(canvas)
        canvas.on_client_ready(self._sent.forget)  # before those of the view, which draw again
        return canvas

    def image(self, kind: str) -> Image:
        """A picture to draw, "png" or "jpeg", whose content may change."""
        image = _Sheet(kind)
        self._drawn.append(image)
        return image

    def batch(self) -> AbstractContextManager[None]:
        """Send all drawing in this context as one message; after an exception, send none of it.

        What was drawn on a canvas after `clear` is left out if the page shows just that already. A
        batch within a batch is part of it.
        """
        return batch(self._manager, self._sent)

    def close(self) -> None:
        """Remove canvases and images; nothing can be drawn afterwards."""
        for widget in self._drawn:
            _close_in_kernel(widget)
        close_all(*self._drawn)
        self._drawn.clear()
        self._manager.close()


class _Sheet(Image):
    """A picture to draw: takes a file's bytes, and sends them to the page as a data URL.

    In the page ipycanvas keeps the bytes of every picture that it has drawn, one more for each
    click, except for those that come as URLs.
    """

    def __init__(self, kind: str):
        self._head = f"data:image/{kind};base64,".encode()
        super().__init__(format="url")

    @traitlets.validate("value")
    def _as_url(self, proposal: dict) -> memoryview:
        file = proposal["value"]
        return memoryview(self._head + b64encode(file)) if file else file


def paste(canvas: Canvas | Sheet, image: Image | bytes, smooth: bool = False) -> None:
    """Draw an image over a whole canvas, by default enlarged without smoothing.

    On a sheet it is a file's content; on a canvas it is a widget.
    """
    if isinstance(image, Image) and not image.value:
        raise ValueError(
            "An image without content cannot be drawn: the page would wait for it for ever."
        )
    canvas.image_smoothing_enabled = smooth
    canvas.draw_image(image, 0, 0, canvas.width, canvas.height)


def _close_in_kernel(widget: Widget) -> None:
    """Close a canvas or an image in the kernel only; a small one remains on the page.

    The page draws later. It would fail if it had to close what it has not drawn yet.
    """
    if isinstance(widget, Image):
        widget.value = BLANK
    else:
        widget.width = widget.height = 1
    if widget.comm is not None:
        widget.comm.publish_msg = lambda *_, **__: None
    widget.close()


BLANK = raster.indexed_png(np.zeros((1, 1), np.uint8), np.zeros((1, 4), np.uint8))
