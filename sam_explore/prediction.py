"""Encode a picture once, predict masks once a prompt: pictures and pixels in, numpy out."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from .geometry import Frame, Prompts
from .images import Picture, as_picture
from .model import Sam, SamConfig
from .model.lock import lock_of
from .model.weights import Weights, in_words, weights_of
from .model_checks import check_model
from .predicted import Prediction, prediction_from, size_in_words, stability_of, upscale
from .preprocessing import Preprocessing, Side

__all__ = [
    "EncodedImage",
    "Prediction",
    "check_model",
    "encode",
    "predict",
    "prediction_from",
    "prompt_tensors",
    "stability_of",
    "upscale",
]

# 2 prompt sets of ViT-B, 32 of the toy: more leave the processor's cache, fewer wait for Python.
_LOGITS_AT_ONCE = 2**19


@dataclass(frozen=True, eq=False)
class EncodedImage:
    """A picture after the image encoder, ready for any number of prompts.

    Args:
        tokens: the image tokens.
        frame: how the picture lies in the model's input.
        weights: those of the image encoder that made the tokens, by which `predict` knows whether
            it is asked for the same; None where nobody knows, for tokens of your own.
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


def predict(
    sam: Sam, encoded: EncodedImage, prompts: Prompts | Sequence[Prompts]
) -> Prediction | list[Prediction]:
    """Masks for one prompt set, or a list of predictions for a sequence of them.

    Sets with the same number of points, with or without box and hint, run as one batch. A shorter
    set is never filled up: a further padding token would change its answer. An empty set is
    answered, too, as `Prompts.nothing()`; `Prompts.padding_point()` asks with the padding alone.

    Raises:
        TypeError: something else in place of the model, the encoded picture or the prompts.
        ValueError: a point or a whole box outside the picture, or a mask hint of the wrong size; or
            a picture that other weights encoded, or the same in another configuration.
    """
    check_model(sam, "sx.predict(sam, encoded, prompts)")
    _check_question(sam, encoded, prompts)
    if isinstance(prompts, Prompts):
        return predict(sam, encoded, [prompts])[0]
    groups: dict[tuple, list[int]] = {}
    for index, one in enumerate(prompts):
        encoded.frame.check(one)
        kind = (len(one.points), one.box is not None, one.mask_hint is not None, one.has_padding)
        groups.setdefault(kind, []).append(index)
    predictions: list[Prediction | None] = [None] * len(prompts)
    for members in groups.values():
        some = _sets_at_once(sam.config, encoded, prompts[members[0]])
        for start in range(0, len(members), some):
            batch = members[start : start + some]
            answers = _predict_batch(sam, encoded, [prompts[index] for index in batch])
            for index, answer in zip(batch, answers, strict=True):
                predictions[index] = answer
    return predictions


def _sets_at_once(config: SamConfig, encoded: EncodedImage, prompts: Prompts) -> int:
    """How many prompt sets of this kind run as one batch: by their logits, or their attention."""
    tokens = 1 + config.mask_tokens + prompts.token_count
    logits = 16 * config.mask_tokens * encoded.tokens[0, 0].numel()
    return max(1, _LOGITS_AT_ONCE // max(logits, config.decoder_heads * tokens**2))


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
    with lock_of(sam), torch.inference_mode(False), torch.no_grad():
        prompt_tokens = sam.encode_prompts(points, labels, boxes, prompts[0].has_padding)
        logits, iou = sam.decode(encoded.tokens, prompt_tokens, hints)
    return [prediction_from(logits[i], iou[i], one, encoded.frame) for i, one in enumerate(prompts)]


def _check_question(sam: Sam, encoded: object, prompts: object) -> None:
    """Refuse what is no encoded picture, one of another model, or no prompts."""
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
    is_sequence = isinstance(prompts, Sequence) and not isinstance(prompts, str)
    if not is_sequence or not all(isinstance(one, Prompts) for one in prompts):
        raise TypeError(
            "prompts must be sx.Prompts(points=[(x, y)], labels=[1]), or a list of such, but is "
            f"{prompts!r:.80}."
        )


def _check_config(sam: Sam, encoded: EncodedImage) -> None:
    """Refuse what an image encoder of another configuration made."""
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
    """Refuse what another image encoder made, or this one before its weights changed."""
    made_by, now = encoded.weights, weights_of(sam.image_encoder)
    if made_by is None or made_by is now or made_by.fingerprint == now.fingerprint:
        return
    names = in_words([f"image_encoder.{name}" for name in made_by.changed(now)])
    raise ValueError(
        "encoded was made by other weights than this model's image encoder has, because it comes "
        f"from another model or they changed since: {names} changed. Encode the picture again: "
        "sx.encode(sam, image)."
    )
