"""The static form of a view, for pages without a kernel: a picture and a sentence.

A notebook stores both together with the live view, which is shown if there is a kernel.
"""

import logging
from contextlib import suppress
from textwrap import wrap
from typing import Any

from IPython.display import display
from ipywidgets import Box, Widget
from matplotlib.figure import Figure

from ...plots import style
from ...plots.drawing import ReadingFigure
from ...plots.matplotlib_settings import own_settings
from ..session import Session
from .ipywidgets_registry import widget_of
from .viewport import SHARPNESS

_LOG = logging.getLogger(__name__)
_PATIENCE_S = 0.5  # that a cell waits for the picture of its view
_FONT_SIZE = 9.5
_LETTERS_PER_INCH = 14.5
_LINE_INCHES = 0.18

LIVE = "application/vnd.jupyter.widget-view+json"  # the MIME type of a widget in a page
VIEW = "sam-explore-view"  # in an output's metadata: the id of its widget
Bundle = tuple[dict, dict]  # data and metadata, by MIME type


class StaticView:
    """A mixin for widgets with a static picture; the first of the base classes."""

    session: Session

    def still(self) -> Bundle:
        """The current view: a PNG with the sentence below, and the sentence as text."""
        figure, words = self._figure()
        if figure is None:
            return {"text/plain": words}, {}
        write_below(figure, words)
        width, height = (round(inches * figure.dpi) for inches in figure.get_size_inches())
        sharpness = SHARPNESS if self.is_sharp else 1
        about = {"width": width, "height": height, "alt": words}
        picture = figure.png(sharpness * figure.dpi)
        return {"image/png": picture, "text/plain": words}, {"image/png": about}

    @property
    def is_sharp(self) -> bool:
        """Whether stills have several pixels for a CSS pixel: in built documents, which may wait
        longer. In a live page the still is rarely visible."""
        return self.session.synchronous

    @property
    def is_up_to_date(self) -> bool:
        """Whether nothing is left to be done for this view. False if only the whole session's work
        tells: a cell then waits for all of it."""
        return False

    def _figure(self) -> tuple[ReadingFigure | None, str]:
        """The picture and the sentence of the session's state."""
        raise NotImplementedError

    def _repr_mimebundle_(self, **kwargs: object) -> Bundle:
        live = super()._repr_mimebundle_(**kwargs)  # type: ignore[misc]  # of the widget it is mixed into
        with suppress(RuntimeError):  # then show what there is
            self.session.settle_until(lambda: self.is_up_to_date, _PATIENCE_S)
        try:
            data, about = self.still()
        except Exception:
            # The live view must be shown even if its picture failed.
            _LOG.exception("A view could not be drawn for pages without a kernel.")
            return live, {}
        return {**live, **data}, about


def publish(model_ids: list[str]) -> None:
    """Display the static views of widgets, each with the id of its widget."""
    for name, bundles in static_views(model_ids).items():
        for data, about in bundles:
            display(data, metadata={**about, VIEW: name}, raw=True)


def static_views(model_ids: list[str]) -> dict[str, list[Bundle]]:
    """The static views of displayed widgets by id: one for a view, several for a box of views.

    Widgets without a view of ours, and closed ones, are left out.
    """
    found = {name: _views_in(widget_of(name)) for name in model_ids}
    return {name: [view.still() for view in views] for name, views in found.items() if views}


@own_settings()
def write_below(figure: Figure, words: str) -> None:
    """Add words below a figure, which grows by their height."""
    width, height = figure.get_size_inches()
    lines = wrap(words, int(width * _LETTERS_PER_INCH))
    figure.set_size_inches(width, height + _LINE_INCHES * (len(lines) + 0.8))
    text = "\n".join(lines)
    look: dict[str, Any] = {"fontsize": _FONT_SIZE, "color": style.INK, "linespacing": 1.3}
    if figure.get_layout_engine():
        figure.supxlabel(text, x=0.1 / width, ha="left", **look)
    else:
        figure.text(0.1 / width, 0.01, text, va="bottom", **look)


def _views_in(widget: Widget | None) -> list[StaticView]:
    if isinstance(widget, StaticView):
        return [widget]
    children = widget.children if isinstance(widget, Box) else ()
    return [view for child in children for view in _views_in(child)]
