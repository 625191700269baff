"""The mask decoder's fast form: what does not depend on prompts is computed once per image."""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from ..weights import checksum
from .cross_attention import ImageTokens, fast_cross_attention_transformer, weights_behind
from .tensor_cache import cached_for
from .upscaling import fast_masks


def fast_decode(
    decoder: nn.Module,
    image_tokens: Float[Tensor, "batch_or_1 channel row column"],
    image_encoding: Float[Tensor, "channel row column"],
    prompt_tokens: Float[Tensor, "batch prompt channel"],
    mask_hints: Float[Tensor, "batch 1 height width"] | None = None,
) -> tuple[Float[Tensor, "batch mask height width"], Float[Tensor, "batch mask"]]:
    """`MaskDecoder.forward`, with the image's part of the work cached for the image tokens.

    A mask hint, or an edit before the first layer, makes other image tokens. What is cached for the
    original ones stays.
    """
    hint_encoder, transformer = decoder.mask_hint_encoder, decoder.transformer
    content = checksum([hint_encoder.no_mask, *weights_behind(transformer)])
    image = _with_hint(hint_encoder, image_tokens, mask_hints, content)
    image = decoder.hook_image_in(image)
    own = torch.cat([decoder.iou_token, decoder.mask_tokens]).expand(len(prompt_tokens), -1, -1)
    tokens = decoder.hook_tokens_in(torch.cat([own, prompt_tokens], dim=1))

    tokens, decoded = fast_cross_attention_transformer(
        transformer,
        tokens,
        ImageTokens(image.flatten(2).transpose(1, 2).contiguous(), image, content),
        ImageTokens(image_encoding.flatten(1).T.contiguous(), image_encoding, content),
    )

    decoded = decoded.unflatten(1, image_tokens.shape[-2:])
    logits = fast_masks(
        decoder.mask_generator, decoded, tokens[:, 1 : 1 + len(decoder.mask_tokens)]
    )
    return logits, decoder.iou_predictor(tokens[:, 0])


def _with_hint(
    encoder: nn.Module, image_tokens: Tensor, mask_hints: Tensor | None, content: int
) -> Float[Tensor, "batch_or_1 channel row column"]:
    """The sum, with the vector of each image token contiguous in memory."""

    def work() -> Tensor:
        total = image_tokens + encoder(mask_hints)
        return total.contiguous(memory_format=torch.channels_last)

    if mask_hints is not None or encoder.hook_out.is_watched:
        return work()
    return cached_for(image_tokens, "without mask hint", [encoder.no_mask], work, content)
