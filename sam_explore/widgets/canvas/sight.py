"""Whether a view can be seen in the browser just now, and what stays in sight when it can't."""

from collections.abc import Callable
from pathlib import Path
from string import Template

from anywidget import AnyWidget
from traitlets import Bool

from ...plots import style
from ..session.ipykernel_subshells import keep_order

_HERE = Path(__file__)
_COLOURS = {"paper": style.SIGN, "ink": style.INK, "rim": style.HALO}


class Sight(AnyWidget):
    """An invisible child of a box, which tells whether any part of that box is on the screen.

    A view that no browser has spoken of counts as seen: one in a test, in a page that is being
    exported, or in a kernel that no page is connected to. Shown several times on a page, it is seen
    as long as one of them is.

    Args:
        changed: called when that changes.

    Traits:
        keeps: once it was seen, and as long as it is scrolled away, what has the class
            `sam-explore-kept` in the prompting view around goes, small, into a corner of the page.
            The reader can move it, fold it and put it away, which makes this False.
    """

    _esm = _HERE.with_suffix(".js").read_text("utf-8")
    _css = Template(_HERE.with_suffix(".css").read_text("utf-8")).substitute(_COLOURS)
    keeps = Bool(False).tag(sync=True)

    def __init__(self, changed: Callable[[], None], keeps: bool = False):
        super().__init__(keeps=keeps)
        self._changed = changed
        self._seen: frozenset[str] | None = None  # in the page's own names; None before it speaks
        self.add_class("sam-explore-sight")
        self.on_msg(self._hear)
        keep_order(self)

    @property
    def is_seen(self) -> bool:
        """Whether the box is on the screen, as far as is known."""
        return self._seen is None or bool(self._seen)

    def _hear(self, _: object, content: dict, buffers: list) -> None:
        was_seen, seen = self.is_seen, self._seen or frozenset()
        kind = content.get("kind")
        if kind == "page":  # that has just loaded: those before it are gone
            self._seen = frozenset()
        elif kind == "seen":
            self._seen = seen | {content["view"]}
        elif kind == "unseen":
            self._seen = seen - {content["view"]}
        if self.is_seen != was_seen:
            self._changed()
