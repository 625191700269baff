"""Less common actions on a session, folded up below the picture."""

from ipywidgets import HBox, ToggleButton, VBox

from ..canvas.closing import close_all
from ..canvas.html import NOTHING, Html
from ..canvas.paragraphs import alert, code_block
from ..session import Session
from ..session.ipykernel_subshells import keep_order
from .encode_row import EncodeRow
from .files import Files
from .saving import Saving

_TITLES = ("Picture and model", "Save and restore", "As Python")
_FILES, _SAVING, _CODE = range(3)
_OF_CODE = ["sam", "image", "preprocessing", "windows", "edits", "prompts"]
_OF_CODE += ["feeds_back", "chosen", "threshold"]


class SessionPanel:
    """Three buttons that each unfold a part: picture and model, files, the code that does the same.

    Buttons, since the headings of an accordion can't be reached by keyboard.

    Args:
        session: the session.
        busy: the words for a long task.
        error: the error message near the picture. While a part is open, it is shown in that part
            instead.

    Attributes:
        widget: buttons and parts, to be laid out.
        toggles: the buttons; at most one is pressed.
        encode_row: the progress of an encode, to be laid out near the picture.
    """

    def __init__(self, session: Session, busy: Html, error: Html):
        self._session = session
        self.encode_row = EncodeRow(session, busy)
        self.files, self.saving, self.code = Files(session), Saving(session), Html()
        self._parts = [self.files.widget, self.saving.widget, VBox([self.code])]
        self.toggles = [ToggleButton(description=title, icon="caret-right") for title in _TITLES]
        for toggle, part in zip(self.toggles, self._parts, strict=True):
            toggle.layout.width = "auto"
            part.layout.display = "none"
            toggle.observe(session.guard(self._unfold), "value")
        keep_order(*self.toggles)
        row = HBox(self.toggles)
        row.layout.flex_flow = "row wrap"
        self._outside, self._error = error, Html()
        self.widget = VBox([row, *self._parts, self._error])
        self.widget.layout.width = "100%"
        self.widget.layout.margin = "8px 0 0 0"
        self._follow = session.guard(self._show_code_soon)
        self._follow_error = session.guard(self._show_error)
        session.observe(self._follow, _OF_CODE)
        session.observe(self._follow_error, "error")
        session.run_in_turn(self._show_error)

    def close(self) -> None:
        """Stop following and remove the widgets."""
        self._session.unobserve(self._follow, _OF_CODE)
        self._session.unobserve(self._follow_error, "error")
        for toggle in self.toggles:
            toggle.unobserve_all()
        for part in (self.encode_row, self.files, self.saving):
            part.close()
        close_all(self.widget)

    def _unfold(self, change: dict) -> None:
        pressed = change["owner"]
        for toggle, part in zip(self.toggles, self._parts, strict=True):
            if change["new"] and toggle is not pressed:
                toggle.value = False
            toggle.icon = "caret-down" if toggle.value else "caret-right"
            part.layout.display = "flex" if toggle.value else "none"
        if self.toggles[_FILES].value:
            self.files.follow()  # there may be other files by now
        self._show_code_soon()
        self._show_error()

    def _show_error(self, change: dict | None = None) -> None:
        is_open = any(toggle.value for toggle in self.toggles)
        words = alert(self._session.error)
        self._error.value, self._outside.value = (words, NOTHING) if is_open else (NOTHING, words)

    def _show_code_soon(self, change: dict | None = None) -> None:
        if self.toggles[_CODE].value:
            self._session.submit(f"code {self.widget.model_id}", self._show_code)

    def _show_code(self) -> None:
        code = code_block(self._session.code)
        self._session.guard(lambda: setattr(self.code, "value", code))()
