"""Pointer and keys on a drawn scene: take hold of something, drag it, let it go."""

from collections.abc import Callable

import numpy as np

from sam_explore.geometry import Prompts
from sam_explore.widgets.canvas import Contact, KeyPress
from sam_explore.widgets.canvas.gesture import Drag, Gesture, Position
from sam_explore.widgets.canvas.picture_drawing import Stage
from sam_explore.widgets.canvas.viewport import SHARPNESS
from sam_explore.widgets.session import Session, Snapshot

from .dragging import Held, PointPx, scene_of, take_hold
from .scene_buttons import SceneButtons
from .scene_runner import SceneRunner

_SLOP_CSS = 4
KEYS = {
    "Arrows": "move the cursor, and what is held; with Shift in small steps",
    "Enter": "takes hold of what is at the cursor, and lets it go; twice in one place: asks there",
    "Delete": "puts back what is held",
    "?": "shows and hides this",
}


class SceneHand:
    """Turns presses, moves, releases and keys on a stage into changes of a scene.

    Args:
        stage: where.
        session: whose prompts a click sets, and whose guard the callbacks have.
        runner: shows the changes while dragging, and gives them to the session in the end.
        buttons: say what is dragged, and whether prompts go along.
        shown: returns the snapshot that the reader sees; None before the first.

    Attributes:
        held: what is held, or None.
        name: of the whole that was taken hold of last, or "".
    """

    def __init__(
        self,
        stage: Stage,
        session: Session,
        runner: SceneRunner,
        buttons: SceneButtons,
        shown: Callable[[], Snapshot | None],
    ):
        self._stage, self._session, self._runner = stage, session, runner
        self._buttons, self._shown = buttons, shown
        self._gesture = Gesture(_SLOP_CSS * SHARPNESS)
        self._begun_px: PointPx = (0.0, 0.0)
        self.held: Held | None = None
        self.name = ""
        guard = session.guard
        stage.area.sparse_drags = True
        stage.area.on(
            press=guard(self._press),
            move=guard(self._move),
            release=guard(self._release),
            cancel=guard(self.put_back),
            key=guard(self._key),
        )

    def put_back(self) -> None:
        """Let go of what is held where it was."""
        self._gesture.release()
        held, self.held = self.held, None
        if held is not None:
            self._runner.want(held.staged, is_final=True)

    def _press(self, contact: Contact) -> None:
        self._gesture.press(contact.at)
        self._begin(self._place(contact.at))

    def _move(self, contact: Contact) -> None:
        if self._gesture.move(contact.at) is not None:
            self._drag(self._place(contact.at))

    def _release(self, contact: Contact) -> None:
        gesture = self._gesture.release(contact.at)
        if gesture is not None:
            self._end(self._place(contact.at), isinstance(gesture, Drag))

    def _key(self, key: KeyPress) -> None:
        at_px = self._place(key.at)
        if key.name == "delete":
            self.put_back()
        elif key.name == "enter" and self.held is not None:
            self._end(at_px, at_px != self._begun_px)
        elif key.name == "enter":
            self._begin(at_px)
            self._stage.area.announce(f"Held: {self._called(self.held)}.")
        elif key.name == "move":
            self._drag(at_px)
            held = self.held or self._there(at_px)
            self._stage.area.announce(f"x {at_px[0]:.0f}, y {at_px[1]:.0f}: {self._called(held)}")

    def _place(self, at: Position) -> PointPx:
        """Canvas pixels as pixels of the picture."""
        x, y = self._stage.viewport.px_from_canvas(np.array(at, float))
        return float(x), float(y)

    def _there(self, at_px: PointPx) -> Held | None:
        """What a press would take hold of, in the scene that the reader sees."""
        shown, staged = self._shown(), self._runner.staged
        scene = None if shown is None else scene_of(shown)
        if scene is None or staged is None:
            return None
        return take_hold(scene, staged, self._buttons.what.value, at_px)

    def _begin(self, at_px: PointPx) -> None:
        self._begun_px, self.held = at_px, self._there(at_px)
        if self.held is not None and self.held.name:
            self.name = self.held.name.partition("/")[0]

    def _drag(self, at_px: PointPx) -> None:
        if self.held is not None:
            staged = self.held.dragged(at_px, self._buttons.along.value)
            self._runner.want(staged, is_final=False)

    def _end(self, at_px: PointPx, is_drag: bool) -> None:
        held, self.held = self.held, None
        if held is not None and (is_drag or not held.name):  # a board is put down by a click
            staged = held.dragged(at_px, self._buttons.along.value)
            self._runner.want(staged, is_final=True)
        elif not is_drag:
            self._session.action(self._ask)(at_px)

    def _ask(self, at_px: PointPx) -> None:
        asked = Prompts().with_point(at_px)
        self._session.edit_prompts(lambda _: asked, at_px)

    def _called(self, held: Held | None) -> str:
        return "nothing" if held is None else held.name or "the board"
