"""Edits of a session's prompts by clicks, drags and typed coordinates, in each mode."""

from collections.abc import Callable, Sequence

import numpy as np

from ...geometry import Prompts
from ..canvas.marks import Mark, nearest_mark
from ..session import Session
from .brush import painted, painted_mask
from .modes import Mode

PointPx = tuple[float, float]
Held = tuple[Mark, Prompts]


class PromptEditor:
    """Edits the session's prompts on a picture. All positions are x, y in pixels of the picture.

    Args:
        session: whose prompts.
        picture: returns the picture that the user sees; None for the session's own. An edit belongs
            to that picture, also if the session has another one by then.
    """

    def __init__(self, session: Session, picture: Callable[[], np.ndarray | None] = lambda: None):
        self._session, self._picture = session, picture

    def click(self, mode: Mode, at_px: PointPx, reach_px: float) -> None:
        """Add a point, or remove the mark within reach.

        Raises:
            ValueError: there is none.
        """
        if mode.adds_points:
            self._session.add_point(at_px, mode.label, picture=self._picture())
        elif mode is Mode.REMOVE:
            self._edit(lambda prompts: _mark_at(prompts, at_px, reach_px).removed(prompts))

    def move(self, mark: Mark, to_px: PointPx) -> None:
        """Move a point or a corner of the box; a point's token becomes the picked one.

        Raises:
            ValueError: there is no such mark any more.
        """
        picked = to_px if mark.kind == "point" else None
        self._edit(lambda prompts: _checked(mark, prompts).moved(prompts, to_px), picked)

    def remove(self, mark: Mark) -> None:
        """Remove a point or the box.

        Raises:
            ValueError: there is no such mark any more.
        """
        self._edit(lambda prompts: _checked(mark, prompts).removed(prompts))

    def drag(self, held: Held | None, box_px: Sequence[float], to_px: PointPx) -> None:
        """End a drag: move the dragged mark, or if there is none, set the box.

        Args:
            held: a mark and its prompts. If they have changed since, it is not moved.
            box_px: the box from the start to the end of the drag.
            to_px: the end of the drag.
        """
        mark, of = held or (None, None)
        picked = to_px if mark is not None and mark.kind == "point" else None
        self._edit(
            lambda prompts: (
                mark.moved(prompts, to_px)
                if mark is not None and prompts is of
                else prompts.with_box(box_px)
            ),
            picked,
        )

    def set_box(self, box_px: Sequence[float]) -> None:
        """Replace the box by this one."""
        self._session.set_box(box_px, picture=self._picture())

    def paint(self, mode: Mode, way_px: Sequence[PointPx], radius_px: float) -> None:
        """Paint the mask hint, or erase from it, along a path."""
        frame = self._session.now.of_picture(self._picture()).source.frame
        self._edit(
            lambda prompts: painted(
                prompts,
                np.asarray(way_px, float),
                radius_px,
                erase=mode is Mode.ERASE,
                frame=frame,
                size=frame.logits_size,
            )
        )

    def hint_from_shown_mask(self) -> None:
        """Feed the logits of the mask that is shown back to the model, as a mask hint.

        Raises:
            ValueError: no mask is shown.
        """
        now = self._session.now.of_picture(self._picture())
        if now.prediction is None:
            raise ValueError("There is no mask yet to take as a hint. Click on an object first.")
        logits = now.prediction.logits[now.shown_mask]
        self._edit(lambda prompts: prompts.with_mask_hint(logits))

    def truth_from_hint(self) -> None:
        """Make the mask hint, such as a painted one, the truth, and remove the hint.

        Raises:
            ValueError: there is no hint, or nothing is inside of it.
        """
        now = self._session.now.of_picture(self._picture())
        hint = now.prompts.mask_hint
        if hint is None:
            raise ValueError("There is no mask hint yet. Paint one over the object first.")
        self._session.truth = painted_mask(hint, now.source.frame)
        self.drop_hint()

    def ask_without(self, prompts: Prompts) -> None:
        """Replace the prompts by ones without points and box; a mask hint stays.

        Args:
            prompts: `Prompts.nothing()` or `Prompts.padding_point()`.
        """
        self._edit(lambda now: prompts.with_mask_hint(now.mask_hint))

    def drop_hint(self) -> None:
        """Remove the mask hint."""
        self._edit(lambda prompts: prompts.with_mask_hint(None))

    def typed(self, mode: Mode, numbers: Sequence[float], reach_px: float) -> None:
        """Apply typed numbers: two act as a click, four as a drag between two positions.

        In a mode in which a click adds no point, such as that for boxes, two are a foreground
        point.

        Raises:
            ValueError: nothing to remove there, or four numbers in the mode that removes marks.
        """
        places = list(zip(numbers[::2], numbers[1::2], strict=False))
        if mode.paints:
            self.paint(mode, places, reach_px)
        elif mode is Mode.REMOVE and len(places) == 2:
            raise ValueError("To remove a mark, type one place: x, y. Four numbers are a box.")
        elif len(places) == 2:
            self.set_box(numbers)
        elif mode is Mode.REMOVE:
            self.click(mode, places[0], reach_px)
        else:
            self._session.add_point(places[0], mode.label, picture=self._picture())

    def _edit(self, edit: Callable[[Prompts], Prompts], point_px: PointPx | None = None) -> None:
        self._session.edit_prompts(edit, point_px, picture=self._picture())


def _mark_at(prompts: Prompts, at_px: PointPx, reach_px: float) -> Mark:
    """The mark there.

    Raises:
        ValueError: there is none.
    """
    mark = nearest_mark(prompts, at_px, reach_px)
    if mark is None:
        x, y = at_px
        raise ValueError(
            f"There is no mark to remove at {x:.0f}, {y:.0f}. "
            "Click on a point, or on a corner of the box."
        )
    return mark


def _checked(mark: Mark, prompts: Prompts) -> Mark:
    if not mark.is_in(prompts):
        raise ValueError(
            f"This {'point' if mark.kind == 'point' else 'box'} is gone: the prompts have changed "
            "meanwhile. Choose another mark."
        )
    return mark
