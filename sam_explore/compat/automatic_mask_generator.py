"""`SamAutomaticMaskGenerator`, on `sam_explore.automatic`."""

from typing import Any

import numpy as np
from jaxtyping import UInt8

from sam_explore.automatic import AutomaticMaskGenerator
from sam_explore.automatic.generator import check_output_mode
from sam_explore.model import Sam as Network

from .modeling import Sam
from .predictor import SamPredictor


class SamAutomaticMaskGenerator:
    """The original's automatic mask generator.

    Args:
        model: a model of `sam_model_registry`, or of `sam_explore.load`.
        options, named_options: those of `AutomaticMaskGenerator`, whose names, order and defaults
            are the original's.
        output_mode: of a record's "segmentation": "binary_mask", "uncompressed_rle" or "coco_rle".

    Raises:
        ValueError: an option out of its range.
    """

    def __init__(
        self,
        model: Sam | Network,
        *options: Any,
        output_mode: str = "binary_mask",
        **named_options: Any,
    ):
        check_output_mode(output_mode)
        self.predictor = SamPredictor(model)
        self.generator = AutomaticMaskGenerator(*options, **named_options)
        self.output_mode = output_mode

    def generate(self, image: UInt8[np.ndarray, "height width 3"]) -> list[dict[str, Any]]:
        """A record for each mask of a picture, by falling predicted IoU."""
        masks = self.generator(self.predictor.model.network, image, progress=False)
        return masks.records(self.output_mode)
