"""Prompts, and every conversion between image pixels, the unit square and the token grid."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float

from .prompt_arrays import Numbers, checked_array, frozen
from .read_only import ReadOnlyArrays

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
            object.__setattr__(self, "box", _checked_box(self.box))
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
        box = None if box_px is None else _checked_box(box_px)
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


@dataclass(frozen=True)
class Frame:
    """How a picture lies in the model's input: scaled, at the top left, and padded where it ends.

    The one convention for coordinates: a click (x, y) means the middle of pixel (x, y), counted
    from 0. It is scaled as the picture is, half an *input* pixel is added, and the sum is divided
    by the input's width and height. Box corners go the same way. So does the reference:
    https://github.com/facebookresearch/segment-anything/blob/dca509f/segment_anything/modeling/prompt_encoder.py#L80
    Where the scale is not 1, that is not quite the middle of the pixel in the input, which would be
    half a *picture* pixel; the model was trained with it, and every preprocessing keeps it.

    Args:
        image_size: height and width of the user's picture in pixels.
        input_size: height and width in pixels that it is scaled to.
        side: height and width in pixels of the model's input, which is `input_size` and padding.
            One number stands for a square.
        patch_size: the side of one token in pixels of the model's input.
        logits_a_token: logits along the side of one token, as the model's masks have.
    """

    if TYPE_CHECKING:
        # The types after construction; the fields below show what may be passed in.
        image_size: tuple[int, int]
        input_size: tuple[int, int]
        side: tuple[int, int]
        patch_size: int
        logits_a_token: int

        def __init__(
            self,
            image_size: tuple[int, int],
            input_size: tuple[int, int],
            side: int | tuple[int, int],
            patch_size: int,
            logits_a_token: int = ...,
        ) -> None: ...
    else:
        image_size: tuple[int, int]
        input_size: tuple[int, int]
        side: int | tuple[int, int]
        patch_size: int
        logits_a_token: int = 4

    def __post_init__(self) -> None:
        if not isinstance(self.side, tuple):
            object.__setattr__(self, "side", (self.side, self.side))

    @property
    def grid(self) -> tuple[int, int]:
        """Rows and columns of the image tokens, those of padding included."""
        height, width = self.side
        return height // self.patch_size, width // self.patch_size

    @property
    def logits_size(self) -> tuple[int, int]:
        """Rows and columns of the low-resolution logits, and of a mask hint."""
        rows, columns = self.grid
        return self.logits_a_token * rows, self.logits_a_token * columns

    def unit_from_px(self, points_px: Float[np.ndarray, "*any 2"]) -> Float[np.ndarray, "*any 2"]:
        """Points of the picture as x, y from 0 to 1 across the model's input.

        On a picture as large as the input, (0, 0) becomes half a pixel, the middle of the first.
        """
        return (points_px * self._scale + 0.5) / self.side[::-1]

    def px_from_unit(self, points_unit: Float[np.ndarray, "*any 2"]) -> Float[np.ndarray, "*any 2"]:
        """The inverse of `unit_from_px`."""
        return (points_unit * self.side[::-1] - 0.5) / self._scale

    def token_at(self, point_px: np.ndarray | Sequence[float]) -> tuple[int, int]:
        """Row and column of the token whose patch contains this point; outside, the nearest one."""
        x, y = np.asarray(point_px, float) * self._scale
        rows, columns = self.grid
        row, column = int(y // self.patch_size), int(x // self.patch_size)
        return min(max(row, 0), rows - 1), min(max(column, 0), columns - 1)

    def tokens_in(self, box_px: np.ndarray | Sequence[float]) -> tuple[tuple[int, int], ...]:
        """Row and column of each token that has a part of its patch in a box (x0, y0, x1, y1)."""
        x0, y0, x1, y1 = _checked_box(box_px)
        top, left = self.token_at((x0, y0))
        # A box that only touches a patch does not reach into it.
        before = np.nextafter((x1, y1), (x0, y0))
        bottom, right = self.token_at(before)
        rows, columns = range(top, bottom + 1), range(left, right + 1)
        return tuple((row, column) for row in rows for column in columns)

    @property
    def token_size_px(self) -> tuple[float, float]:
        """Height and width of one token's patch in pixels of the picture."""
        across, down = self._scale
        return self.patch_size / float(down), self.patch_size / float(across)

    @property
    def tokens_shown(self) -> tuple[int, int]:
        """Rows and columns of the tokens that show some of the picture; the others are padding."""
        height, width = self.input_size
        return -(-height // self.patch_size), -(-width // self.patch_size)

    def cells_shown(self, cells_a_token: int = 1) -> tuple[float, float]:
        """How many rows and columns of cells the picture fills, from the upper left corner on.

        The last ones may be filled in part. The rest of the cells are padding.

        Args:
            cells_a_token: along each side: 1 for the image tokens, 4 for logits.
        """
        height, width = self.input_size
        return height * cells_a_token / self.patch_size, width * cells_a_token / self.patch_size

    def check(self, prompts: Prompts) -> None:
        """Refuse prompts that don't fit this picture or the model's input.

        A box may extend beyond the picture, as when it is dragged over the edge. It is not clipped,
        as in the reference.

        Raises:
            ValueError: a point or a whole box outside the picture, or a mask hint of another size.
        """
        height, width = self.image_size
        size = f"which is {width} wide and {height} high"
        outside = ((prompts.points < 0) | (prompts.points > (width, height))).any(axis=1)
        if outside.any():
            x, y = prompts.points[outside][0]
            raise ValueError(
                f"Point ({x:g}, {y:g}) lies outside the picture, {size}. "
                "Points are x before y, in pixels of the picture."
            )
        if prompts.box is not None:
            x0, y0, x1, y1 = prompts.box
            if x1 < 0 or y1 < 0 or x0 > width or y0 > height:
                raise ValueError(
                    f"Box ({x0:g}, {y0:g}, {x1:g}, {y1:g}) lies wholly outside the picture, "
                    f"{size}. A box is (x0, y0, x1, y1) in pixels of the picture."
                )
        hint, wanted = prompts.mask_hint, self.logits_size
        if hint is not None and hint.shape != wanted:
            raise ValueError(
                f"mask_hint must be {wanted[0]} x {wanted[1]} logits in the model's low-resolution "
                f"frame, but is {hint.shape}. One mask of an earlier prediction at this input size "
                "fits: prediction.logits[1]."
            )

    @property
    def _scale(self) -> Float[np.ndarray, "2"]:
        (height, width), (input_height, input_width) = self.image_size, self.input_size
        return np.array([input_width / width, input_height / height])


def fit_longest_side(image_size: tuple[int, int], side: int) -> tuple[int, int]:
    """Height and width after scaling the longer one to `side`, rounded as the reference does.

    A thin picture keeps at least one pixel.
    """
    scale = side / max(image_size)
    height, width = (max(1, int(length * scale + 0.5)) for length in image_size)
    return height, width


def _checked_box(box: Numbers) -> np.ndarray:
    box = checked_array("box", box, (4,))
    x0, y0, x1, y1 = box
    if x0 > x1 or y0 > y1:
        raise ValueError(
            f"box must be (x0, y0, x1, y1) with x0 <= x1 and y0 <= y1, but is {box.tolist()}. "
            "Out of x, y, width and height it is made by (x, y, x + width, y + height)."
        )
    return box
