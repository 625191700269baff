"""What a reader does with a session now and then, folded up below the picture."""

from ipywidgets import HTML, Accordion, VBox

from .caption import code_block
from .drawing import close_all
from .encode_row import EncodeRow
from .files import Files
from .order import keep_order
from .saving import Saving
from .session import Session

_TITLES = ("Picture and model", "Save and restore", "As Python")
_FILES, _SAVING, _CODE = range(3)
_OF_CODE = ["sam", "image", "preprocessing", "windows", "edits", "prompts", "chosen", "threshold"]


class Panel:
    """An accordion: picture and model, files, and the code that does the same.

    Args:
        session: what it is about.
        busy: the words of what takes long.

    Attributes:
        widget: the accordion, to be laid out.
        encode_row: how far an encode is, to be laid out near the picture.
    """

    def __init__(self, session: Session, busy: HTML):
        self._session = session
        self.encode_row = EncodeRow(session, busy)
        self.files, self.saving, self.code = Files(session), Saving(session), HTML()
        parts = [self.files.widget, self.saving.widget, VBox([self.code])]
        self.widget = Accordion(parts, titles=_TITLES, selected_index=None)
        self.widget.layout.width = "100%"
        self.widget.layout.margin = "8px 0 0 0"
        keep_order(self.widget)
        self.widget.observe(session.guard(self._unfold), "selected_index")
        self._follow = session.guard(self._show_code_soon)
        session.observe(self._follow, _OF_CODE)

    def close(self) -> None:
        """Stop following and remove the widgets."""
        self._session.unobserve(self._follow, _OF_CODE)
        self.widget.unobserve_all()
        for part in (self.encode_row, self.files, self.saving):
            part.close()
        close_all(self.widget)

    def _unfold(self, change: dict) -> None:
        if change["new"] == _FILES:
            self.files.follow()  # there may be other files by now
        self._show_code_soon()

    def _show_code_soon(self, change: dict | None = None) -> None:
        if self.widget.selected_index == _CODE:
            self._session.submit(f"code {self.widget.model_id}", self._show_code)

    def _show_code(self) -> None:
        self.code.value = code_block(self._session.code)
