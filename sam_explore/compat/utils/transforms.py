"""Scales pictures and coordinates to the model's input, as `segment_anything.utils.transforms`."""

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Float, Shaped, UInt8
from PIL import Image
from torch import Tensor

from sam_explore.geometry import fit_longest_side


class ResizeLongestSide:
    """Scales the longer side to `target_length`; the shorter one follows.

    Points are scaled like the picture, without the half pixel that the prompt encoder adds.
    """

    def __init__(self, target_length: int):
        self.target_length = target_length

    def apply_image(
        self, image: UInt8[np.ndarray, "height width 3"]
    ) -> UInt8[np.ndarray, "new_height new_width 3"]:
        """A picture, by Pillow's bilinear filter."""
        rows, columns, _ = image.shape
        height, width = fit_longest_side((rows, columns), self.target_length)
        scaled = Image.fromarray(image).resize((width, height), Image.Resampling.BILINEAR)
        return np.array(scaled)

    def apply_coords(
        self, coords: Shaped[np.ndarray, "*any 2"], original_size: tuple[int, ...]
    ) -> Float[np.ndarray, "*any 2"]:
        """Points x, y of a picture of this height and width."""
        return coords * self._scale(original_size)

    def apply_boxes(
        self, boxes: Shaped[np.ndarray, "*any 4"], original_size: tuple[int, ...]
    ) -> Float[np.ndarray, "box 4"]:
        """Boxes x0, y0, x1, y1."""
        return self.apply_coords(boxes.reshape(-1, 2, 2), original_size).reshape(-1, 4)

    def apply_image_torch(
        self, image: Float[Tensor, "batch 3 height width"]
    ) -> Float[Tensor, "batch 3 new_height new_width"]:
        """Pictures as tensors, by PyTorch's bilinear filter; differs a little from Pillow's.

        The original takes the batch and the channels for height and width here, and so scales all
        pictures to a third of the model's input; this one scales them as `apply_image` does.
        """
        *_, rows, columns = image.shape
        size = fit_longest_side((rows, columns), self.target_length)
        return F.interpolate(image, size, mode="bilinear", align_corners=False, antialias=True)

    def apply_coords_torch(
        self, coords: Shaped[Tensor, "*any 2"], original_size: tuple[int, ...]
    ) -> Float[Tensor, "*any 2"]:
        """Points as a tensor."""
        return coords.to(torch.float) * torch.tensor(
            self._scale(original_size), device=coords.device
        )

    def apply_boxes_torch(
        self, boxes: Shaped[Tensor, "*any 4"], original_size: tuple[int, ...]
    ) -> Float[Tensor, "box 4"]:
        """Boxes as a tensor."""
        return self.apply_coords_torch(boxes.reshape(-1, 2, 2), original_size).reshape(-1, 4)

    @staticmethod
    def get_preprocess_shape(oldh: int, oldw: int, long_side_length: int) -> tuple[int, int]:
        """Height and width of a scaled picture."""
        return fit_longest_side((oldh, oldw), long_side_length)

    def _scale(self, original_size: tuple[int, ...]) -> Float[np.ndarray, "2"]:
        height, width = original_size
        new_height, new_width = fit_longest_side((height, width), self.target_length)
        return np.array([new_width / width, new_height / height], np.float32)
