"""Upscaling as matrix products: kernel and stride are equal, so each pixel has a single tap."""

from collections.abc import Iterable

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from ..config import LOGITS_A_TOKEN
from ..hooks import HookPoint
from ..modules import Component
from .products import linear

_AT_ONCE = 2**20  # numbers in the features of one chunk of rows


def fast_masks(
    generator: Component,
    image: Float[Tensor, "batch row column channel"],
    mask_tokens: Float[Tensor, "batch mask channel"],
) -> Float[Tensor, "batch mask height width"]:
    """`MaskGenerator.forward`, some rows of tokens at a time, which fit into the processor's cache.

    Pixels stay grouped by token until the logits are written.
    """
    batch, rows, columns, _ = image.shape
    some = max(1, _AT_ONCE // (columns * 16 * generator.upscale2.out_channels))
    doubled: Iterable[Tensor] = (
        _doubled(generator, part) for one in image for part in one.split(some)
    )
    doubled = _passed(generator.hook_double, doubled, batch)
    upscaled = (_upscaled(generator.upscale2, part, gelu=True) for part in doubled)
    features = iter(_passed(generator.hook_features, upscaled, batch))

    mask_tokens = generator.hook_mask_tokens(mask_tokens)
    vectors = [head(mask_tokens[:, i]) for i, head in enumerate(generator.token_heads)]
    vectors = generator.hook_mask_vectors(torch.stack(vectors, dim=1))
    logits = image.new_empty(
        batch, len(vectors[0]), LOGITS_A_TOKEN * rows, LOGITS_A_TOKEN * columns
    )
    for one, places in zip(vectors, logits, strict=True):
        for place in places.split(LOGITS_A_TOKEN * some, dim=1):
            _fill(place, one, next(features))
    return generator.hook_logits(logits)


def _doubled(
    generator: Component, image: Float[Tensor, "row column channel"]
) -> Float[Tensor, "row column 2 2 feature"]:
    features, norm = _upscaled(generator.upscale1, image), generator.norm
    features = F.layer_norm(features, norm.normalized_shape, norm.weight, norm.bias, norm.eps)
    return F.gelu(features)


def _fill(
    place: Float[Tensor, "mask height width"],
    vectors: Float[Tensor, "mask feature"],
    features: Float[Tensor, "row column 2 2 2 2 feature"],
) -> None:
    logits = linear(vectors, features.flatten(0, -2))
    by_axes = _by_axes(logits.unflatten(1, features.shape[:-1]).movedim(0, -1))
    place.view(by_axes.shape).copy_(by_axes)


def _upscaled(
    layer: nn.ConvTranspose2d,
    features: Float[Tensor, "row column *taps channel"],
    gelu: bool = False,
) -> Float[Tensor, "row column *taps_and_two feature"]:
    """A transposed convolution from one pixel to 2 x 2, which become two further axes.

    The axes between a token's column and the channel, the taps, index the pixels of the token: row
    and column of the first step, then those of the second.
    """
    weight = layer.weight.permute(2, 3, 1, 0).flatten(0, 2)
    bias = None if layer.bias is None else layer.bias.repeat(4)
    found = linear(features, weight, bias, gelu=gelu)
    return found.unflatten(-1, (2, 2, -1))


def _by_axes(features: Float[Tensor, "row column *taps channel"]) -> Tensor:
    """Channels, then all axes that lead to a row, then all that lead to a column."""
    last = features.ndim - 1
    return features.permute(last, *range(0, last, 2), *range(1, last, 2))


def _passed(hook: HookPoint, parts: Iterable[Tensor], batch: int) -> Iterable[Tensor]:
    """Features (row, column, *taps, channel) of some rows of each prompt set through a hook point.

    A hook gets them whole and as a map, concatenated from the same parts.
    """
    if not hook.is_watched:
        return parts
    parts = list(parts)
    features = torch.cat(parts).unflatten(0, (batch, -1))
    maps = torch.stack([_by_axes(one) for one in features])
    middle = 2 + (maps.ndim - 2) // 2
    passed = hook(maps.flatten(middle).flatten(2, middle - 1)).reshape(maps.shape)
    back = torch.empty_like(features)
    for one, place in zip(passed, back, strict=True):
        _by_axes(place).copy_(one)
    return back.flatten(0, 1).split([len(part) for part in parts])
