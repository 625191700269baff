"""Prediction: what SAM answers to one prompt set, and its masks at the picture's size."""

from dataclasses import dataclass
from functools import cached_property, lru_cache
from math import ceil

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Int
from torch import Tensor

from .geometry import Frame, Prompts
from .mask_formats import bounding_box, coco_rle, mask_png
from .read_only import ReadOnlyArrays

_SAMPLES = 512


@dataclass(frozen=True, eq=False)
class Prediction(ReadOnlyArrays):
    """What SAM answers to one prompt set: four masks, of the four mask tokens in order.

    Token 0 is meant for several prompts; tokens 1 to 3 offer alternatives for an ambiguous one.

    Args:
        logits: raw logits at low resolution, 4 pixels a token; above 0 is inside. Read-only.
        iou: the model's guess of each mask's IoU with the true mask; it can exceed 1. Read-only.
        prompts: what was asked.
        frame: how the picture lies in the model's input.
    """

    logits: Float[np.ndarray, "mask row column"]
    iou: Float[np.ndarray, "mask"]
    prompts: Prompts
    frame: Frame

    def __repr__(self) -> str:
        guesses = ", ".join(f"{each:.2f}" for each in self.iou)
        return (
            f"Prediction({len(self.iou)} masks of a {size_in_words(self.frame)}, predicted IoU "
            f"{guesses}, mask {self.chosen} chosen, for {self.prompts!r})"
        )

    @property
    def chosen(self) -> int:
        """Which mask the reference takes when it has to take one.

        Token 0 when there are three prompt tokens or more, that is two points, or a box and a
        point; else the one of tokens 1 to 3 with the best predicted IoU. A box alone or a single
        point counts as one prompt. A model with a single mask token has no other choice than it.

        Source: https://github.com/facebookresearch/segment-anything/blob/dca509f/segment_anything/utils/onnx.py#L92
        """
        if self.prompts.token_count >= 3 or len(self.iou) == 1:
            return 0
        return 1 + int(np.argmax(self.iou[1:]))

    @property
    def visible(self) -> Float[np.ndarray, "mask row column"]:
        """The raw logits as far as the picture reaches, without those over the padding."""
        rows, columns = (
            ceil(cells * shown / whole)
            for cells, shown, whole in zip(
                self.logits.shape[1:], self.frame.input_size, self.frame.side, strict=True
            )
        )
        return self.logits[:, :rows, :columns]

    @cached_property
    def upscaled(self) -> Float[np.ndarray, "mask height width"]:
        """The logits at the picture's size, by the reference's two bilinear steps. Read-only."""
        return _read_only(upscale(torch.tensor(self.logits, device="cpu"), self.frame))

    def upscaled_at(
        self,
        rows: Int[np.ndarray, "row"],
        columns: Int[np.ndarray, "column"],
        mask: int | slice = slice(None),
    ) -> Float[np.ndarray, "*mask row column"]:
        """`upscaled[:, rows][:, :, columns]` up to rounding, without computing the rest of it.

        Args:
            rows, columns: of the picture, in any order; also several times the same.
            mask: one of the masks, or all.
        """
        frame, cells = self.frame, self.logits.shape[1:]
        down, across = (
            _interpolation(*sizes)[places]
            for places, *sizes in zip(
                (rows, columns), cells, frame.side, frame.input_size, frame.image_size, strict=True
            )
        )
        return down @ self.logits[mask] @ across.T

    @cached_property
    def sampled(self) -> Float[np.ndarray, "mask row column"]:
        """`upscaled` at evenly spaced pixels, 512 along an axis at most; all of a small picture.

        Enough to look at, and to measure areas with an error that two digits seldom show.
        Read-only.
        """
        places = [
            ((np.arange(count) + 0.5) * (length / count)).astype(int)
            for length in self.frame.image_size
            for count in [min(length, _SAMPLES)]
        ]
        sampled = self.upscaled_at(*places)
        sampled.setflags(write=False)
        return sampled

    def masks(self, threshold: float = 0.0) -> Bool[np.ndarray, "mask height width"]:
        """The four masks at the picture's size: where the upscaled logits exceed `threshold`."""
        return self.upscaled > threshold

    def stability(self, threshold: float = 0.0, offset: float = 1.0) -> Float[np.ndarray, "mask"]:
        """How little each mask changes when the threshold moves by `offset` up and down, 0 to 1.

        The IoU of the strictest with the loosest mask. An empty mask has 0, where the reference
        divides zero by zero.

        Source: https://github.com/facebookresearch/segment-anything/blob/dca509f/segment_anything/utils/amg.py#L156
        """
        return stability_of(self.upscaled, threshold, offset)

    def to_png(self, mask: int | None = None, threshold: float = 0.0) -> bytes:
        """One mask as a PNG file of the picture's size, white inside; `chosen` if None."""
        return mask_png(self.masks(threshold)[self.chosen if mask is None else mask])

    def to_coco(self, mask: int | None = None, threshold: float = 0.0) -> dict:
        """One mask as a record that goes into JSON; `chosen` if None.

        The names are those of COCO's annotations ("segmentation" in compressed run lengths, "bbox"
        as x, y, width and height, "area") and of the reference's automatic mask generator
        ("predicted_iou", "stability_score", "point_coords").
        """
        mask = self.chosen if mask is None else mask
        shape = self.masks(threshold)[mask]
        return {
            "segmentation": coco_rle(shape),
            "bbox": bounding_box(shape),
            "area": int(shape.sum()),
            "predicted_iou": float(self.iou[mask]),
            "stability_score": float(self.stability(threshold)[mask]),
            "point_coords": self.prompts.points.tolist(),
        }


def prediction_from(
    logits: Float[Tensor, "mask row column"],
    iou: Float[Tensor, "mask"],
    prompts: Prompts,
    frame: Frame,
) -> Prediction:
    """The model's output for one prompt set, as numpy."""
    return Prediction(_read_only(logits), _read_only(iou), prompts, frame)


def upscale(
    logits: Float[Tensor, "mask row column"], frame: Frame
) -> Float[Tensor, "mask height width"]:
    """Raw logits at the picture's size: up to the model's input, cropped, and to the picture."""
    height, width = frame.input_size
    at_input = F.interpolate(logits[None], frame.side, mode="bilinear", align_corners=False)
    inside = at_input[..., :height, :width]
    return F.interpolate(inside, frame.image_size, mode="bilinear", align_corners=False)[0]


def stability_of(
    logits: Float[np.ndarray, "mask height width"], threshold: float = 0.0, offset: float = 1.0
) -> Float[np.ndarray, "mask"]:
    """`Prediction.stability` of any logits, such as `Prediction.sampled`."""
    strict, loose = (
        np.count_nonzero(logits > threshold + step, axis=(1, 2)) for step in (offset, -offset)
    )
    return strict / np.maximum(loose, 1)


def size_in_words(frame: Frame) -> str:
    """Such as "picture 120 wide and 80 high"."""
    height, width = frame.image_size
    return f"picture {width} wide and {height} high"


@lru_cache(maxsize=8)  # of a few pictures' two axes; one of 6000 pixels takes 6 MB
def _interpolation(
    cells: int, side: int, shown: int, length: int
) -> Float[np.ndarray, "length cells"]:
    """What each cell of the logits adds to each pixel along one axis of the picture.

    Args:
        cells: of the logits along this axis.
        side, shown: of the model's input in pixels, and how many of them the picture fills.
        length: of the picture in pixels.
    """
    identity = torch.eye(cells, device="cpu")[None]
    at_input = F.interpolate(identity, side, mode="linear", align_corners=False)
    at_picture = F.interpolate(at_input[..., :shown], length, mode="linear", align_corners=False)
    return _read_only(at_picture[0].T.contiguous())


def _read_only(tensor: Tensor) -> np.ndarray:
    array = tensor.float().cpu().numpy()
    array.setflags(write=False)
    return array
