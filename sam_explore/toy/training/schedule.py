"""What changes while the model learns, as a function of the scenes it has seen."""

from dataclasses import dataclass, replace

import torch

from .objective import Plan, plan_rounds


@dataclass(frozen=True)
class Schedule:
    """All lengths are in scenes.

    rate: the learning rate after the warm-up.
    warm_up: over which the rate rises.
    alone: the first scenes, which the pretext has for itself.
    sides: from where on pictures have which side in pixels, the first from 0 on; never more than
        the model's own.
    entropy: weight of the cross entropy, from the first to the second number.
    entropy_rises: from where to where it does so.
    rounds: most corrections of an answer.
    rounds_from, rounds_full: from where on there are corrections, and from where on in each step.
    """

    rate: float = 1.2e-3
    warm_up: int = 1500
    alone: int = 6_000
    sides: tuple[tuple[int, int], ...] = ((0, 112), (16_000, 168), (150_000, 192))
    entropy: tuple[float, float] = (0.2, 1.0)
    entropy_rises: tuple[int, int] = (30_000, 150_000)
    rounds: int = 6
    rounds_from: int = 16_000
    rounds_full: int = 100_000

    def paced(self, pace: float) -> "Schedule":
        """With all lengths so many times as long, for steps of many more scenes."""
        lengths = {
            name: round(pace * getattr(self, name))
            for name in ("warm_up", "alone", "rounds_from", "rounds_full")
        }
        sides = tuple((round(pace * first), side) for first, side in self.sides)
        first, last = self.entropy_rises
        return replace(
            self, **lengths, sides=sides, entropy_rises=(round(pace * first), round(pace * last))
        )

    def rate_at(self, seen: int, begun: int, fall: tuple[int, int] | None) -> float:
        """The learning rate after so many scenes.

        begun: scenes that had been seen when this optimiser took its first step.
        fall: from where on the rate falls in a straight line to 0, and over how many scenes.
        """
        risen = min(1.0, (seen - begun + 1) / self.warm_up)
        if fall is None:
            return self.rate * risen
        first, length = fall
        return self.rate * risen * min(1.0, max(0.0, 1 - (seen - first) / length))

    def entropy_weight(self, seen: int) -> float:
        """Weight of the cross entropy next to the dice loss."""
        low, high = self.entropy
        return low + (high - low) * _part(seen, *self.entropy_rises)

    def side(self, seen: int, full: int) -> int:
        """Side of the pictures in pixels."""
        begun = [side for first, side in self.sides if first <= seen]
        return min(begun[-1], full)

    def plan(self, seen: int, generator: torch.Generator) -> Plan:
        """The corrections of a step."""
        return plan_rounds(self.rounds, self._corrected(seen), generator)

    def _corrected(self, seen: int) -> float:
        return _part(seen, self.rounds_from, self.rounds_full)


def _part(seen: int, start: int, stop: int) -> float:
    """How far from start to stop, 0 to 1."""
    return min(1.0, max(0.0, (seen - start) / max(1, stop - start)))
