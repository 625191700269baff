"""Keys on the stage: a cursor, and everything that a mouse can do, at the cursor.

`KEY_HELP` in `canvas/picture_drawing.py` lists the keys for the user; `canvas/pointer_area.js`
names them.
"""

from collections.abc import Callable

from ..canvas import KeyPress
from ..canvas.gesture import Drag
from ..canvas.picture_drawing import Stage
from ..session import Session
from .modes import Mode
from .pointer import Pointer
from .preview_runner import PreviewRunner
from .prompt_editor import PointPx, PromptEditor


class Keyboard:
    """Turns key presses into edits of the session's prompts, and announces the cursor's position.

    Args:
        stage: where the keys are pressed.
        session: whose prompts, and whose guard for the page's events.
        editor: what a click or a box does.
        preview: shows the mask of a box that ends at the cursor.
        pointer: does what a click would do.
        mode: returns the pointer's current mode.
    """

    def __init__(
        self,
        stage: Stage,
        session: Session,
        editor: PromptEditor,
        preview: PreviewRunner,
        pointer: Pointer,
        mode: Callable[[], Mode],
    ):
        self._stage, self._session, self._editor = stage, session, editor
        self._preview, self._pointer, self._mode = preview, pointer, mode
        stage.area.on(key=session.guard(self._press))

    def _press(self, key: KeyPress) -> None:
        act = {
            "move": self._move,
            "enter": self._enter,
            "begin": self._begin,
            "box": self._end,
            "delete": self._delete,
            "undo": lambda key: self._session.action(self._session.undo)(),
            "redo": lambda key: self._session.action(self._session.redo)(),
            "abandon": self._abandon,
        }
        act[key.name](key)

    def _move(self, key: KeyPress) -> None:
        if key.corner is None:
            self._pointer.hover(key.at)
        else:
            self._stage.show_box(Drag(key.corner, key.at).box)
            prompts = self._session.prompts.with_box(self._box_px(key))
            self._preview.want(prompts, "if you press B here")
        self._stage.area.announce(_in_words(self._pointer.place(key.at)))

    def _enter(self, key: KeyPress) -> None:
        if self._mode() is Mode.BOX:
            self._stage.area.announce("In this mode boxes are drawn: B begins one.")
        self._pointer.click(key.at)

    def _begin(self, key: KeyPress) -> None:
        place = _in_words(self._pointer.place(key.at))
        self._stage.area.announce(f"A box begins at {place}. Move the cursor, and press B again.")

    def _end(self, key: KeyPress) -> None:
        self._clear()
        self._session.action(self._editor.set_box)(self._box_px(key))

    def _delete(self, key: KeyPress) -> None:
        place, reach = self._pointer.place(key.at), self._pointer.reach_px
        self._session.action(self._editor.click)(Mode.REMOVE, place, reach)

    def _abandon(self, key: KeyPress) -> None:
        self._clear()

    def _clear(self) -> None:
        self._preview.want(None)
        self._stage.clear_band()

    def _box_px(self, key: KeyPress) -> tuple[float, ...]:
        x0, y0, x1, y1 = Drag(key.corner or key.at, key.at).box
        return (*self._pointer.place((x0, y0)), *self._pointer.place((x1, y1)))


def _in_words(place: PointPx) -> str:
    x, y = place
    return f"x {x:.0f}, y {y:.0f}"
