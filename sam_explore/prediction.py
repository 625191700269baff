"""Encode a picture once, predict masks once a prompt: pictures and pixels in, numpy out."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import ceil

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, UInt8
from PIL import Image
from torch import Tensor

from .geometry import Frame, Prompts, fit_longest_side
from .model import Sam, SamConfig
from .model.lock import lock_of

# Larger batches need memory (about 30 MB a prompt set for the released models) and gain no speed.
_PROMPTS_AT_ONCE = 16


@dataclass(frozen=True, eq=False)
class EncodedImage:
    """A picture after the image encoder, ready for any number of prompts.

    Args:
        tokens: the image tokens.
        frame: how the picture lies in the model's input.
    """

    tokens: Float[Tensor, "1 channel row column"]
    frame: Frame


@dataclass(frozen=True, eq=False)
class Prediction:
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

    @property
    def chosen(self) -> int:
        """Which mask the reference takes when it has to take one.

        Token 0 when there are three prompt tokens or more, that is two points, or a box and a
        point; else the one of tokens 1 to 3 with the best predicted IoU. A box alone or a single
        point counts as one prompt.

        Source: https://github.com/facebookresearch/segment-anything/blob/dca509f/segment_anything/utils/onnx.py#L92
        """
        if self.prompts.token_count >= 3:
            return 0
        return 1 + int(np.argmax(self.iou[1:]))

    @property
    def visible(self) -> Float[np.ndarray, "mask row column"]:
        """The raw logits as far as the picture reaches, without those over the padding."""
        cells_per_pixel = self.logits.shape[-1] / self.frame.side
        rows, columns = (ceil(length * cells_per_pixel) for length in self.frame.input_size)
        return self.logits[:, :rows, :columns]

    @cached_property
    def upscaled(self) -> Float[np.ndarray, "mask height width"]:
        """The logits at the picture's size, by the reference's two bilinear steps. Read-only."""
        return _read_only(upscale(torch.tensor(self.logits), self.frame))

    def masks(self, threshold: float = 0.0) -> Bool[np.ndarray, "mask height width"]:
        """The four masks at the picture's size: where the upscaled logits exceed `threshold`."""
        return self.upscaled > threshold

    def stability(self, threshold: float = 0.0, offset: float = 1.0) -> Float[np.ndarray, "mask"]:
        """How little each mask changes when the threshold moves by `offset` up and down, 0 to 1.

        The IoU of the strictest with the loosest mask. An empty mask has 0, where the reference
        divides zero by zero.

        Source: https://github.com/facebookresearch/segment-anything/blob/dca509f/segment_anything/utils/amg.py#L156
        """
        strict = self.masks(threshold + offset).sum(axis=(1, 2))
        loose = self.masks(threshold - offset).sum(axis=(1, 2))
        return strict / np.maximum(loose, 1)


def encode(
    sam: Sam, image: UInt8[np.ndarray, "height width 3"], *, preprocessing: str = "original"
) -> EncodedImage:
    """Run the image encoder: the slow part, needed once a picture.

    Args:
        sam: the model.
        image: RGB from 0 to 255, of any size.
        preprocessing: "original" scales the longer side to the model's input with Pillow's bilinear
            filter, normalises and pads with zeros at the bottom or the right, as the reference.
            "medsam" stretches to the square and spreads the values from 0 to 1: what MedSAM's
            weights expect, which no file can tell, since its names and shapes are ViT-B's.

    Raises:
        TypeError, ValueError: another kind of image, or an unknown preprocessing.
    """
    pixels, frame = preprocess(image, sam.config, preprocessing)
    with lock_of(sam), torch.no_grad():
        return EncodedImage(sam.encode_image(pixels[None].to(sam.device)), frame)


def preprocess(
    image: UInt8[np.ndarray, "height width 3"], config: SamConfig, preprocessing: str = "original"
) -> tuple[Float[Tensor, "3 side side"], Frame]:
    """A picture as the image encoder's input, and how it lies in there; see `encode`."""
    if preprocessing not in _PREPROCESSING:
        raise ValueError(
            f"preprocessing must be one of {', '.join(_PREPROCESSING)}, not {preprocessing!r}."
        )
    return _PREPROCESSING[preprocessing](checked_image(image), config)


def predict(
    sam: Sam, encoded: EncodedImage, prompts: Prompts | Sequence[Prompts]
) -> Prediction | list[Prediction]:
    """Masks for one prompt set, or a list of predictions for a sequence of them.

    Sets with the same number of points, with or without box and hint, run as one batch. A shorter
    set is never filled up: a further padding token would change its answer.

    Raises:
        ValueError: a point outside the picture, or a mask hint of the wrong size.
    """
    if isinstance(prompts, Prompts):
        return predict(sam, encoded, [prompts])[0]
    groups: dict[tuple, list[int]] = {}
    for index, one in enumerate(prompts):
        check_fit(one, encoded.frame.image_size, sam.config)
        kind = (len(one.points), one.box is not None, one.mask_hint is not None)
        groups.setdefault(kind, []).append(index)
    predictions: list[Prediction | None] = [None] * len(prompts)
    for members in groups.values():
        for start in range(0, len(members), _PROMPTS_AT_ONCE):
            batch = members[start : start + _PROMPTS_AT_ONCE]
            answers = _predict_batch(sam, encoded, [prompts[index] for index in batch])
            for index, answer in zip(batch, answers, strict=True):
                predictions[index] = answer
    return predictions


def prompt_tensors(
    prompts: Sequence[Prompts], frame: Frame, device: torch.device | str = "cpu"
) -> tuple[Tensor, Tensor, Tensor | None, Tensor | None]:
    """Prompt sets of one kind as the model's input, in the unit square.

    Returns:
        points (set, point, 2), labels (set, point), boxes (set, 4) or None, and mask hints
        (set, 1, side, side) or None.
    """

    def tensor(arrays: list[np.ndarray], dtype: torch.dtype) -> Tensor:
        return torch.tensor(np.stack(arrays), dtype=dtype, device=device)

    points = tensor([frame.unit_from_px(one.points) for one in prompts], torch.float32)
    labels = tensor([one.labels for one in prompts], torch.int64)
    boxes = hints = None
    if prompts[0].box is not None:
        corners = [frame.unit_from_px(one.box.reshape(2, 2)) for one in prompts]
        boxes = tensor(corners, torch.float32).flatten(1)
    if prompts[0].mask_hint is not None:
        hints = tensor([one.mask_hint[None] for one in prompts], torch.float32)
    return points, labels, boxes, hints


def _predict_batch(sam: Sam, encoded: EncodedImage, prompts: Sequence[Prompts]) -> list[Prediction]:
    points, labels, boxes, hints = prompt_tensors(prompts, encoded.frame, sam.device)
    with lock_of(sam), torch.no_grad():
        prompt_tokens = sam.encode_prompts(points, labels, boxes)
        logits, iou = sam.decode(encoded.tokens, prompt_tokens, hints)
    return [prediction_from(logits[i], iou[i], one, encoded.frame) for i, one in enumerate(prompts)]


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
    side, (height, width) = frame.side, frame.input_size
    at_input = F.interpolate(logits[None], (side, side), mode="bilinear", align_corners=False)
    inside = at_input[..., :height, :width]
    return F.interpolate(inside, frame.image_size, mode="bilinear", align_corners=False)[0]


def _original(
    image: UInt8[np.ndarray, "height width 3"], config: SamConfig
) -> tuple[Float[Tensor, "3 side side"], Frame]:
    """Scale the longer side, normalise, pad: what the reference's SamPredictor does."""
    side = config.image_size
    height, width = fit_longest_side(image.shape[:2], side)
    scaled = Image.fromarray(image).resize((width, height), Image.Resampling.BILINEAR)
    pixels = torch.tensor(np.asarray(scaled)).permute(2, 0, 1).float()
    mean, std = torch.tensor(config.pixel_mean), torch.tensor(config.pixel_std)
    pixels = (pixels - mean[:, None, None]) / std[:, None, None]
    pixels = F.pad(pixels, (0, side - width, 0, side - height))
    return pixels, Frame(image.shape[:2], (height, width), side, config.patch_size)


def _medsam(
    image: UInt8[np.ndarray, "height width 3"], config: SamConfig
) -> tuple[Float[Tensor, "3 side side"], Frame]:
    """Stretch to the square, and spread the values from 0 to 1: what MedSAM was trained on.

    No mean, no deviation, no padding. Pillow's bicubic filter stands in for scikit-image's.

    Source: https://github.com/bowang-lab/MedSAM/blob/3e56a52/MedSAM_Inference.py
    """
    side = config.image_size
    scaled = Image.fromarray(image).resize((side, side), Image.Resampling.BICUBIC)
    pixels = torch.tensor(np.asarray(scaled)).permute(2, 0, 1).float()
    low, high = pixels.min(), pixels.max()
    pixels = (pixels - low) / (high - low).clamp(min=1e-8)
    return pixels, Frame(image.shape[:2], (side, side), side, config.patch_size)


_PREPROCESSING: dict[str, Callable[[np.ndarray, SamConfig], tuple[Tensor, Frame]]] = {
    "original": _original,
    "medsam": _medsam,
}


def checked_image(image: object) -> UInt8[np.ndarray, "height width 3"]:
    """The same picture, if it is one that can be encoded.

    Raises:
        TypeError, ValueError: another kind of image, with how to convert it.
    """
    if not isinstance(image, np.ndarray):
        raise TypeError(
            f"image must be a numpy array, but is a {type(image).__name__}. "
            'For a file: np.asarray(PIL.Image.open(path).convert("RGB")).'
        )
    if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3 or 0 in image.shape:
        raise ValueError(
            "image must be uint8 (0 to 255) of shape (height, width, 3), RGB, but is "
            f"{image.dtype} of shape {image.shape}.{_how_to_convert(image)}"
        )
    return image


def _how_to_convert(image: np.ndarray) -> str:
    if 0 in image.shape:
        return " It has no pixels at all."
    if image.dtype != np.uint8:
        return " If it runs from 0 to 1: (image * 255).round().astype(np.uint8)."
    if image.ndim == 3 and image.shape[0] == 3:
        return " Its channels come first; this puts them last: np.moveaxis(image, 0, 2)."
    return ' Pillow converts: np.asarray(PIL.Image.fromarray(image).convert("RGB")).'


def check_fit(prompts: Prompts, image_size: tuple[int, int], config: SamConfig) -> None:
    """Refuse prompts that mean nothing on a picture of this height and width, or to this model.

    Raises:
        ValueError: a point outside the picture, or a mask hint of the wrong size.
    """
    height, width = image_size
    outside = ((prompts.points < 0) | (prompts.points > (width, height))).any(axis=1)
    if outside.any():
        x, y = prompts.points[outside][0]
        raise ValueError(
            f"Point ({x:g}, {y:g}) lies outside the picture, which is {width} wide and {height} "
            "high. Points are x before y, in pixels of the picture."
        )
    hint, side = prompts.mask_hint, config.mask_size
    if hint is not None and hint.shape != (side, side):
        raise ValueError(
            f"mask_hint must be {side} x {side} logits in the model's low-resolution frame, but is "
            f"{hint.shape}. One mask of an earlier prediction fits: prediction.logits[1]."
        )


def _read_only(tensor: Tensor) -> np.ndarray:
    array = tensor.float().cpu().numpy()
    array.setflags(write=False)
    return array
