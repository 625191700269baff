"""Controls to choose marks from a list, move them by numbers and remove them, without a mouse."""

from ipywidgets import BoundedFloatText, Button, Dropdown

from ...geometry import FOREGROUND, Prompts
from ..canvas.closing import close_all
from ..canvas.marks import Mark
from ..session import Session
from ..session.ipykernel_subshells import keep_order
from ..session.suppress_echo import SuppressEcho
from .controls import label
from .prompt_editor import PromptEditor

_AXES = ("x", "y")


class MarkControls:
    """A list of the prompts' marks, the position of the chosen one, and a button to remove it.

    Args:
        session: whose prompts.
        editor: changes them.

    Attributes:
        widgets: to be laid out in a row.
    """

    def __init__(self, session: Session, editor: PromptEditor):
        self._session, self._editor = session, editor
        self._suppress_echo = SuppressEcho()
        self._prompts = session.prompts  # the marks that are shown
        self._placed: Mark | None = None  # the one whose place is in the fields
        self._marks = Dropdown(layout={"width": "150px"}, tooltip="The point or box to change")
        self._fields = [
            BoundedFloatText(step=1, layout={"width": "76px"}, tooltip=f"Its {axis} in pixels")
            for axis in _AXES
        ]
        self._remove = Button(description="Remove", layout={"width": "76px"})
        self._remove.tooltip = "Remove this point, or the box"
        pairs = zip(_AXES, self._fields, strict=True)
        places = [part for axis, field in pairs for part in (label(axis), field)]
        self.widgets = [label("Change"), self._marks, *places, self._remove]
        keep_order(self._marks, *self._fields, self._remove)
        readers = self._suppress_echo.reader_only
        self._marks.observe(readers(lambda _: self._show_place(), session.guard), "value")
        for field in self._fields:
            field.observe(readers(lambda _: self._move(), session.action), "value")
        self._remove.on_click(session.action(lambda _: self._take_away()))
        self._follow = session.guard(self.follow)
        session.observe(self._follow, "prompts")
        self._follow()

    def follow(self, change: dict | None = None) -> None:
        """Show the session's marks, and keep the chosen one if it still exists."""
        self._prompts = self._session.prompts
        marks = marks_of(self._prompts)
        before = self._marks.value
        with self._suppress_echo:
            options = tuple((name, mark) for mark, name in marks) or (("no marks yet", None),)
            if options != self._marks.options:
                self._marks.options = options
            known = [mark for mark, _ in marks]
            if known:
                self._marks.value = before if before in known else known[-1]
        for part in (self._marks, *self._fields, self._remove):
            part.disabled = not marks
        self._show_place()

    def close(self) -> None:
        """Stop following and remove the widgets."""
        self._session.unobserve(self._follow, "prompts")
        for part in (self._marks, *self._fields):
            part.unobserve_all()
        close_all(*self.widgets)

    def _show_place(self) -> None:
        mark = self._marks.value
        if mark is None or not mark.is_in(self._prompts):
            return
        if mark == self._placed and self._suppress_echo.is_ahead(*self._fields):
            return  # a number that was typed is not lost
        self._placed = mark
        height, width = self._session.image.shape[:2]
        with self._suppress_echo:
            place = mark.place(self._prompts)
            for field, value, most in zip(self._fields, place, (width, height), strict=True):
                field.min, field.max = min(0.0, float(value)), max(float(most), float(value))
                field.value = round(float(value), 2)

    def _move(self) -> None:
        if self._marks.value is not None:
            place = tuple(field.value for field in self._fields)
            self._editor.move(self._marks.value, place)

    def _take_away(self) -> None:
        if self._marks.value is not None:
            self._editor.remove(self._marks.value)


def marks_of(prompts: Prompts) -> list[tuple[Mark, str]]:
    """All marks with their names."""
    marks = [
        (Mark("point", index), f"point {index + 1} ({'+' if kind == FOREGROUND else '−'})")
        for index, kind in enumerate(prompts.labels)
    ]
    if prompts.box is not None:
        marks += [(Mark("corner", index), f"box, {name}") for index, name in _CORNERS]
    return marks


_CORNERS = ((0, "left top"), (2, "right bottom"))  # the fields of the whole box
