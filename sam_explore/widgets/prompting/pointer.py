"""Handles mouse, finger and pen on the stage: their effects, and the feedback while dragging."""

import math
import time
from collections.abc import Callable

import numpy as np

from ...geometry import Prompts
from ..canvas import Contact, Pinch
from ..canvas.gesture import Click, Drag, Gesture, Position
from ..canvas.marks import REACH_CSS, Mark, nearest_mark
from ..canvas.picture_drawing import Stage
from ..canvas.viewport import SHARPNESS, Viewport
from ..session import Session
from .modes import Mode
from .preview_runner import PreviewRunner
from .prompt_editor import Held, PointPx, PromptEditor

_SLOP_CSS = 4
# The time between two drawings of a drag. It is longer if moves come faster than a hand makes them:
# then they were queued, and the page has a backlog.
_INTERVAL_S = 0.05
_MOVES = 12
_INTERVAL_IN_FLOOD_S = 0.3
_PAN_INTERVAL_S = 0.15  # since each of these sends the picture again
_WHEEL = 1.0015  # zoom for one unit of the wheel
_MOST_WHEEL = 300


class Pointer:
    """Turns presses, moves and releases on a stage into edits of the session's prompts.

    The page's events are handled in turn (`Session.guard`), so no lock is needed.

    Args:
        stage: where.
        session: whose prompts, and whose guard for the page's events.
        editor: what a click or a drag does.
        preview: shows the mask of a click at the pointer.
        mode: returns the pointer's current mode.
        look: called with the part of the picture to show.

    Attributes:
        brush_css: the brush's radius in CSS pixels.
    """

    def __init__(
        self,
        stage: Stage,
        session: Session,
        editor: PromptEditor,
        preview: PreviewRunner,
        mode: Callable[[], Mode],
        look: Callable[[Viewport], None],
    ):
        self._stage, self._session, self._editor = stage, session, editor
        self._preview, self._mode_now, self._look = preview, mode, look
        self.brush_css = 12
        self._gesture = Gesture(_SLOP_CSS * SHARPNESS)
        self._secondary = False
        self._way: list[Position] = []
        self._seen = stage.viewport
        self._held: Held | None = None
        self._drawn_at, self._moves = -math.inf, 0
        self._listen()

    @property
    def reach_px(self) -> float:
        """The distance within which a position counts as on a mark, in pixels of the picture."""
        return self._px(REACH_CSS)

    @property
    def brush_px(self) -> float:
        """The brush's radius in pixels of the picture."""
        return self._px(self.brush_css)

    def _px(self, length_css: float) -> float:
        return length_css * SHARPNESS / float(self._stage.viewport.scale.min())

    def click(self, at: Position) -> None:
        """Act like a click with the left button at this position."""
        self._press(Contact(at))
        self._release(Contact(at))

    def _listen(self) -> None:
        guard = self._session.guard
        self._stage.area.on(
            press=guard(self._press),
            move=guard(self._move),
            release=guard(self._release),
            leave=guard(self._leave),
            cancel=guard(self._cancel),
            wheel=guard(self._wheel),
            pinch=guard(self._pinch),
        )

    @property
    def _mode(self) -> Mode:
        mode = self._mode_now()
        return mode.secondary if self._secondary else mode

    def place(self, at: Position) -> PointPx:
        """Convert canvas pixels to pixels of the picture."""
        x, y = self._stage.viewport.px_from_canvas(np.array(at, float))
        return float(x), float(y)

    def _press(self, contact: Contact) -> None:
        at, self._secondary = contact.at, contact.is_secondary
        self._preview.want(None)
        self._gesture.press(at)
        self._way, self._seen = [at], self._stage.viewport
        prompts = self._session.prompts
        mark = self._markable(prompts, at)
        self._held = None if mark is None else (mark, prompts)

    def _markable(self, prompts: Prompts, at: Position) -> Mark | None:
        """The mark that a drag from this position moves."""
        mode = self._mode_now()
        if mode is Mode.BOX:  # so that points don't get in the way of a box
            prompts = Prompts(box=prompts.box)
        elif not mode.adds_points:
            return None
        return nearest_mark(prompts, self.place(at), self.reach_px)

    def _move(self, contact: Contact) -> None:
        at = contact.at
        if not self._gesture.active:
            self.hover(at)
            return
        if math.dist(at, self._way[-1]) >= SHARPNESS:
            self._way.append(at)
        drag, mode, held = self._gesture.move(at), self._mode, self._held
        if (drag is None and not mode.paints) or not self._is_due(mode):
            return
        if mode.paints or drag is None:
            self._stage.show_stroke(self._way, self._brush, mode is Mode.ERASE)
        elif mode is Mode.ZOOM:
            self._pan(drag)
        elif mode is not Mode.REMOVE:
            self._show_drag(drag, held)

    def _show_drag(self, drag: Drag, held: Held | None) -> None:
        prompts = self._session.prompts
        if held is not None and held[1] is prompts:
            moved = held[0].moved(prompts, self.place(drag.end))
            self._stage.show_marks_moving(moved, prompts)
        else:
            moved = prompts.with_box(self._box_px(drag))
            self._stage.show_box(drag.box)
        self._preview.want(moved, "if you let go here")

    def hover(self, at: Position) -> None:
        """Show what a click would do at a position in canvas pixels."""
        mode = self._mode_now()
        if mode.adds_points:
            prompts = self._session.prompts.with_point(self.place(at), mode.label)
            self._preview.want(prompts, "if you click here")
        elif mode.paints and self._is_due(mode):
            self._stage.show_stroke([at], self._brush, mode is Mode.ERASE)

    def _is_due(self, mode: Mode) -> bool:
        self._moves += 1
        now = time.monotonic()
        interval = _INTERVAL_IN_FLOOD_S if self._moves > _MOVES else _INTERVAL_S
        due = now - self._drawn_at >= (
            max(interval, _PAN_INTERVAL_S) if mode is Mode.ZOOM else interval
        )
        if due:
            self._drawn_at, self._moves = now, 0
        return due

    def _release(self, contact: Contact) -> None:
        gesture, mode = self._gesture.release(contact.at), self._mode
        way = [*self._way, contact.at]
        self._end_drawing()
        if gesture is None:
            return
        self._preview.want(None)
        act = self._session.action
        if mode.paints:
            act(self._editor.paint)(mode, [self.place(each) for each in way], self.brush_px)
        elif mode is Mode.ZOOM:
            self._zoom(gesture)
        elif isinstance(gesture, Click):
            act(self._editor.click)(mode, self.place(gesture.at), self.reach_px)
        elif mode is not Mode.REMOVE:
            act(self._finish_drag)(gesture)

    def _finish_drag(self, drag: Drag) -> None:
        self._editor.drag(self._held, self._box_px(drag), self.place(drag.end))

    def _zoom(self, gesture: Click | Drag) -> None:
        if isinstance(gesture, Drag):
            self._pan(gesture)
        else:
            self._look(self._seen.zoomed(0.5 if self._secondary else 2.0, gesture.at))

    def _pan(self, drag: Drag) -> None:
        (x0, y0), (x1, y1) = drag.start, drag.end
        self._look(self._seen.moved(x1 - x0, y1 - y0))

    def _wheel(self, at: Position, turned: float) -> None:
        turned = min(max(turned, -_MOST_WHEEL), _MOST_WHEEL)
        self._look(self._stage.viewport.zoomed(_WHEEL**-turned, at))

    def _pinch(self, pinch: Pinch) -> None:
        (x0, y0), (x1, y1) = pinch.start, pinch.at
        zoomed = self._stage.viewport.zoomed(pinch.factor, pinch.start)
        self._look(zoomed.moved(x1 - x0, y1 - y0))

    def _leave(self) -> None:
        self._preview.want(None)
        self._stage.clear_band()

    def _cancel(self) -> None:
        self._gesture.release()
        self._end_drawing()
        self._preview.want(None)

    def _end_drawing(self) -> None:
        self._drawn_at = -math.inf
        self._stage.clear_band()

    @property
    def _brush(self) -> float:
        return self.brush_css * SHARPNESS

    def _box_px(self, drag: Drag) -> tuple[float, ...]:
        x0, y0, x1, y1 = drag.box
        return (*self.place((x0, y0)), *self.place((x1, y1)))
