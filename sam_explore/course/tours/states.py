"""What a tour sets in a session, and how the reader's own state comes back.

A session's state is an immutable snapshot, so the reader's own is simply kept. Nothing here
computes or draws.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from sam_explore.corrections import Dialogue
from sam_explore.widgets.session import Snapshot

from .fields import GLOBAL, MODEL, NONE, TRAINED
from .tour_steps import Tour, TourStep

# The traits that a step may set, besides the prompts.
TRAITS = ("threshold", "chosen", "windows", "token")
_OF_ANY_PICTURE = ("threshold", "chosen")


@dataclass(frozen=True, eq=False)
class TourState:
    """What holds during one step: its own fields, and what earlier steps have set.

    Args:
        dialogue: the prompts; the same object for all steps that do not set them.
        traits: of the session, by name.
        unfold: the parts of the map that are unfolded; None for those of the beginning.
        point_at: the part of the map that is pointed at, or None.
        exhibit: the name of a probe and its knobs, or None.
    """

    dialogue: Dialogue
    traits: dict[str, Any]
    unfold: tuple[str, ...] | None = None
    point_at: str | None = None
    exhibit: tuple[str, tuple[tuple[str, Any], ...]] | None = None

    def in_session(self, now: Snapshot) -> Snapshot:
        """The session's state in this step.

        The reader's clicks since the step before stay among what can be undone.

        Raises:
            ValueError: prompts, a token or windows that the picture or the model can't have.
        """
        now = _with_traits(now, self.traits)
        if now.dialogue is self.dialogue:
            return now
        points = self.dialogue.prompts.points
        is_token_set = "token" in self.traits or not len(points)
        token = None if is_token_set else now.source.frame.token_at(points[-1])
        return now.with_dialogue(self.dialogue, token)

    def has_set(self, name: str, now: Snapshot) -> bool:
        """Whether a trait has the value of the tour, and not one that the reader has set since."""
        if name == "token" and name not in self.traits:
            return now.dialogue is self.dialogue  # a point of the tour picks its token
        return name in self.traits and bool(self.traits[name] == getattr(now, name))


def states_of(tour: Tour, start: Snapshot) -> tuple[TourState, ...]:
    """The state of each step, so that every step is the same from either side.

    Args:
        tour: the tour.
        start: the session's state, with the tour's picture, before the first step.

    Raises:
        ValueError: it names the step whose prompts do not fit the picture.
    """
    state = TourState(start.dialogue, {})
    states = []
    for number, step in enumerate(tour.steps, 1):
        try:
            dialogue = state.dialogue
            if step.sets_prompts:
                dialogue = Dialogue(step.prompts_in(start.source.frame))
            exhibit = state.exhibit
            if step.exhibit is not None:
                exhibit = None if step.exhibit == NONE else (step.exhibit, step.knobs or ())
            point_at = state.point_at if step.point_at is None else step.point_at
            state = TourState(
                dialogue,
                state.traits | _traits(step, start),
                state.unfold if step.unfold is None else step.unfold,
                None if point_at == NONE else point_at,
                exhibit,
            )
            state.in_session(start)
        except ValueError as error:
            raise ValueError(f"Step {number} of the tour {tour.title!r}: {error}") from None
        states.append(state)
    return tuple(states)


def is_of(now: Snapshot, start: Snapshot, pictures: Sequence[np.ndarray]) -> bool:
    """Whether a state still has the reader's model, and the reader's or the tour's picture."""
    return now.sam is start.sam and any(now.image is each for each in pictures)


def let_go(
    start: Snapshot, last: TourState, pictures: Sequence[np.ndarray]
) -> Callable[[Snapshot], Snapshot]:
    """From a session's state in a tour to the reader's own.

    What the tour has set goes back to what the reader had; what the reader has set since the tour's
    last step stays. Undo brings the other prompts back. Another picture or model that the reader
    has opened meanwhile stays with all that belongs to it.

    Args:
        start: the reader's state before the tour.
        last: the state of the step that was shown last.
        pictures: the reader's and the tour's.
    """

    def back(now: Snapshot) -> Snapshot:
        if not is_of(now, start, pictures):
            return now
        own = {name: getattr(now, name) for name in TRAITS if not last.has_set(name, now)}
        if now.image is not start.image:
            own = {name: own[name] for name in own if name in _OF_ANY_PICTURE}
            return _with_traits(start.again_after(now), own)
        dialogue = start.dialogue if now.dialogue is last.dialogue else now.dialogue
        traits = {name: getattr(start, name) for name in TRAITS} | own
        if now.source is not start.source and traits["windows"] == start.windows:
            now = start.again_after(now)  # it need not be encoded again
        now = _with_traits(now, traits)
        return now if now.dialogue is dialogue else now.with_dialogue(dialogue, now.token)

    return back


def _with_traits(now: Snapshot, traits: Mapping[str, Any]) -> Snapshot:
    for name, value in traits.items():
        now = now.with_trait(name, value)
    return now


def _traits(step: TourStep, start: Snapshot) -> dict[str, Any]:
    """The session's traits that a step sets."""
    found: dict[str, Any] = {}
    if step.threshold is not None:
        found["threshold"] = step.threshold
    if step.mask is not None:
        found["chosen"] = None if step.mask == MODEL else step.mask
    if step.token is not None:
        found["token"] = step.token
    if step.windows is not None:
        named = {TRAINED: None, GLOBAL: (0,) * start.sam.config.encoder_depth}
        found["windows"] = named.get(step.windows, step.windows)
    return found
