"""A network whose answers are linear in what it gets, so that gradients can be worked out by hand.

On the picture of `small_trace` (40 wide, 20 high, no scaling; a grid of 5 tokens of 8 pixels):

- an image token's channel 0 is the mean of the patch's normalised red, and its others are 0;
- mask m's logits are m + 1 times the channel 0 of the token they lie in, 4 x 4 logits a token;
- mask m's predicted IoU is m + 1 times the channel 0 of the first prompt token, which for a click
  at x is the sine of pi (x_unit - 0.5): a slope of pi / 40 a pixel at x = 19.5, the middle.
"""

import numpy as np
import torch
from torch import Tensor

from sam_explore.geometry import Prompts
from sam_explore.model import HookPoint, Sam
from sam_explore.tracing import Trace
from sam_explore.tracing.editing import Edit

from ...small import SMALL, small_sam, small_trace

MASKS = torch.arange(1, 5)[None, :, None, None]


def linear_trace(sam: Sam | None = None) -> Trace:
    """A click in the middle of the line y = 8."""
    trace = small_trace(sam or linear_sam()).with_prompts(Prompts(points=[(19.5, 8)]))
    tell, recall = _passed_on()
    trace = trace.with_edit("image_encoder.channel_projection.hook_conv1", tell)
    trace = trace.with_edit("image_encoder.channel_projection.hook_out", recall(lambda conv: conv))
    tell, recall = _passed_on()
    trace = trace.with_edit("mask_decoder.hook_image_in", tell)
    trace = trace.with_edit("mask_decoder.mask_generator.hook_logits", recall(_logits))
    tell, recall = _passed_on()
    trace = trace.with_edit("mask_decoder.hook_tokens_in", tell)
    return trace.with_edit("mask_decoder.iou_predictor.hook_iou", recall(_iou))


def linear_sam() -> Sam:
    """Blocks that add nothing, and weights that pass the mean of red on."""
    sam = small_sam(SMALL)
    encoder = sam.image_encoder
    with torch.no_grad():
        for block in encoder.vit.blocks:
            for layer in (block.attention.projection, block.mlp.contract):
                layer.weight.zero_()
                layer.bias.zero_()
        for weight in (
            encoder.position_encoder.table,
            encoder.patch_embedding.projection.weight,
            encoder.patch_embedding.projection.bias,
            encoder.channel_projection.conv1.weight,
            sam.mask_decoder.mask_hint_encoder.no_mask,
            sam.prompt_encoder.foreground,
            sam.coordinate_encoder.frequencies,
        ):
            weight.zero_()
        encoder.patch_embedding.projection.weight[0, 0] = 1 / 64
        encoder.channel_projection.conv1.weight[0, 0] = 1
        sam.coordinate_encoder.frequencies[0, 0] = 0.25
    return sam


def _logits(tokens: Tensor) -> Tensor:
    return MASKS * tokens[:, :1].repeat_interleave(4, dim=2).repeat_interleave(4, dim=3)


def _iou(tokens: Tensor) -> Tensor:
    first_prompt = 1 + SMALL.mask_tokens
    return MASKS[..., 0, 0] * tokens[:, first_prompt, :1]


def _passed_on():
    """An edit that changes nothing, and one that puts a function of what that one saw."""
    seen: list[Tensor] = []

    def tell(tensor: Tensor, hook: HookPoint) -> Tensor:
        seen[:] = [tensor]
        return tensor

    def recall(function) -> Edit:
        return lambda tensor, hook: function(seen[0])

    return tell, recall


def reds(trace: Trace) -> np.ndarray:
    """The mean of each patch's normalised red, (row, column); padding is 0."""
    red = (trace.image[..., 0].astype(float) - SMALL.pixel_mean[0]) / SMALL.pixel_std[0]
    filled = np.zeros((40, 40))
    filled[:20] = red
    return filled.reshape(5, 8, 5, 8).mean(axis=(1, 3))


def logits_of_tokens(*tokens: tuple[int, int]) -> np.ndarray:
    """A region of the raw logits: the 4 x 4 of each of these tokens."""
    region = np.zeros((5, 4, 5, 4), dtype=bool)
    for row, column in tokens:
        region[row, :, column] = True
    return region.reshape(20, 20)
