"""From the model's input back to the picture's own pixels: the transpose of preprocessing."""

import numpy as np
from jaxtyping import Float
from PIL import Image
from torch import Tensor

from sam_explore.geometry import Frame
from sam_explore.model import SamConfig


def picture_gradient(
    gradient: Float[Tensor, "3 input_height input_width"],
    frame: Frame,
    config: SamConfig,
    preprocessing: str,
) -> Float[np.ndarray, "height width 3"]:
    """A gradient at the model's input as one at the pixels of the picture, by grey level.

    Scaling and normalising are linear except for the rounding to whole grey levels, so the gradient
    goes through their transpose. Padding is dropped.

    Raises:
        ValueError: the preprocessing "medsam", which divides by the picture's own range.
    """
    if preprocessing not in ("original", "stretch"):
        raise ValueError(
            'A gradient by pixels of the picture is known for the preprocessing "original" or '
            f'"stretch", not {preprocessing!r}. gradient(..., "input") is by the model\'s input.'
        )
    rows, columns = (
        scaling_weights(before, after)
        for before, after in zip(frame.image_size, frame.input_size, strict=True)
    )
    height, width = frame.input_size
    std = np.array(config.pixel_std, dtype=np.float32)[:, None, None]
    by_level = gradient[:, :height, :width].cpu().numpy() / std
    return np.moveaxis(rows.T @ by_level @ columns, 0, 2)


def scaling_weights(before: int, after: int) -> Float[np.ndarray, "after before"]:
    """How much of each of `before` pixels in a line is in each of `after`, by Pillow's bilinear.

    Pillow's result for a line in which one pixel is 1 and the others are 0, for each pixel.
    """
    lines = Image.fromarray(np.eye(before, dtype=np.float32))
    return np.asarray(lines.resize((after, before), Image.Resampling.BILINEAR)).T
