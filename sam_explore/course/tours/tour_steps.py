"""A tour as data: its title, its picture, and its steps."""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

from sam_explore.geometry import Frame, Prompts
from sam_explore.scenes import EXAMPLES

from .fields import NONE, PROBE_OF, checked, close_to


@dataclass(frozen=True)
class TourStep:
    """One step of a tour: a sentence, and what is set while it is read.

        sx.course.TourStep("A click on the shell.", points_px=[(230, 300)], unfold="mask decoder")

    What a step leaves out stays as it was in the step before.

    Args:
        say: the sentence, or a few.
        prompts: "none" takes all prompts away.
        points_px: points as (x, y) in pixels of the tour's picture.
        points_unit: points as shares of the picture's width and height, for tours of any picture.
        labels: one a point, 1 on the object and 0 off it; all 1 if left out.
        box_px, box_unit: a box (x0, y0, x1, y1), in the same frames.
        threshold: a mask is where its logits exceed this.
        mask: the mask that is shown: its number, "best" or "model".
        token: the picked image token (row, column).
        windows: "trained", "global", or a window for each block.
        unfold: the parts of the map that are unfolded, by name; with them what is around them.
        point_at: the part of the map that is pointed at; "none" for none.
        exhibit: the probe that is shown, by name; "none" for none.
        knobs: its knobs by name.

    Raises:
        ValueError: a value that a field can't have, or fields that contradict each other.
    """

    if TYPE_CHECKING:
        # As they may be given; after construction they are as `fields.checked` returns them.
        say: str
        prompts: str | None = None
        points_px: Any = None
        points_unit: Any = None
        labels: Any = None
        box_px: Any = None
        box_unit: Any = None
        threshold: float | None = None
        mask: int | str | None = None
        token: Any = None
        windows: Any = None
        unfold: Any = None
        point_at: str | None = None
        exhibit: str | None = None
        knobs: Any = None
    else:
        say: Any
        prompts: Any = None
        points_px: Any = None
        points_unit: Any = None
        labels: Any = None
        box_px: Any = None
        box_unit: Any = None
        threshold: Any = None
        mask: Any = None
        token: Any = None
        windows: Any = None
        unfold: Any = None
        point_at: Any = None
        exhibit: Any = None
        knobs: Any = None

    def __post_init__(self) -> None:
        for each in fields(self):
            value = getattr(self, each.name)
            if each.name == "say" and value is None:
                raise ValueError("say: expected a sentence, but there is none.")
            try:
                object.__setattr__(self, each.name, checked(each.name, value))
            except ValueError as error:
                raise ValueError(f"{each.name}: {error}") from None
        self._check_together()

    @property
    def sets_prompts(self) -> bool:
        """Whether it has prompts of its own, or takes them away."""
        given = (self.prompts, self.points_px, self.points_unit, self.box_px, self.box_unit)
        return any(each is not None for each in given)

    def prompts_in(self, frame: Frame) -> Prompts:
        """Its prompts in pixels of a picture."""
        height, width = frame.image_size
        points, box = self.points_px, self.box_px
        if self.points_unit is not None:
            points = [(x * (width - 1), y * (height - 1)) for x, y in self.points_unit]
        if self.box_unit is not None:
            x0, y0, x1, y1 = self.box_unit
            box = (x0 * (width - 1), y0 * (height - 1), x1 * (width - 1), y1 * (height - 1))
        return Prompts(points=points, labels=self.labels, box=box)

    def _check_together(self) -> None:
        """Refuse fields that contradict each other."""
        points = self.points_px or self.points_unit
        for one, other in (("points_px", "points_unit"), ("box_px", "box_unit")):
            if getattr(self, one) is not None and getattr(self, other) is not None:
                raise ValueError(f"{one}: expected either {one} or {other}, but both are given.")
        if self.prompts == NONE and (points or self.box_px or self.box_unit):
            raise ValueError('prompts: expected no points and no box next to "none".')
        if self.labels is not None and len(self.labels) != len(points or ()):
            raise ValueError(
                f"labels: expected one for each of the {len(points or ())} points, but there are "
                f"{len(self.labels)}."
            )
        if self.knobs is not None:
            self._check_knobs()

    def _check_knobs(self) -> None:
        if self.exhibit is None or self.exhibit == NONE:
            raise ValueError("knobs: expected an exhibit in the same step, but there is none.")
        known = PROBE_OF[self.exhibit].knobs()
        for name, _ in self.knobs:
            if name not in known:
                raise ValueError(
                    f"knobs: {self.exhibit} has no knob {name!r}.{close_to(name, known)} Its knobs "
                    f"are {', '.join(known) or 'none'}."
                )


@dataclass(frozen=True)
class Tour:
    """A tour: steps that are gone through one after the other.

        tour = sx.course.Tour("A first click", [sx.course.TourStep("Click on the turtle.")])
        sx.course.tour(tour, session)

    Args:
        title: its name.
        steps: at least one.
        about: what it shows, in a sentence.
        picture: an example by name, as in `sx.example`; None for the session's own picture.

    Raises:
        ValueError: a tour without steps, steps of another kind, or an unknown picture.
    """

    if TYPE_CHECKING:
        # The types after construction; the fields below show what may be passed in.
        title: str
        steps: tuple[TourStep, ...]
        about: str
        picture: str | None

        def __init__(
            self,
            title: str,
            steps: Iterable[TourStep],
            about: str = ...,
            picture: str | None = ...,
        ) -> None: ...
    else:
        title: Any
        steps: Any
        about: Any = ""
        picture: Any = None

    def __post_init__(self) -> None:
        if not isinstance(self.title, str) or not self.title.strip():
            raise ValueError(f"title: expected a few words, but is {self.title!r:.80}.")
        steps = tuple(self.steps)
        object.__setattr__(self, "steps", steps)
        if not steps:
            raise ValueError("steps: expected at least one step, but there is none.")
        for number, step in enumerate(steps, 1):
            if not isinstance(step, TourStep):
                kind = type(step).__name__
                raise ValueError(f"steps: expected a TourStep, but step {number} is a {kind}.")
        if self.picture is not None:
            check_picture(self.picture)
        elif any(step.points_px or step.box_px for step in steps):
            raise ValueError(
                "picture: expected the one that points_px and box_px lie in, but there is none. "
                "Name one, or give points_unit and box_unit, which suit any picture."
            )

    @property
    def has_map(self) -> bool:
        """Whether a step shows a part of the map."""
        return any(step.unfold is not None or step.point_at is not None for step in self.steps)


def check_picture(name: object) -> None:
    """Refuse a picture that is no example.

    Raises:
        ValueError: it lists the close names.
    """
    if name not in EXAMPLES:
        raise ValueError(
            f"picture: expected an example, which are {', '.join(EXAMPLES)}, but is {name!r:.80}."
            f"{close_to(name, EXAMPLES)}"
        )
