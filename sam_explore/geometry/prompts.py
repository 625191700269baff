"""Prompts: what a user says about one object, in pixels of their own picture."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from ..prompt_arrays import Numbers, checked_array, frozen
from ..read_only import ReadOnlyArrays

FOREGROUND = 1
BACKGROUND = 0

MOST_POINTS = 1000  # attention among prompt tokens takes memory with the square of their number
UNPROMPTED = ("nothing", "padding")


@dataclass(frozen=True, eq=False)
class Prompts(ReadOnlyArrays):
    """One prompt set: what a user says about one object, in pixels of their own picture.

    Args:
        points: (n, 2), x before y, from 0 to the picture's width and height. Or None.
        labels: (n,), 1 for a point on the object, 0 for one outside it. All 1 if None.
        box: (x0, y0, x1, y1) with x0 <= x1 and y0 <= y1, or None.
        mask_hint: (side, side) logits in the model's own low-resolution frame (256 for the released
            models): what an earlier prediction's `logits` hold. Or None.
        unprompted: what the model gets where there is neither a point nor a box: "nothing", which
            is no prompt token at all, or "padding", the padding point alone. See `nothing` and
            `padding_point`. None if neither was chosen.

    Lists and tensors become read-only arrays; `points` and `labels` are then always arrays,
    possibly empty. Axes of length 1 in front are dropped, as a batch of one has them, and a single
    point may be (x, y).

    Raises:
        ValueError: numbers that are not finite or beyond a billion, more than 1000 points, labels
            other than 0 and 1, wrong shapes, or a box whose corners are the wrong way round.
    """

    if TYPE_CHECKING:
        # The types after construction; the fields below show what may be passed in.
        points: np.ndarray
        labels: np.ndarray
        box: np.ndarray | None
        mask_hint: np.ndarray | None
        unprompted: str | None

        def __init__(
            self,
            points: Numbers | None = None,
            labels: Numbers | None = None,
            box: Numbers | None = None,
            mask_hint: Numbers | None = None,
            unprompted: str | None = None,
        ) -> None: ...
    else:
        points: Numbers | None = None
        labels: Numbers | None = None
        box: Numbers | None = None
        mask_hint: Numbers | None = None
        unprompted: str | None = None

    def __post_init__(self) -> None:
        points = checked_array("points", () if self.points is None else self.points, (None, 2))
        if len(points) > MOST_POINTS:
            raise ValueError(
                f"There may be at most {MOST_POINTS:,} points, but there are {len(points):,}: the "
                "model compares each prompt token with each other, which would fill the memory. To "
                "ask about many places one by one, give sx.predict a list: "
                "[sx.Prompts(points=[point]) for point in points]."
            )
        labels = np.ones(len(points)) if self.labels is None else self.labels
        labels = checked_array("labels", labels, (len(points),))
        if not np.isin(labels, (FOREGROUND, BACKGROUND)).all():
            raise ValueError(
                f"labels must be 1 (on the object) or 0 (outside it), but are {labels.tolist()}."
            )
        object.__setattr__(self, "points", points)
        object.__setattr__(self, "labels", frozen(labels.astype(np.int64)))
        if self.box is not None:
            object.__setattr__(self, "box", checked_box(self.box))
        if self.mask_hint is not None:
            hint = checked_array("mask_hint", self.mask_hint, (None, None)).astype(np.float32)
            object.__setattr__(self, "mask_hint", frozen(hint))
        self._check_unprompted()

    @classmethod
    def nothing(cls) -> "Prompts":
        """Ask the model with no prompt token at all, as the reference's predictor does.

        `Prompts()` gives the same masks; this one says that they are wanted, so that views show
        them.
        """
        return cls(unprompted="nothing")

    @classmethod
    def padding_point(cls) -> "Prompts":
        """Prompt with the padding point alone, which otherwise follows points without a box.

        That is what the reference's ONNX model gets instead of an empty prompt: it needs a point,
        and this is the one that means none.
        """
        return cls(unprompted="padding")

    def __repr__(self) -> str:
        given = {"points": self.points, "labels": self.labels} if len(self.points) else {}
        parts = [f"{name}={array.tolist()}" for name, array in given.items()]
        if self.box is not None:
            parts.append(f"box={self.box.tolist()}")
        if self.mask_hint is not None:
            parts.append("mask_hint={} x {} logits".format(*self.mask_hint.shape))
        if self.unprompted is not None:
            parts.append(f"unprompted={self.unprompted!r}")
        return f"Prompts({', '.join(parts)})"

    @property
    def is_empty(self) -> bool:
        """Whether there is no prompt at all, not even `nothing` or `padding_point`."""
        given = self.box, self.mask_hint, self.unprompted
        return not len(self.points) and all(each is None for each in given)

    @property
    def token_count(self) -> int:
        """The number of prompt tokens: one a point, and two for a box or else one for padding."""
        if self.box is not None:
            return len(self.points) + 2
        return len(self.points) + self.has_padding

    @property
    def has_padding(self) -> bool:
        """Whether the padding point is one of the prompt tokens."""
        return self.unprompted == "padding" or (len(self.points) > 0 and self.box is None)

    @property
    def kinds(self) -> tuple[str, ...]:
        """What each prompt token stands for, in their order: the kinds of `PromptEncoder.KINDS`."""
        points = ("foreground" if each == FOREGROUND else "background" for each in self.labels)
        corners = () if self.box is None else ("box top left", "box bottom right")
        return (*points, *corners, *(("not a point",) if self.has_padding else ()))

    def with_point(
        self, point_px: np.ndarray | Sequence[float], label: int = FOREGROUND
    ) -> "Prompts":
        """The same prompts with one more point at the end."""
        points = np.concatenate([self.points, np.reshape(point_px, (1, 2))])
        labels = np.append(self.labels, label)
        return replace(self, points=points, labels=labels, unprompted=None)

    def with_box(self, box_px: Numbers | None) -> "Prompts":
        """The same prompts with this box instead of the one before, or with none."""
        box = None if box_px is None else checked_box(box_px)
        return replace(self, box=box, unprompted=self.unprompted if box_px is None else None)

    def with_mask_hint(self, mask_hint: Numbers | None) -> "Prompts":
        """The same prompts with this mask hint instead of the one before, or with none."""
        return Prompts(self.points, self.labels, self.box, mask_hint, self.unprompted)

    def _check_unprompted(self) -> None:
        if self.unprompted is None:
            return
        if self.unprompted not in UNPROMPTED:
            raise ValueError(
                f"unprompted must be None or one of {', '.join(map(repr, UNPROMPTED))}, not "
                f"{self.unprompted!r}."
            )
        if len(self.points) or self.box is not None:
            raise ValueError(
                f"unprompted is {self.unprompted!r}, which is to ask without points and box, but "
                "there are some. Leave one or the other away."
            )


def checked_box(box: Numbers) -> np.ndarray:
    """The corners x0, y0, x1, y1 of a box.

    Raises:
        ValueError: other numbers.
    """
    box = checked_array("box", box, (4,))
    x0, y0, x1, y1 = box
    if x0 > x1 or y0 > y1:
        raise ValueError(
            f"box must be (x0, y0, x1, y1) with x0 <= x1 and y0 <= y1, but is {box.tolist()}. "
            "Out of x, y, width and height it is made by (x, y, x + width, y + height)."
        )
    return box
