"""Everything that changes during training, as a function of the number of scenes seen."""

from dataclasses import dataclass, replace

import torch

from .objective import Plan, plan_rounds


@dataclass(frozen=True)
class Schedule:
    """The schedule of a run; all lengths are numbers of scenes.

    rate: the learning rate after the warm-up.
    warm_up: scenes over which the rate rises.
    alone: scenes at the start with the pretext task only.
    sides: pairs of a number of scenes and the side of the pictures in pixels from there on. The
        first number is 0; no side is larger than the model's.
    entropy: weight of the cross entropy at the start and at the end.
    entropy_rises: scenes at which its rise begins and ends.
    rounds: the largest number of corrections of an answer.
    rounds_from, rounds_full: scenes from which on some steps, and all steps, have corrections.
    """

    rate: float = 2.4e-3
    warm_up: int = 1500
    alone: int = 6_000
    sides: tuple[tuple[int, int], ...] = ((0, 96), (16_000, 192), (150_000, 320))
    entropy: tuple[float, float] = (0.2, 1.0)
    entropy_rises: tuple[int, int] = (30_000, 150_000)
    rounds: int = 6
    rounds_from: int = 16_000
    rounds_full: int = 100_000

    def paced(self, pace: float) -> "Schedule":
        """The schedule with all lengths multiplied, for larger steps."""
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
        """The learning rate after `seen` scenes.

        begun: scenes seen before this optimiser's first step.
        fall: the number of scenes at which the rate starts to fall linearly to 0, and over how
            many.
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
    """The fraction of the way from start to stop, 0 to 1."""
    return min(1.0, max(0.0, (seen - start) / max(1, stop - start)))
