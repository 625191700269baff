"""Estimates the rest of an encode's time from the steps that have ended."""

from collections.abc import Hashable, Mapping

from ...tracing import Trace


class Countdown:
    """Measures the steps of a run, and estimates how long the others will take.

    Args:
        kinds: the steps in order, each with its kind; steps of a kind take about the same time.
        pace: seconds of a step by kind, as far as they are known. It is updated.
    """

    def __init__(self, kinds: Mapping[str, Hashable], pace: dict[Hashable, float]):
        self._kinds, self._pace = kinds, pace
        self._begun: tuple[Hashable, float] | None = None

    def end_step(self, now: float) -> None:
        """Note that the current step has ended, at this time in seconds."""
        if self._begun is not None:
            kind, start = self._begun
            self._pace[kind] = now - start
        self._begun = None

    def begin_step(self, step: str, now: float) -> float | None:
        """Note that a step begins. Returns the seconds for it and later ones, None if unknown.

        A kind that was not measured yet counts as the average of those that were.
        """
        steps = list(self._kinds)
        if step not in steps:
            return None
        self._begun = self._kinds[step], now
        left = [self._kinds[each] for each in steps[steps.index(step) :]]
        known = [self._pace[kind] for kind in left if kind in self._pace]
        if not known:
            return None
        mean = sum(known) / len(known)
        return sum(self._pace.get(kind, mean) for kind in left)


def encoder_steps(trace: Trace) -> dict[str, Hashable]:
    """The names of the image encoder's steps, each with what its time depends on."""
    description = trace.sam.description
    kinds: dict[str, Hashable] = {}
    for step in description.image_encoder:
        kind: Hashable = step
        if step.kind == "block" and step.number is not None:
            kind = trace.windows[step.number]
        kinds[description.link(step).words] = trace.sam.config, kind
    return kinds


def time_left(seconds: float | None) -> str:
    """Such as ", 3 s left" or ", 2 min left"; "" for less than a second, or if unknown."""
    if seconds is None or seconds < 0.95:
        return ""
    return f", {seconds:.0f} s left" if seconds < 99.5 else f", {seconds / 60:.0f} min left"
