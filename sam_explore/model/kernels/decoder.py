"""The mask decoder's fast form: what does not depend on prompts is computed once per image."""

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from ..decoder_tokens import IOU, DecoderTokens
from ..modules import Component
from ..weight_digests import checksum
from .cross_attention import (
    ImageTokens,
    fast_cross_attention_layer,
    fast_cross_attention_transformer,
    final_attention,
    weights_behind,
)
from .tensor_cache import cached_for
from .upscaling import fast_masks


def fast_decode(
    decoder: Component,
    image_tokens: Float[Tensor, "batch_or_1 channel row column"],
    image_encoding: Float[Tensor, "channel row column"],
    prompt_tokens: Float[Tensor, "batch prompt channel"],
    mask_hints: Float[Tensor, "batch 1 height width"] | None = None,
) -> tuple[Float[Tensor, "batch mask height width"], Float[Tensor, "batch mask"]]:
    """`MaskDecoder.forward`, with the image's part of the work cached for the image tokens.

    A mask hint, or an edit before the first layer, makes other image tokens. What is cached for the
    original ones stays.
    """
    content = _content(decoder)
    tokens, image = fast_prepare(decoder, image_tokens, prompt_tokens, mask_hints, content)
    places, encoding = _of_image(image, content), _of_encoding(image_encoding, content)
    tokens, decoded = fast_cross_attention_transformer(
        decoder.transformer, tokens, places, encoding
    )
    return fast_answer(decoder, tokens, decoded, image.shape[-2:])


def fast_prepare(
    decoder: Component,
    image_tokens: Float[Tensor, "batch_or_1 channel row column"],
    prompt_tokens: Float[Tensor, "batch prompt channel"],
    mask_hints: Float[Tensor, "batch 1 height width"] | None = None,
    content: int | None = None,
) -> tuple[Float[Tensor, "batch token channel"], Float[Tensor, "sets channel row column"]]:
    """`MaskDecoder.prepare`."""
    content = _content(decoder) if content is None else content
    image = _with_hint(decoder.mask_hint_encoder, image_tokens, mask_hints, content)
    image = decoder.hook_image_in(image)
    own = torch.cat([decoder.iou_token, decoder.mask_tokens]).expand(len(prompt_tokens), -1, -1)
    return decoder.hook_tokens_in(torch.cat([own, prompt_tokens], dim=1)), image


def fast_layer(
    decoder: Component,
    index: int,
    tokens: Float[Tensor, "batch token channel"],
    image: Float[Tensor, "sets *places"],
    token_encoding: Float[Tensor, "batch token channel"],
    image_encoding: Float[Tensor, "channel row column"],
) -> tuple[Float[Tensor, "batch token channel"], Float[Tensor, "batch place channel"]]:
    """`MaskDecoder.layer`."""
    content = _content(decoder)
    places = ImageTokens(image) if index else _of_image(image, content)
    encoding = _of_encoding(image_encoding, content)
    layer = decoder.transformer.layers[index]
    tokens, places = fast_cross_attention_layer(layer, tokens, places, token_encoding, encoding)
    return tokens, places.rows


def fast_read(
    decoder: Component,
    tokens: Float[Tensor, "batch token channel"],
    image: Float[Tensor, "batch place channel"],
    token_encoding: Float[Tensor, "batch token channel"],
    image_encoding: Float[Tensor, "channel row column"],
) -> tuple[Float[Tensor, "batch token channel"], Float[Tensor, "batch place channel"]]:
    """`MaskDecoder.read`."""
    encoding = _of_encoding(image_encoding, _content(decoder))
    return final_attention(
        decoder.transformer, tokens, ImageTokens(image), token_encoding, encoding
    )


def fast_answer(
    decoder: Component,
    tokens: Float[Tensor, "batch token channel"],
    image: Float[Tensor, "batch place channel"],
    grid: Sequence[int],
) -> tuple[Float[Tensor, "batch mask height width"], Float[Tensor, "batch mask"]]:
    """`MaskDecoder.answer`."""
    layout = DecoderTokens(len(decoder.mask_tokens))
    image = image.unflatten(1, tuple(grid))
    logits = fast_masks(decoder.mask_generator, image, tokens[:, layout.of_masks])
    return logits, decoder.iou_predictor(tokens[:, IOU])


def _content(decoder: Component) -> int:
    """A checksum of all weights that what is kept of an image depends on."""
    return checksum([decoder.mask_hint_encoder.no_mask, *weights_behind(decoder.transformer)])


def _of_image(image: Float[Tensor, "batch_or_1 channel row column"], content: int) -> ImageTokens:
    return ImageTokens(image.flatten(2).transpose(1, 2).contiguous(), image, content)


def _of_encoding(encoding: Float[Tensor, "channel row column"], content: int) -> ImageTokens:
    return ImageTokens(encoding.flatten(1).T.contiguous(), encoding, content)


def _with_hint(
    encoder: Component, image_tokens: Tensor, mask_hints: Tensor | None, content: int
) -> Float[Tensor, "batch_or_1 channel row column"]:
    """The sum, with the vector of each image token contiguous in memory."""

    def work() -> Tensor:
        total = image_tokens + encoder(mask_hints)
        return total.contiguous(memory_format=torch.channels_last)

    if mask_hints is not None or encoder.hook_out.is_watched:
        return work()
    return cached_for(image_tokens, "without mask hint", [encoder.no_mask], work, content)
