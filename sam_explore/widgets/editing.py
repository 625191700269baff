"""What clicks, drags and typed coordinates do to a session, in each mode."""

from collections.abc import Sequence

import numpy as np

from ..geometry import Prompts
from .brush import painted
from .marks import Mark, nearest_mark
from .modes import Mode
from .session import Session

Place = tuple[float, float]


class Editing:
    """The session's prompts, edited on a picture. All places are x, y in pixels of the picture.

    Args:
        session: whose prompts.
    """

    def __init__(self, session: Session):
        self._session = session

    def click(self, mode: Mode, at_px: Place, reach_px: float) -> None:
        """Add a point, or take the mark away that lies within reach.

        Raises:
            ValueError: there is none.
        """
        if mode.adds_points:
            self._session.add_point(at_px, mode.label)
        elif mode is Mode.REMOVE:
            mark = nearest_mark(self._session.prompts, at_px, reach_px)
            if mark is None:
                x, y = at_px
                raise ValueError(
                    f"There is no mark to remove at {x:.0f}, {y:.0f}. "
                    "Click on a point, or on a corner of the box."
                )
            self.remove(mark)

    def move(self, mark: Mark, to_px: Place) -> None:
        """Put a point or a corner of the box elsewhere; a point's token becomes the picked one."""
        session = self._session
        session.prompts = mark.moved(session.prompts, to_px)
        if mark.kind == "point":
            session.token = session.unprompted.frame.token_at(to_px)

    def remove(self, mark: Mark) -> None:
        """Take a point or the box away."""
        self._session.prompts = mark.removed(self._session.prompts)

    def paint(self, mode: Mode, way_px: Sequence[Place], radius_px: float) -> None:
        """Paint the mask hint, or erase from it, along a way."""
        self._session.prompts = self.painted(mode, way_px, radius_px)

    def painted(self, mode: Mode, way_px: Sequence[Place], radius_px: float) -> Prompts:
        """The prompts that `paint` would set."""
        session = self._session
        return painted(
            session.prompts,
            np.asarray(way_px, float),
            radius_px,
            erase=mode is Mode.ERASE,
            frame=session.unprompted.frame,
            size=_hint_size(session),
        )

    def hint_from_shown_mask(self) -> None:
        """Give the logits of the mask that is shown back to the model, as a mask hint.

        Raises:
            ValueError: no mask is shown.
        """
        session = self._session
        if session.prediction is None:
            raise ValueError("There is no mask yet to take as a hint. Click on an object first.")
        logits = session.prediction.logits[session.shown_mask]
        session.prompts = session.prompts.with_mask_hint(logits)

    def drop_hint(self) -> None:
        """Take the mask hint away."""
        self._session.prompts = self._session.prompts.with_mask_hint(None)

    def typed(self, mode: Mode, numbers: Sequence[float], reach_px: float) -> None:
        """Two numbers act as a click there, four as a drag from the first place to the second.

        Raises:
            ValueError: the mode knows no such thing.
        """
        places = [tuple(numbers[:2]), tuple(numbers[2:])][: len(numbers) // 2]
        if mode.paints:
            self.paint(mode, places, reach_px)
        elif len(places) == 2:
            self._session.set_box(numbers)
        elif mode is Mode.REMOVE:
            self.click(mode, places[0], reach_px)
        else:
            self._session.add_point(places[0], mode.label)


def _hint_size(session: Session) -> tuple[int, int]:
    """Rows and columns of a mask hint: four to a token's side, as the masks have."""
    rows, columns = session.grid
    return 4 * rows, 4 * columns
