"""Turns a picture into the image encoder's input: scaled, normalised, and padded or stretched."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, SupportsIndex

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Float, UInt8
from PIL import Image
from torch import Tensor

from .geometry import Frame, fit_longest_side
from .model import SamConfig
from .model.config import LOGITS_A_TOKEN

Side = SupportsIndex | Sequence[SupportsIndex] | None  # whole numbers of numpy too


@dataclass(frozen=True)
class Preprocessing:
    """How a picture becomes the model's input.

    Args:
        name: "original" scales the longer side to the model's input with Pillow's bilinear filter,
            normalises, and pads with zeros at the bottom or the right, as the reference. "stretch"
            scales both sides to the input, so that nothing is padded. "medsam" does that too, with
            Pillow's bicubic filter, and spreads the values from 0 to 1: what MedSAM's weights
            expect. A file doesn't show it, since its names and shapes are ViT-B's.
        side: of the model's input in pixels: one number for a square, or height and width, which
            "original" can't have. Multiples of the patch; the trained side if None.
        keep_aspect: with "stretch", `side` is the longer side's, and the shorter one follows the
            picture, to the nearest multiple of the patch.
    """

    name: str = "original"
    side: Side = None
    keep_aspect: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "side", _plain(self.side))

    def frame(self, image_size: tuple[int, int], config: SamConfig) -> Frame:
        """Where a picture of this height and width is in the model's input.

        Raises:
            ValueError: an unknown name, a side that is no multiple of the patch, or two that
                contradict each other.
        """
        self.check(config)
        side: Any = config.image_size if self.side is None else self.side
        if isinstance(side, int):
            height = width = side
        else:
            height, width = side
        if self.name == "original":
            fitted = fit_longest_side(image_size, height)
            return Frame(image_size, fitted, height, config.patch_size, LOGITS_A_TOKEN)
        if self.keep_aspect:
            height, width = _whole_patches(image_size, height, config.patch_size)
        size = height, width
        return Frame(image_size, size, size, config.patch_size, LOGITS_A_TOKEN)

    def check(self, config: SamConfig) -> None:
        """Raise ValueError if `frame` would for a picture of some size."""
        if self.name not in _PRESETS:
            raise ValueError(
                f"preprocessing must be one of {', '.join(_PRESETS)}, not {self.name!r}."
            )
        _check_side(self.side, config.patch_size)
        if isinstance(self.side, tuple) and (self.name == "original" or self.keep_aspect):
            why = "pads to a square" if self.name == "original" else "works the other side out"
            what = 'preprocessing "original"' if self.name == "original" else "keep_aspect"
            raise ValueError(
                f"side must be one number, since {what} {why}, but is {self.side}. "
                'Height and width go with preprocessing="stretch" alone.'
            )
        if self.keep_aspect and self.name != "stretch":
            raise ValueError(
                f'keep_aspect goes with preprocessing="stretch", not with {self.name!r}.'
            )

    def __call__(
        self, image: UInt8[np.ndarray, "height width 3"], config: SamConfig
    ) -> tuple[Float[Tensor, "3 input_height input_width"], Frame]:
        """The picture as the image encoder's input, and where it is in there."""
        frame, preset = self.frame(image.shape[:2], config), _PRESETS[self.name]
        (height, width), (all_height, all_width) = frame.input_size, frame.side
        # Scaled first: a large picture is never held as floats.
        scaled = Image.fromarray(image).resize((width, height), preset.filter)
        levels = torch.tensor(np.asarray(scaled), device="cpu").permute(2, 0, 1).float()
        pixels = preset.normalise(levels, config)
        return F.pad(pixels, (0, all_width - width, 0, all_height - height)), frame

    def levels(
        self, pixels: Float[Tensor, "3 height width"], config: SamConfig
    ) -> Float[Tensor, "3 height width"]:
        """The image encoder's input, or what is like it, in grey levels: normalising undone.

        With "medsam" the darkest value of a picture is 0 and the brightest 255, since its own range
        is not kept.
        """
        return _PRESETS[self.name].levels(pixels, config)

    def colours(
        self, pixels: Float[Tensor, "3 height width"], config: SamConfig
    ) -> UInt8[np.ndarray, "height width 3"]:
        """The same as colours to look at. What lies beyond black or white is drawn as that."""
        levels = self.levels(pixels.detach().cpu().float(), config)
        return levels.round().clamp(0, 255).byte().permute(1, 2, 0).numpy()


@dataclass(frozen=True)
class _Preset:
    filter: Image.Resampling
    normalise: Callable[[Tensor, SamConfig], Tensor]
    levels: Callable[[Tensor, SamConfig], Tensor]


def _by_statistics(
    levels: Float[Tensor, "3 height width"], config: SamConfig
) -> Float[Tensor, "3 height width"]:
    """Subtract the mean and divide by the deviation of the pictures that SAM was trained on."""
    mean, std = (levels.new_tensor(each) for each in (config.pixel_mean, config.pixel_std))
    return (levels - mean[:, None, None]) / std[:, None, None]


def _from_statistics(
    pixels: Float[Tensor, "3 height width"], config: SamConfig
) -> Float[Tensor, "3 height width"]:
    """The inverse of `_by_statistics`."""
    mean, std = (pixels.new_tensor(each) for each in (config.pixel_mean, config.pixel_std))
    return pixels * std[:, None, None] + mean[:, None, None]


def _by_range(
    levels: Float[Tensor, "3 height width"], config: SamConfig
) -> Float[Tensor, "3 height width"]:
    """Scale to 0 to 1 by the minimum and the maximum; Pillow's filter replaces scikit-image's.

    Source: https://github.com/bowang-lab/MedSAM/blob/3e56a52/MedSAM_Inference.py
    """
    low, high = levels.min(), levels.max()
    return (levels - low) / (high - low).clamp(min=1e-8)


def _from_range(
    pixels: Float[Tensor, "3 height width"], config: SamConfig
) -> Float[Tensor, "3 height width"]:
    return 255 * pixels


_PRESETS = {
    "original": _Preset(Image.Resampling.BILINEAR, _by_statistics, _from_statistics),
    "stretch": _Preset(Image.Resampling.BILINEAR, _by_statistics, _from_statistics),
    "medsam": _Preset(Image.Resampling.BICUBIC, _by_range, _from_range),
}


def _whole_patches(image_size: tuple[int, int], longer: int, patch: int) -> tuple[int, int]:
    """Height and width with about the picture's aspect ratio, the longer one of this length."""
    scale = longer / max(image_size)
    height, width = (max(patch, int(length * scale / patch + 0.5) * patch) for length in image_size)
    return height, width


def _plain(side: Any) -> Any:
    """Numbers of numpy as Python's, and a list as a tuple."""
    if isinstance(side, list | tuple):
        return tuple(map(_plain, side))
    return int(side) if isinstance(side, np.integer) else side


def _check_side(side: Any, patch: int) -> None:
    lengths = side if isinstance(side, tuple) and len(side) == 2 else (side,)
    for length in lengths:
        if length is None and side is None:
            continue
        is_whole = isinstance(length, int) and not isinstance(length, bool)
        if not is_whole or length < patch or length % patch:
            lower = max(patch, length // patch * patch) if is_whole else 32 * patch
            near = f"{lower} or {lower + patch}" if is_whole else f"{lower}"
            raise ValueError(
                f"side must be a multiple of {patch} pixels, which is one patch: one number for a "
                f"square, or (height, width); but it is {side!r}. Near: {near}."
            )
