"""One rule for correcting a mask: where a click lies, which logits go back, which mask answers.

See docs/decisions/0021-one-rule-for-corrections.md.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from sam_explore.geometry import Prompts
from sam_explore.prediction import Prediction

BEST = "best"
Choice = int | str | None  # which mask answers: a fixed one, BEST, or None as published


def answering(prediction: Prediction, choice: Choice) -> int:
    """The mask that answers.

    Args:
        prediction: the model's prediction.
        choice: None for the mask as published, "best" for that of the best predicted IoU of all, or
            a number for that mask. A number that the model does not have counts as None.
    """
    if choice == BEST:
        return int(np.argmax(prediction.iou))
    if isinstance(choice, int) and 0 <= choice < len(prediction.iou):
        return choice
    return prediction.chosen


@dataclass(frozen=True, eq=False)
class Dialogue:
    """Prompts that were given one after another, where each additional point corrects a mask.

    Args:
        prompts: all prompts so far.
        corrected: for each correction, the number of points before it and the choice of the mask
            that was shown then, which the new point corrected.
        is_example: whether it is only an example, which the user's first point or box replaces.
    """

    prompts: Prompts
    corrected: tuple[tuple[int, Choice], ...] = ()
    is_example: bool = False

    def then(self, prompts: Prompts, choice: Choice) -> "Dialogue":
        """The dialogue after the prompts were edited.

        A point added after all others corrects the mask that is shown. Points or a box that were
        moved, and a point that was removed, count as if they had been so from the start. After any
        other edit, such as a box added or removed, all prompts are used at once, with no
        corrections. From an example only what is added to it is kept; an example that is moved
        becomes the user's own.

        Args:
            prompts: the prompts after the edit.
            choice: of the mask that was shown before the edit.
        """
        before, after = len(self.prompts.points), len(prompts.points)
        if self.is_example:
            return Dialogue(_added(self.prompts, prompts))
        if (self.prompts.box is None) != (prompts.box is None):
            return Dialogue(prompts)
        if after == before:
            return replace(self, prompts=prompts)
        if after > before and _begins_with(prompts, self.prompts):
            is_first = not before and prompts.box is None
            new = () if is_first else ((before, choice),)
            return Dialogue(prompts, (*self.corrected, *new))
        if after == before - 1:
            removed = _removed(self.prompts, prompts)
            if removed is not None:
                return Dialogue(prompts, self._corrected_without(removed, after))
        return Dialogue(prompts)

    @property
    def feeds_back(self) -> bool:
        """Whether logits are fed back: after corrections, and without a mask hint by the user."""
        return bool(self.corrected) and self.prompts.mask_hint is None

    def said(self, count: int) -> Prompts:
        """The prompts with only the first `count` points."""
        points, labels = self.prompts.points[:count], self.prompts.labels[:count]
        return replace(self.prompts, points=points, labels=labels)

    def asked(self, answer: Callable[[Prompts], Prediction]) -> Prompts:
        """The prompts for the model: with the logits that are fed back, as a mask hint.

        Args:
            answer: runs the model.
        """
        hint = self.prompts.mask_hint
        for count, choice in self.corrected if self.feeds_back else ():
            prediction = answer(self.said(count).with_mask_hint(hint))
            hint = prediction.logits[answering(prediction, choice)]
        return self.prompts.with_mask_hint(hint)

    def _corrected_without(self, point: int, left: int) -> tuple[tuple[int, Choice], ...]:
        """The corrections after a point was removed, with `left` points remaining."""
        kept: dict[int, Choice] = {}
        for count, choice in self.corrected:
            count -= count > point
            if count < left and (count or self.prompts.box is not None):
                kept[count] = choice  # of two with as many points, the later one was corrected
        return tuple(kept.items())


@dataclass(frozen=True)
class CorrectionRule:
    """How a click that corrects a mask is given to the model, and which mask is shown afterwards.

    feeds_back: whether the logits that were shown are fed back as a mask hint.
    all_tokens: whether the answer is the mask of the best predicted IoU of all four; else token 0.
    """

    name: str
    feeds_back: bool
    all_tokens: bool

    def prompts(
        self,
        shown: Prediction,
        mask: int,
        point_px: np.ndarray | Sequence[float],
        label: int,
    ) -> Prompts:
        """The prompts for a correction of the mask that is shown.

        Args:
            shown: the prediction that is corrected.
            mask: which of its masks is shown and corrected, 0 to 3.
            point_px: x, y of the click in pixels of the picture.
            label: 1 where the mask should reach, 0 where it should not.
        """
        asked = shown.prompts.with_point(point_px, label)
        return asked.with_mask_hint(shown.logits[mask] if self.feeds_back else None)

    def answer(self, prediction: Prediction) -> int:
        """Which mask of a corrected prediction is shown."""
        return answering(prediction, BEST if self.all_tokens else 0)


TOKEN_0 = CorrectionRule("token 0", feeds_back=True, all_tokens=False)
BEST_PREDICTED = CorrectionRule("best predicted", feeds_back=True, all_tokens=True)
NO_FEEDBACK = CorrectionRule("no feedback", feeds_back=False, all_tokens=False)
CORRECTION_RULES = (TOKEN_0, BEST_PREDICTED, NO_FEEDBACK)


def correction_clicks(
    masks: Bool[Tensor, "mask row column"],
    targets: Bool[Tensor, "mask row column"],
    generator: torch.Generator,
) -> tuple[Float[Tensor, "mask 2"], Int[Tensor, "mask"]]:
    """A random click in each mask's error region, and its label: 1 where the target was missed.

    Points are x, y in the unit square. A mask without errors is clicked anywhere inside its target,
    or anywhere if the target is empty.
    """
    wrong = (masks ^ targets).flatten(1)
    wrong = torch.where(wrong.any(dim=1, keepdim=True), wrong, targets.flatten(1))
    device = generator.device  # single precision, whatever torch's default
    chances = torch.rand(wrong.shape, generator=generator, device=device, dtype=torch.float32)
    places = (chances.to(wrong.device) + wrong).argmax(dim=1)
    labels = targets.flatten(1).gather(1, places[:, None])[:, 0].long()
    rows, columns = masks.shape[-2:]
    points = torch.stack([places % columns, places // columns], dim=1)
    return (points.float() + 0.5) / torch.tensor([columns, rows], device=points.device), labels


def _begins_with(prompts: Prompts, first: Prompts) -> bool:
    """Whether prompts start with the box and the points of others, with their labels."""
    count = len(first.points)
    same_box = first.box is None or np.all(prompts.box == first.box)
    return bool(
        same_box
        and (prompts.points[:count] == first.points).all()
        and (prompts.labels[:count] == first.labels).all()
    )


def _added(before: Prompts, after: Prompts) -> Prompts:
    """What was added: points after the others, or a box; all prompts after any other edit."""
    count = len(before.points)
    if len(after.points) > count and _begins_with(after, before):
        return replace(after, points=after.points[count:], labels=after.labels[count:], box=None)
    if before.box is None and after.box is not None:
        return Prompts(box=after.box, mask_hint=after.mask_hint, unprompted=after.unprompted)
    return after


def _removed(before: Prompts, after: Prompts) -> int | None:
    """The index of the point that was removed; None if the edit was another one."""
    for point in range(len(before.points)):
        points, labels = (np.delete(each, point, 0) for each in (before.points, before.labels))
        if (points == after.points).all() and (labels == after.labels).all():
            return point
    return None
