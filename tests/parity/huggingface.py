"""The second reference: SAM in `transformers`, given the same weights under its own names."""

import re

import torch
import transformers
from torch import Tensor, nn

from sam_explore.model import SamConfig

from .reference import give_weights

# transformers gives the decoder's norms an epsilon of 1e-6, where the original has PyTorch's
# default. With the original's value, which its configuration accepts, it computes the same.
ORIGINAL_DECODER_EPSILON = 1e-5

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
    theirs = transformers.SamConfig(
        vision_config={
            "hidden_size": config.encoder_dim,
            "output_channels": config.token_dim,
            "num_hidden_layers": config.encoder_depth,
            "num_attention_heads": config.encoder_heads,
            "image_size": config.image_size,
            "patch_size": config.patch_size,
            "window_size": config.window_size,
            "global_attn_indexes": list(config.global_blocks),
            "num_pos_feats": config.token_dim // 2,
            "mlp_dim": config.encoder_mlp_dim,
        },
        prompt_encoder_config={
            "hidden_size": config.token_dim,
            "image_size": config.image_size,
            "patch_size": config.patch_size,
            "mask_input_channels": config.mask_hint_channels,
        },
        mask_decoder_config={
            "hidden_size": config.token_dim,
            "mlp_dim": config.decoder_mlp_dim,
            "num_hidden_layers": config.decoder_depth,
            "num_attention_heads": config.decoder_heads,
            "attention_downsample_rate": config.attention_downsampling,
            "num_multimask_outputs": config.mask_tokens - 1,
            "iou_head_hidden_dim": config.iou_hidden_dim,
            "layer_norm_eps": decoder_epsilon,
        },
        attn_implementation=attention,
    )
    with torch.device("meta"):
        model = transformers.SamModel(theirs)
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
