"""The second reference: SAM in `transformers`, given the same weights under its own names."""

import re

import torch
from torch import Tensor, nn

from sam_explore.model import SamConfig
from sam_explore.verification.peers import ORIGINAL_DECODER_EPSILON, transformers_model

from .reference import give_weights

_FREQUENCIES = "shared_image_embedding.positional_embedding"

# Official names and those of transformers, applied in order.
_RENAMES = (
    (r"^prompt_encoder\.pe_layer\.positional_encoding_gaussian_matrix$", _FREQUENCIES),
    (r"^prompt_encoder\.point_embeddings\.", "prompt_encoder.point_embed."),
    (r"mask_downscaling\.0\.", "mask_embed.conv1."),
    (r"mask_downscaling\.1\.", "mask_embed.layer_norm1."),
    (r"mask_downscaling\.3\.", "mask_embed.conv2."),
    (r"mask_downscaling\.4\.", "mask_embed.layer_norm2."),
    (r"mask_downscaling\.6\.", "mask_embed.conv3."),
    (r"output_upscaling\.0\.", "upscale_conv1."),
    (r"output_upscaling\.1\.", "upscale_layer_norm."),
    (r"output_upscaling\.3\.", "upscale_conv2."),
    (r"\.neck\.0\.", ".neck.conv1."),
    (r"\.neck\.1\.", ".neck.layer_norm1."),
    (r"\.neck\.2\.", ".neck.conv2."),
    (r"\.neck\.3\.", ".neck.layer_norm2."),
    (r"^image_encoder\.blocks\.", "vision_encoder.layers."),
    (r"^image_encoder\.", "vision_encoder."),
    (r"\.patch_embed\.proj\.", ".patch_embed.projection."),
    (r"\.norm(\d|_final_attn)\.", r".layer_norm\1."),
    (r"(_mlps\.\d|_head)\.layers\.0\.", r"\1.proj_in."),
    (r"(_mlps\.\d|_head)\.layers\.1\.", r"\1.layers.0."),
    (r"(_mlps\.\d|_head)\.layers\.2\.", r"\1.proj_out."),
)


def rename_for_transformers(weights: dict[str, Tensor]) -> dict[str, Tensor]:
    """A state dict in the official layout under the names that transformers uses."""
    renamed = {}
    for name, tensor in weights.items():
        for pattern, replacement in _RENAMES:
            name = re.sub(pattern, replacement, name)
        renamed[name] = tensor
    renamed["prompt_encoder.shared_embedding.positional_embedding"] = renamed[_FREQUENCIES]
    return renamed


def build_transformers(
    config: SamConfig,
    weights: dict[str, Tensor],
    attention: str = "eager",
    decoder_epsilon: float = ORIGINAL_DECODER_EPSILON,
) -> nn.Module:
    """`transformers.SamModel` in the sizes of `config`, with `weights` in the official layout."""
    model = transformers_model(config, attention, decoder_epsilon)
    return give_weights(model, rename_for_transformers(weights))


def decode_with_transformers(
    model: nn.Module,
    image_tokens: Tensor,
    points: tuple[Tensor, Tensor] | None,
    boxes: Tensor | None,
    mask_hints: Tensor | None,
) -> tuple[Tensor, Tensor]:
    """All four masks and IoU, from prompts given as the original's prompt encoder takes them."""
    answers = [
        model(
            image_embeddings=image_tokens,
            input_points=None if points is None else points[0][None],
            input_labels=None if points is None else points[1][None],
            input_boxes=None if boxes is None else boxes[None],
            input_masks=mask_hints,
            multimask_output=three,
        )
        for three in (False, True)
    ]
    logits = torch.cat([answer.pred_masks[0] for answer in answers], dim=1)
    return logits, torch.cat([answer.iou_scores[0] for answer in answers], dim=1)
