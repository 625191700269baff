"""Detects whether a view is visible in the browser, and keeps a small copy visible if it isn't.

What is out of sight waits by its priority in the worker: `ProbeRunner` and `PromptCanvas` say it.
"""

from collections.abc import Callable
from pathlib import Path
from string import Template

from anywidget import AnyWidget
from traitlets import Bool

from ...plots import style
from ..session.ipykernel_subshells import keep_order

_HERE = Path(__file__)
_COLOURS = {"paper": style.PAPER, "ink": style.TEXT, "rim": style.FAINT_TEXT}


class Sight(AnyWidget):
    """An invisible child of a box, which reports whether any part of the box is on the screen.

    A view without reports from a browser counts as visible: in a test, in a page that is being
    exported, or without a connected page. A view shown several times on a page is visible as long
    as one copy is.

    Args:
        changed: called when visibility changes.

    Traits:
        keeps: while the view is scrolled away, after it was visible, the element with the class
            `sam-explore-kept` in the surrounding prompting view is shown small in a corner of the
            page. The user can move, fold and close it; closing sets this to False.
    """

    _esm = _HERE.with_suffix(".js").read_text("utf-8")
    _css = Template(_HERE.with_suffix(".css").read_text("utf-8")).substitute(_COLOURS)
    keeps = Bool(False).tag(sync=True)

    def __init__(self, changed: Callable[[], None], keeps: bool = False):
        super().__init__(keeps=keeps)
        self._changed = changed
        self._seen: frozenset[str] | None = None  # the page's names of visible copies
        self.add_class("sam-explore-sight")
        self.on_msg(self._receive)
        keep_order(self)

    @property
    def is_seen(self) -> bool:
        """Whether the box is on the screen, by the latest report."""
        return self._seen is None or bool(self._seen)

    def _receive(self, _: object, content: dict, buffers: list) -> None:
        was_seen, seen = self.is_seen, self._seen or frozenset()
        kind = content.get("kind")
        if kind == "page":  # a page that has just loaded: earlier ones are gone, or say so again
            self._seen = frozenset()
            self.send({"kind": "report"})
        elif kind == "seen":
            self._seen = seen | {content["view"]}
        elif kind == "unseen":
            self._seen = seen - {content["view"]}
        if self.is_seen != was_seen:
            self._changed()
