"""Turns a press, moves and a release into a click or a drag."""

import math
from dataclasses import dataclass, field

Position = tuple[float, float]


@dataclass(frozen=True)
class Click:
    """A press and a release at about the same position."""

    at: Position


@dataclass(frozen=True)
class Drag:
    """A press at one position, with the pointer or a release at another."""

    start: Position
    end: Position

    @property
    def box(self) -> tuple[float, float, float, float]:
        """x0, y0, x1, y1 of the rectangle between the two."""
        (x0, y0), (x1, y1) = self.start, self.end
        return min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1)


@dataclass
class Gesture:
    """The pointer's movement between a press and a release.

    A gesture that has moved further than `slop` stays a drag, also when it comes back.

    Args:
        slop: the largest movement of a click, in the unit of the positions.
    """

    slop: float
    _start: Position | None = field(default=None, init=False)
    _end: Position | None = field(default=None, init=False)
    _dragging: bool = field(default=False, init=False)

    @property
    def active(self) -> bool:
        """Whether there was a press without a release."""
        return self._start is not None

    def press(self, at: Position) -> None:
        """Begin a gesture. An earlier one without an end is dropped."""
        self._start = self._end = at
        self._dragging = False

    def move(self, at: Position) -> Drag | None:
        """The drag so far; None while it may still be a click, or if nothing is pressed."""
        if self._start is None:
            return None
        self._end = at
        self._dragging = self._dragging or math.dist(self._start, at) > self.slop
        return Drag(self._start, at) if self._dragging else None

    def release(self, at: Position | None = None) -> Click | Drag | None:
        """End the gesture, by default at the last known position. None if nothing was pressed."""
        if self._start is None:
            return None
        start = self._start
        drag = self.move(at or self._end or start)
        self._start = self._end = None
        return drag or Click(start)
