"""A text field with a button that sends it; Enter sends it too."""

from collections.abc import Callable

from ipywidgets import Button, Text

from ..session.ipykernel_subshells import keep_order


class TypedLine:
    """A text field and its button.

    Args:
        placeholder: text in the empty field.
        button: text on the button.
        about: a tooltip.
        on_line: called with the text, which may be empty if the button was pressed. The field is
            empty then; `put_back` restores the text.

    Attributes:
        widgets: field and button, to be laid out.
    """

    def __init__(self, placeholder: str, button: str, about: str, on_line: Callable[[str], None]):
        self._on_line, self._entered, self._sent = on_line, False, ""
        # Sent as a whole when the field is left; sent by letter, it may arrive after the button's
        # press.
        self.field = Text(placeholder=placeholder, tooltip=placeholder, continuous_update=False)
        self.button = Button(description=button, tooltip=about)
        self.button.layout.width = "64px"
        self.widgets = [self.field, self.button]
        keep_order(*self.widgets)
        self.button.on_click(lambda _: self._send())
        self.field.on_msg(self._note_enter)
        self.field.observe(self._take_entered, "value")

    def put_back(self) -> None:
        """Show the line that was sent last, to be corrected, unless a new one was started."""
        self.field.value = self.field.value or self._sent

    def forget(self) -> None:
        """Clear a line that was put back and not changed since."""
        if self.field.value == self._sent:
            self.field.value = ""

    def _note_enter(self, widget: Text, content: dict, buffers: list) -> None:
        # The page sends the key event first, and then the text.
        self._entered = content.get("event") == "submit"

    def _take_entered(self, change: dict) -> None:
        if self._entered and change["new"]:
            self._entered = False
            self._send()

    def _send(self) -> None:
        # The page sends a line only if it has changed, and the next may be the same.
        self._sent, self.field.value, self._entered = self.field.value.strip(), "", False
        self._on_line(self._sent)
