"""Encode a picture once, then predict masks for each prompt: pictures and pixels in, numpy out."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from math import ceil
from typing import overload

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Int
from torch import Tensor

from .geometry import Frame, Prompts
from .images import Picture, as_picture
from .mask_formats import bounding_box, coco_rle, mask_png
from .model import ModelDescription, Sam, SamConfig
from .model.autocast import without_autocast
from .model.config import LOGITS_A_TOKEN
from .model.lock import lock_of
from .model.weight_digests import Weights, in_words, weights_of
from .model_checks import check_model
from .preprocessing import Preprocessing, Side
from .read_only import ReadOnlyArrays

__all__ = [
    "EncodedImage",
    "Prediction",
    "batches",
    "check_model",
    "encode",
    "predict",
    "prediction_from",
    "prompt_tensors",
    "stability_of",
    "upscale",
]

# 2 prompt sets of ViT-B, 32 of the toy: more exceed the processor's cache, fewer add overhead.
_LOGITS_AT_ONCE = 2**19
_SAMPLES = 512  # at most, along an axis of `Prediction.sampled`


@dataclass(frozen=True, eq=False)
class EncodedImage:
    """A picture after the image encoder, ready for any number of prompts.

    Args:
        tokens: the image tokens.
        frame: where the picture is in the model's input.
        weights: those of the image encoder that made the tokens, so that `predict` can refuse
            another model; None if unknown, as for tokens of your own.
        config: the configuration of that model, for the same purpose; None as above.
    """

    tokens: Float[Tensor, "1 channel row column"]
    frame: Frame
    weights: Weights | None = field(default=None, repr=False)
    config: SamConfig | None = field(default=None, repr=False)

    def __repr__(self) -> str:
        _, channels, rows, columns = self.tokens.shape
        return (
            f"EncodedImage({size_in_words(self.frame)}: {rows} x {columns} tokens of {channels} "
            "channels)"
        )


@dataclass(frozen=True, eq=False)
class Prediction(ReadOnlyArrays):
    """The output for one prompt set: four masks, of the four mask tokens in order.

    Token 0 is meant for several prompts; tokens 1 to 3 offer alternatives for an ambiguous one.

    Args:
        logits: raw logits at low resolution, 4 pixels a token; above 0 is inside. Read-only.
        iou: the model's guess of each mask's IoU with the true mask; it can exceed 1. Read-only.
        prompts: the prompt set.
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
        """The mask that the reference returns when it returns only one.

        Token 0 when there are three prompt tokens or more, that is two points, or a box and a
        point; else the one of tokens 1 to 3 with the best predicted IoU. A box alone or a single
        point counts as one prompt. A model with a single mask token always takes that one.

        Source: https://github.com/facebookresearch/segment-anything/blob/dca509f/segment_anything/utils/onnx.py#L92
        """
        if self.prompts.token_count >= 3 or len(self.iou) == 1:
            return 0
        return 1 + int(np.argmax(self.iou[1:]))

    @property
    def visible(self) -> Float[np.ndarray, "mask row column"]:
        """The raw logits over the picture, without those over the padding."""
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

    @without_autocast()
    def upscaled_at(
        self,
        rows: Int[np.ndarray, "row"],
        columns: Int[np.ndarray, "column"],
        mask: int | slice = slice(None),
    ) -> Float[np.ndarray, "*mask row column"]:
        """`upscaled[:, rows][:, :, columns]` up to rounding, without computing the rest of it.

        Args:
            rows, columns: indices in the picture, in any order; repeats are allowed.
            mask: one of the masks, or all.
        """
        frame, cells = self.frame, self.logits.shape[1:]
        # By PyTorch: after a product by numpy, a thread of its BLAS keeps a core busy for a while,
        # which the next step needs. An index makes a copy, so nothing read-only goes there.
        down, across = (
            torch.from_numpy(_interpolation(*sizes)[places])
            for places, *sizes in zip(
                (rows, columns), cells, frame.side, frame.input_size, frame.image_size, strict=True
            )
        )
        logits = torch.tensor(self.logits[mask], dtype=torch.float32, device="cpu")
        found: np.ndarray = (down @ logits @ across.T).numpy()
        return found

    @property
    def sampled_places(self) -> tuple[Int[np.ndarray, "row"], Int[np.ndarray, "column"]]:
        """Rows and columns in the picture of the pixels of `sampled`."""
        rows, columns = (
            ((np.arange(count) + 0.5) * (length / count)).astype(int)
            for length in self.frame.image_size
            for count in [min(length, _SAMPLES)]
        )
        return rows, columns

    @cached_property
    def sampled(self) -> Float[np.ndarray, "mask row column"]:
        """`upscaled` at evenly spaced pixels, 512 along an axis at most; all of a small picture.

        Enough to display, and to measure areas to about two digits. Read-only.
        """
        sampled = self.upscaled_at(*self.sampled_places)
        sampled.setflags(write=False)
        return sampled

    def masks(self, threshold: float = 0.0) -> Bool[np.ndarray, "mask height width"]:
        """The four masks at the picture's size: where the upscaled logits exceed `threshold`."""
        return self.upscaled > threshold

    def stability(self, threshold: float = 0.0, offset: float = 1.0) -> Float[np.ndarray, "mask"]:
        """How stable each mask is when the threshold moves by `offset` up and down, 0 to 1.

        The IoU of the strictest with the loosest mask. It is 0 for an empty mask, where the
        reference divides zero by zero.

        Source: https://github.com/facebookresearch/segment-anything/blob/dca509f/segment_anything/utils/amg.py#L156
        """
        return stability_of(self.upscaled, threshold, offset)

    def to_png(self, mask: int | None = None, threshold: float = 0.0) -> bytes:
        """One mask as a PNG file of the picture's size, white inside; `chosen` if None."""
        return mask_png(self.masks(threshold)[self.chosen if mask is None else mask])

    def to_coco(self, mask: int | None = None, threshold: float = 0.0) -> dict:
        """One mask as a record for JSON; `chosen` if None.

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


def encode(
    sam: Sam,
    image: Picture,
    *,
    preprocessing: str = "original",
    side: Side = None,
    keep_aspect: bool = False,
) -> EncodedImage:
    """Run the image encoder: the slow part, needed once a picture.

        sx.encode(sam, "photo.jpg", preprocessing="stretch", side=512, keep_aspect=True)

    Args:
        sam: the model.
        image: an array, a path, a PIL image or a tensor, of any size; see `images.as_picture`.
        preprocessing: "original" scales the longer side to the model's input and pads, as the
            reference; "stretch" scales both sides; "medsam" is what MedSAM's weights expect.
        side: of the model's input in pixels, in multiples of the patch; the trained one if None.
            With "stretch" also (height, width).
        keep_aspect: with "stretch", the shorter side follows the picture. See
            `preprocessing.Preprocessing` for all three.

    Raises:
        TypeError, ValueError: no model, no picture, or a size that the model can't have.
    """
    check_model(sam, "sx.encode(sam, image)")
    how = Preprocessing(preprocessing, side, keep_aspect)
    pixels, frame = how(as_picture(image), sam.config)
    with lock_of(sam), torch.inference_mode(False), torch.no_grad():
        weights = weights_of(sam.image_encoder)
        tokens = sam.encode_image(pixels[None].to(sam.device))
        return EncodedImage(tokens, frame, weights, sam.config)


@overload
def predict(sam: Sam, encoded: EncodedImage, prompts: Prompts) -> Prediction: ...


@overload
def predict(sam: Sam, encoded: EncodedImage, prompts: Sequence[Prompts]) -> list[Prediction]: ...


def predict(
    sam: Sam, encoded: EncodedImage, prompts: Prompts | Sequence[Prompts]
) -> Prediction | list[Prediction]:
    """Masks for one prompt set, or a list of predictions for a sequence of them.

    Sets with the same number of points, with or without box and hint, run as one batch. A shorter
    set is never padded to a longer one: an additional padding token would change its output. An
    empty set is valid too, as `Prompts.nothing()`; `Prompts.padding_point()` has the padding alone.

    Raises:
        TypeError: the model, the encoded picture or the prompts are something else.
        ValueError: a point or a whole box outside the picture, or a mask hint of the wrong size; or
            a picture encoded with other weights or another configuration.
    """
    check_model(sam, "sx.predict(sam, encoded, prompts)")
    _check_question(sam, encoded, prompts)
    if isinstance(prompts, Prompts):
        return _predict_all(sam, encoded, [prompts])[0]
    return _predict_all(sam, encoded, prompts)


def batches(sam: Sam, encoded: EncodedImage, prompts: Sequence[Prompts]) -> list[list[int]]:
    """The numbers of the prompt sets that `predict` runs together, batch by batch.

    Raises ValueError as `predict` does for prompts that don't fit the picture.
    """
    groups: dict[tuple, list[int]] = {}
    for index, one in enumerate(prompts):
        encoded.frame.check(one)
        kind = (len(one.points), one.box is not None, one.mask_hint is not None, one.has_padding)
        groups.setdefault(kind, []).append(index)
    found = []
    for members in groups.values():
        some = _sets_at_once(sam.config, encoded, prompts[members[0]])
        found += [members[start : start + some] for start in range(0, len(members), some)]
    return found


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
    corners = [one.box.reshape(2, 2) for one in prompts if one.box is not None]
    if corners:
        boxes = tensor(list(map(frame.unit_from_px, corners)), torch.float32).flatten(1)
    given = [one.mask_hint[None] for one in prompts if one.mask_hint is not None]
    if given:
        hints = tensor(given, torch.float32)
    return points, labels, boxes, hints


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
    """Raw logits at the picture's size: scaled to the input, cropped, scaled to the picture."""
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


def _sets_at_once(config: SamConfig, encoded: EncodedImage, prompts: Prompts) -> int:
    """How many prompt sets of this kind run as one batch, by the memory of logits or attention."""
    tokens = len(ModelDescription(config).decoder_tokens(prompts))
    logits = LOGITS_A_TOKEN**2 * config.mask_tokens * encoded.tokens[0, 0].numel()
    return max(1, _LOGITS_AT_ONCE // max(logits, config.decoder_heads * tokens**2))


def _predict_all(sam: Sam, encoded: EncodedImage, prompts: Sequence[Prompts]) -> list[Prediction]:
    predictions: dict[int, Prediction] = {}
    for batch in batches(sam, encoded, prompts):
        answers = _predict_batch(sam, encoded, [prompts[index] for index in batch])
        predictions |= dict(zip(batch, answers, strict=True))
    return [predictions[index] for index in range(len(prompts))]


def _predict_batch(sam: Sam, encoded: EncodedImage, prompts: Sequence[Prompts]) -> list[Prediction]:
    points, labels, boxes, hints = prompt_tensors(prompts, encoded.frame, sam.device)
    with lock_of(sam), torch.inference_mode(False), torch.no_grad():
        prompt_tokens = sam.encode_prompts(points, labels, boxes, prompts[0].has_padding)
        logits, iou = sam.decode(encoded.tokens, prompt_tokens, hints)
    return [prediction_from(logits[i], iou[i], one, encoded.frame) for i, one in enumerate(prompts)]


def _check_question(sam: Sam, encoded: object, prompts: object) -> None:
    """Refuse arguments other than prompts and a picture encoded by this model."""
    if not isinstance(encoded, EncodedImage):
        raise TypeError(
            f"encoded must be an encoded picture, but is a {type(encoded).__name__}. Encode it "
            "once, and then ask as often as you like: encoded = sx.encode(sam, image)."
        )
    if encoded.tokens.shape[1] != sam.config.token_dim:
        raise ValueError(
            f"encoded must come from this model, whose tokens have {sam.config.token_dim} channels,"
            f" but has {encoded.tokens.shape[1]}. Encode the picture again: sx.encode(sam, image)."
        )
    _check_config(sam, encoded)
    _check_weights(sam, encoded)
    if isinstance(prompts, Prompts):
        return
    if (
        not isinstance(prompts, Sequence)
        or isinstance(prompts, str)
        or not all(isinstance(one, Prompts) for one in prompts)
    ):
        raise TypeError(
            "prompts must be sx.Prompts(points=[(x, y)], labels=[1]), or a list of such, but is "
            f"{prompts!r:.80}."
        )


def _check_config(sam: Sam, encoded: EncodedImage) -> None:
    """Refuse an encoded picture of another configuration."""
    if encoded.config is None or encoded.config is sam.config:
        return
    before, now = encoded.config.of_image_encoder, sam.config.of_image_encoder
    others = [name for name in now if before[name] != now[name]]
    if others:
        words = "; ".join(f"{name} was {before[name]} and is {now[name]}" for name in others)
        raise ValueError(
            "encoded was made in another configuration than this model's image encoder has: "
            f"{words}. Encode the picture again: sx.encode(sam, image)."
        )


def _check_weights(sam: Sam, encoded: EncodedImage) -> None:
    """Refuse a picture encoded with other weights, or by this model before its weights changed."""
    made_by, now = encoded.weights, weights_of(sam.image_encoder)
    if made_by is None or made_by is now or made_by.fingerprint == now.fingerprint:
        return
    names = in_words([f"image_encoder.{name}" for name in made_by.changed(now)])
    raise ValueError(
        "encoded was made by other weights than this model's image encoder has, because it comes "
        f"from another model or they changed since: {names} changed. Encode the picture again: "
        "sx.encode(sam, image)."
    )


@lru_cache(maxsize=8)  # both axes of a few pictures; 6 MB for one of 6000 pixels
def _interpolation(
    cells: int, side: int, shown: int, length: int
) -> Float[np.ndarray, "length cells"]:
    """The weight of each cell of the logits in each pixel along one axis of the picture.

    Args:
        cells: number of logits along this axis.
        side, shown: pixels of the model's input, and how many of them the picture fills.
        length: pixels of the picture.
    """
    identity = torch.eye(cells, dtype=torch.float32, device="cpu")[None]
    at_input = F.interpolate(identity, side, mode="linear", align_corners=False)
    at_picture = F.interpolate(at_input[..., :shown], length, mode="linear", align_corners=False)
    return _read_only(at_picture[0].T.contiguous())


def _read_only(tensor: Tensor) -> np.ndarray:
    array = tensor.float().cpu().numpy()
    array.setflags(write=False)
    return array
