"""The mask decoder read early: the masks of the tokens and the image between its layers."""

import torch
from jaxtyping import Float
from torch import Tensor

from sam_explore.model.addresses import (
    DECODED_IMAGE,
    DECODER_TOKENS_IN,
    DECODER_TOKENS_OUT,
    IMAGE_IN,
    in_layer,
)
from sam_explore.model.autocast import without_autocast
from sam_explore.model.lock import lock_of

from .foreign_hooks import refuse_foreign_hooks
from .trace import Trace


def decoder_stages(depth: int) -> dict[str, tuple[str, str]]:
    """The hook points of the tokens and of the image by stage: before, between, after the layers.

    Args:
        depth: how many layers the decoder has.
    """
    layers = {
        f"after layer {layer}": (in_layer(layer, "hook_tokens"), in_layer(layer, "hook_image"))
        for layer in range(depth)
    }
    before = {"before the layers": (DECODER_TOKENS_IN, IMAGE_IN)}
    return before | layers | {"after the last look": (DECODER_TOKENS_OUT, DECODED_IMAGE)}


def read_early(
    trace: Trace, stage: str
) -> tuple[Float[Tensor, "1 token channel"], Float[Tensor, "1 place channel"]]:
    """Tokens and image at a stage of `decoder_stages`, as the mask generator would take them."""
    names = decoder_stages(trace.sam.config.decoder_depth)[stage]
    found = trace.read(names)
    tokens, image = (found[name] for name in names)
    return tokens, image.flatten(2).transpose(1, 2) if image.ndim == 4 else image


@torch.no_grad()
@without_autocast()
def early_logits(
    trace: Trace,
    tokens: Float[Tensor, "batch token channel"],
    image: Float[Tensor, "1 place channel"],
) -> Float[Tensor, "batch mask row column"]:
    """The raw logits that the run's mask generator makes of tokens and an image of any stage.

    Edits of what the generator computes are not respected.

    Raises RuntimeError for changed weights, and if the model has foreign hooks.
    """
    trace.engine.refuse_changed_weights()
    together = image.expand(len(tokens), -1, -1)
    with lock_of(trace.sam):
        refuse_foreign_hooks(trace.sam)
        logits, _ = trace.sam.mask_decoder.answer(tokens, together, trace.frame.grid)
    return logits
