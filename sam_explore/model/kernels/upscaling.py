"""Upscaling as matrix products: with stride and kernel alike, no two taps meet in a pixel."""

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from ..hooks import HookPoint
from .products import linear


def fast_masks(
    generator: nn.Module,
    image: Float[Tensor, "batch row column channel"],
    mask_tokens: Float[Tensor, "batch mask channel"],
) -> Float[Tensor, "batch mask height width"]:
    """`MaskGenerator.forward`. A pixel stays with its token until the logits are in place."""
    norm = generator.norm
    features = _upscaled(generator.upscale1, image)
    features = F.layer_norm(features, norm.normalized_shape, norm.weight, norm.bias, norm.eps)
    features = _seen(generator.hook_double, F.gelu(features))
    features = _upscaled(generator.upscale2, features, gelu=True)
    features = _seen(generator.hook_features, features)

    mask_tokens = generator.hook_mask_tokens(mask_tokens)
    vectors = [head(mask_tokens[:, i]) for i, head in enumerate(generator.token_heads)]
    vectors = generator.hook_mask_vectors(torch.stack(vectors, dim=1))
    pairs = zip(vectors, features.flatten(1, -2), strict=True)
    logits = torch.stack([linear(some, pixels) for some, pixels in pairs])
    logits = logits.unflatten(2, features.shape[1:-1]).movedim(1, -1)
    return generator.hook_logits(_to_map(logits))


def _upscaled(
    layer: nn.ConvTranspose2d,
    features: Float[Tensor, "batch row column *taps channel"],
    gelu: bool = False,
) -> Float[Tensor, "batch row column *taps_and_two feature"]:
    """A transposed convolution that makes 2 x 2 pixels of one, which two more axes count.

    The axes between a token's column and the channel, the taps, say which of the pixels that the
    token has become it is: row and column of the first step, then those of the second.
    """
    weight = layer.weight.permute(2, 3, 1, 0).flatten(0, 2)
    found = linear(features, weight, layer.bias.repeat(4), gelu=gelu)
    return found.unflatten(-1, (2, 2, -1))


def _to_map(
    features: Float[Tensor, "batch row column *taps channel"],
) -> Float[Tensor, "batch channel height width"]:
    """Each pixel in its place."""
    return _by_axes(features).flatten(features.ndim // 2 + 1).flatten(2, features.ndim // 2)


def _by_axes(features: Tensor) -> Tensor:
    """Channels, then all axes that lead to a row, then all that lead to a column."""
    last = features.ndim - 1
    return features.permute(0, last, *range(1, last, 2), *range(2, last, 2))


def _seen(
    hook: HookPoint, features: Float[Tensor, "batch row column *taps channel"]
) -> Float[Tensor, "batch row column *taps channel"]:
    """Features past a hook point that wants them as a map."""
    if not hook.is_watched:
        return features
    passed, back = hook(_to_map(features)), torch.empty_like(features)
    by_axes = _by_axes(back)
    by_axes.copy_(passed.reshape(by_axes.shape))
    return back
