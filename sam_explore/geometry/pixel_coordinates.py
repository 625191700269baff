"""Every conversion between image pixels, the unit square and the token grid.

Here half a pixel is added to clicks and box corners.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float

from .prompts import Prompts, checked_box


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
        x0, y0, x1, y1 = checked_box(box_px)
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
