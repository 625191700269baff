"""Scalars of a prediction, for gradients and effects."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from sam_explore.geometry import Frame
from sam_explore.model import SamConfig
from sam_explore.prediction import Prediction, upscale

from ..trace import Trace

REGION_FRAMES = ("picture", "logits")


@dataclass(frozen=True, eq=False)
class Scalar(ABC):
    """One number of a prediction.

    Args:
        mask: which of the four masks.

    Attributes:
        unit: its unit.
    """

    mask: int

    unit: ClassVar[str]

    def check(self, config: SamConfig, frame: Frame) -> None:
        """Raise ValueError if it does not exist in this model, or for a picture in this frame."""
        if not 0 <= self.mask < config.mask_tokens:
            raise ValueError(
                f"mask must be one of the {config.mask_tokens} masks, 0 to "
                f"{config.mask_tokens - 1}, not {self.mask}. The model's choice is "
                "prediction.chosen."
            )

    @abstractmethod
    def read(
        self,
        logits: Float[Tensor, "mask row column"],
        iou: Float[Tensor, "mask"],
        frame: Frame,
    ) -> Float[Tensor, ""]:
        """The number from the mask decoder's output; gradients flow through."""


@dataclass(frozen=True, eq=False)
class MeanLogit(Scalar):
    """The mean of a mask's logits in a region, in logits.

        MeanLogit(1, region=trace.prediction.masks()[1])

    Args:
        mask: which of the four masks.
        region: True where the mean is taken: (height, width) of the picture, or (row, column) of
            the raw logits, as in `Prediction.logits`, with those over the padding.
        region_frame: which of the two, "picture" or "logits". At the picture's size the logits are
            those that a mask is cut from, upscaled by the reference's two bilinear steps.

    Raises:
        TypeError, ValueError: a region that is no map of True and False, or is False everywhere.
    """

    region: np.ndarray
    region_frame: str = "picture"

    unit = "logit"

    def __post_init__(self) -> None:
        if self.region_frame not in REGION_FRAMES:
            raise ValueError(
                f"region_frame must be one of {', '.join(REGION_FRAMES)}, not "
                f"{self.region_frame!r}."
            )
        region = np.array(self.region)
        if region.dtype != bool or region.ndim != 2:
            raise TypeError(
                f"region must be a map of True and False with two axes, but is {region.dtype} of "
                f"shape {region.shape}. Compare first: prediction.upscaled[1] > 0."
            )
        if not region.any():
            raise ValueError("region is False everywhere, and a mean over nothing is no number.")
        region.setflags(write=False)
        object.__setattr__(self, "region", region)

    def check(self, config: SamConfig, frame: Frame) -> None:
        super().check(config, frame)
        in_picture = self.region_frame == "picture"
        wanted = frame.image_size if in_picture else frame.logits_size
        if self.region.shape != wanted:
            what = "the picture's height and width" if in_picture else "the raw logits' size"
            raise ValueError(
                f"region must be of shape {wanted}, {what}, since region_frame is "
                f'"{self.region_frame}", but is {self.region.shape}. region_frame can be '
                f"{' or '.join(REGION_FRAMES)}."
            )

    def read(
        self,
        logits: Float[Tensor, "mask row column"],
        iou: Float[Tensor, "mask"],
        frame: Frame,
    ) -> Float[Tensor, ""]:
        chosen = logits[self.mask : self.mask + 1]
        if self.region_frame == "picture":
            chosen = upscale(chosen, frame)
        return chosen[0][torch.tensor(self.region, device=logits.device)].mean()


@dataclass(frozen=True, eq=False)
class PredictedIoU(Scalar):
    """The model's guess of a mask's IoU with the true mask: about 0 to 1, without bounds."""

    unit = "IoU"

    def read(
        self,
        logits: Float[Tensor, "mask row column"],
        iou: Float[Tensor, "mask"],
        frame: Frame,
    ) -> Float[Tensor, ""]:
        return iou[self.mask]


def value_of(trace: Trace, of: Scalar) -> float:
    """The number in this run. Raises ValueError if the run has no such mask or region."""
    of.check(trace.sam.config, trace.frame)
    return value_in(trace.prediction, of)


def value_in(prediction: Prediction, of: Scalar) -> float:
    """The number in a prediction; see `value_of`."""
    logits, iou = (torch.tensor(each, device="cpu") for each in (prediction.logits, prediction.iou))
    return float(of.read(logits, iou, prediction.frame))
