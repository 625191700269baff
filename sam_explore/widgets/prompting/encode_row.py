"""The progress of an encode, with buttons to cancel it and to start it again."""

from ipywidgets import Button, HBox

from ..canvas.closing import close_all
from ..canvas.html import Html, element
from ..canvas.paragraphs import paragraph
from ..session import Session
from ..session.ipykernel_subshells import keep_order

_CLASS = "sam-explore-cancel"
# A quick encode shows no button, since it would only flicker.
_RULES = (
    f"@keyframes {_CLASS} {{from {{visibility: hidden}}}}"
    f".{_CLASS} {{animation: {_CLASS} 1ms .5s backwards}}"
)


class EncodeRow:
    """The progress of an encode, and its buttons.

    Args:
        session: the session.
        busy: the words for what is running, shown first.

    Attributes:
        widget: to be laid out.
    """

    def __init__(self, session: Session, busy: Html):
        self._session = session
        self.cancel = _button("Cancel", "Go back to what was encoded before")
        self.go_on = _button("Encode", "Encode the picture after all")
        self.go_back = _button("Go back", "Go back to what was encoded before")
        self.cancel.add_class(_CLASS)
        self._words = Html(paragraph("The picture is not encoded."))
        rules = Html(element("style", _RULES))
        rules.layout.display = "none"
        self.widget = HBox([busy, self.cancel, self._words, self.go_on, self.go_back, rules])
        self.widget.layout.align_items, self.widget.layout.grid_gap = "center", "8px"
        self.widget.layout.flex_flow, self.widget.layout.overflow = "row wrap", "visible"
        keep_order(self.cancel, self.go_on, self.go_back)
        act = session.action
        self.cancel.on_click(act(lambda _: session.cancel()))
        self.go_on.on_click(act(lambda _: session.go_on()))
        self.go_back.on_click(act(lambda _: session.cancel()))
        self._follow = session.guard(self.follow)
        session.observe(self._follow, _FOLLOWED)
        self._follow()

    def follow(self, change: dict | None = None) -> None:
        """Show the buttons that currently have an effect."""
        session = self._session
        idle = session.encoded is None and not session.busy and not session.closed
        for part, shown in (
            (self.cancel, bool(session.busy)),
            (self._words, idle),
            (self.go_on, idle),
            (self.go_back, idle and session.can_go_back),
        ):
            part.layout.display = None if shown else "none"

    def close(self) -> None:
        """Stop following and remove the widgets."""
        self._session.unobserve(self._follow, _FOLLOWED)
        close_all(self.widget)


def _button(words: str, about: str) -> Button:
    return Button(description=words, tooltip=about, layout={"width": "auto"})


_FOLLOWED = ["busy", "encoded"]
