"""Tells original, Hugging Face and our own weights apart by their names, and converts them.

MedSAM's have the names of ViT-B: its preprocessing has to be asked for.
"""

import re
from collections.abc import Iterable, Mapping

import torch
from torch import Tensor

from .related_networks import no_sam
from .tensor_selection import find_sam

# Hugging Face's names for SamModel and the official ones. Applied in order, each at most once.
_FROM_HUGGING_FACE: tuple[tuple[str, str], ...] = (
    (r"^vision_encoder\.layers\.", r"image_encoder.blocks."),
    (r"^vision_encoder\.", r"image_encoder."),
    (r"\.patch_embed\.projection\.", r".patch_embed.proj."),
    (r"\.neck\.conv1\.", r".neck.0."),
    (r"\.neck\.layer_norm1\.", r".neck.1."),
    (r"\.neck\.conv2\.", r".neck.2."),
    (r"\.neck\.layer_norm2\.", r".neck.3."),
    (r"^prompt_encoder\.point_embed\.", r"prompt_encoder.point_embeddings."),
    (r"\.mask_embed\.conv1\.", r".mask_downscaling.0."),
    (r"\.mask_embed\.layer_norm1\.", r".mask_downscaling.1."),
    (r"\.mask_embed\.conv2\.", r".mask_downscaling.3."),
    (r"\.mask_embed\.layer_norm2\.", r".mask_downscaling.4."),
    (r"\.mask_embed\.conv3\.", r".mask_downscaling.6."),
    (r"\.upscale_conv1\.", r".output_upscaling.0."),
    (r"\.upscale_layer_norm\.", r".output_upscaling.1."),
    (r"\.upscale_conv2\.", r".output_upscaling.3."),
    (r"\.layer_norm(\d|_final_attn)\.", r".norm\1."),
    (r"(_mlps\.\d+|_head)\.proj_out\.", r"\1.layers.2."),
    (r"(_mlps\.\d+|_head)\.layers\.0\.", r"\1.layers.1."),
    (r"(_mlps\.\d+|_head)\.proj_in\.", r"\1.layers.0."),
)

# The Gaussian matrix of the coordinate encoder: SamModel has this tensor twice, and a file
# may hold either or both.
_GAUSSIAN = "prompt_encoder.pe_layer.positional_encoding_gaussian_matrix"
_TIED_GAUSSIANS = (
    "shared_image_embedding.positional_embedding",
    "prompt_encoder.shared_embedding.positional_embedding",
)

# Official names, part by part, and ours. Applied in order, each at most once.
_FROM_OFFICIAL: tuple[tuple[str, str], ...] = (
    (r"^image_encoder\.pos_embed$", r"image_encoder.position_encoder.table"),
    (r"^image_encoder\.patch_embed\.proj\.", r"image_encoder.patch_embedding.projection."),
    (r"^image_encoder\.blocks\.", r"image_encoder.vit.blocks."),
    (r"\.attn\.rel_pos_h$", r".attention.relative_rows"),
    (r"\.attn\.rel_pos_w$", r".attention.relative_columns"),
    (r"\.attn\.proj\.", r".attention.projection."),
    (r"\.attn\.", r".attention."),
    (r"^image_encoder\.neck\.0\.", r"image_encoder.channel_projection.conv1."),
    (r"^image_encoder\.neck\.1\.", r"image_encoder.channel_projection.norm1."),
    (r"^image_encoder\.neck\.2\.", r"image_encoder.channel_projection.conv2."),
    (r"^image_encoder\.neck\.3\.", r"image_encoder.channel_projection.norm2."),
    (
        r"^prompt_encoder\.pe_layer\.positional_encoding_gaussian_matrix$",
        r"coordinate_encoder.frequencies",
    ),
    (r"^prompt_encoder\.point_embeddings\.0\.weight$", r"prompt_encoder.background"),
    (r"^prompt_encoder\.point_embeddings\.1\.weight$", r"prompt_encoder.foreground"),
    (r"^prompt_encoder\.point_embeddings\.2\.weight$", r"prompt_encoder.box_top_left"),
    (r"^prompt_encoder\.point_embeddings\.3\.weight$", r"prompt_encoder.box_bottom_right"),
    (r"^prompt_encoder\.not_a_point_embed\.weight$", r"prompt_encoder.not_a_point"),
    (r"^prompt_encoder\.no_mask_embed\.weight$", r"mask_decoder.mask_hint_encoder.no_mask"),
    (r"^prompt_encoder\.mask_downscaling\.0\.", r"mask_decoder.mask_hint_encoder.conv1."),
    (r"^prompt_encoder\.mask_downscaling\.1\.", r"mask_decoder.mask_hint_encoder.norm1."),
    (r"^prompt_encoder\.mask_downscaling\.3\.", r"mask_decoder.mask_hint_encoder.conv2."),
    (r"^prompt_encoder\.mask_downscaling\.4\.", r"mask_decoder.mask_hint_encoder.norm2."),
    (r"^prompt_encoder\.mask_downscaling\.6\.", r"mask_decoder.mask_hint_encoder.conv3."),
    (r"^mask_decoder\.(iou_token|mask_tokens)\.weight$", r"mask_decoder.\1"),
    (r"\.self_attn\.", r".self_attention."),
    (r"\.cross_attn_token_to_image\.", r".token_to_image."),
    (r"\.cross_attn_image_to_token\.", r".image_to_token."),
    (r"\.final_attn_token_to_image\.", r".final_token_to_image."),
    (r"\.norm_final_attn\.", r".final_norm."),
    (r"\.([qkv]|out)_proj\.", r".\1."),
    (r"\.mlp\.lin1\.", r".mlp.expand."),
    (r"\.mlp\.lin2\.", r".mlp.contract."),
    (r"^mask_decoder\.output_upscaling\.0\.", r"mask_decoder.mask_generator.upscale1."),
    (r"^mask_decoder\.output_upscaling\.1\.", r"mask_decoder.mask_generator.norm."),
    (r"^mask_decoder\.output_upscaling\.3\.", r"mask_decoder.mask_generator.upscale2."),
    (r"^mask_decoder\.output_hypernetworks_mlps\.", r"mask_decoder.mask_generator.token_heads."),
    (r"^mask_decoder\.iou_prediction_head\.", r"mask_decoder.iou_predictor.head."),
)


def our_names(weights: Mapping[str, Tensor], source: str = "state dict") -> dict[str, Tensor]:
    """Rename a state dict in any known layout to this package's names.

    Args:
        weights: in the official layout, Hugging Face's, or ours; with any prefix to all names, such
            as `module.`, and with other tensors, which are left out with a warning.
        source: the file's name in errors.

    Raises:
        ValueError: the names are not those of a SAM v1 network.
    """
    weights = find_sam(weights, source)
    if _is_ours(weights):
        return weights
    return rename_official(_official(weights, source), source)


def official_names(
    weights: Mapping[str, Tensor], source: str = "state dict"
) -> dict[str, Tensor] | None:
    """Rename a state dict to the official names; None for one in our own layout.

    The arguments and errors are those of `our_names`.
    """
    weights = find_sam(weights, source)
    return None if _is_ours(weights) else _official(weights, source)


def official_from(names: Iterable[str]) -> dict[str, str]:
    """Map the names of a complete state dict, official or Hugging Face's, to the official ones.

    Both names of the tied Gaussian matrix are mapped to the same one.
    """
    names = list(names)
    if not any(name.startswith("vision_encoder.") for name in names):
        return {name: name for name in names}
    return {
        name: _GAUSSIAN if name in _TIED_GAUSSIANS else _renamed(name, _FROM_HUGGING_FACE)
        for name in names
    }


def _is_ours(weights: Mapping[str, Tensor]) -> bool:
    return "image_encoder.position_encoder.table" in weights


def _official(weights: Mapping[str, Tensor], source: str) -> dict[str, Tensor]:
    gaussians = [weights[name] for name in _TIED_GAUSSIANS if name in weights]
    if len(gaussians) == 2 and not torch.equal(*gaussians):
        raise ValueError(
            f"{source} has two different Gaussian matrices, {' and '.join(_TIED_GAUSSIANS)}, where "
            "SAM uses one for clicks and for the image's grid. Remove the one that is not meant."
        )
    official = official_from(weights)
    return {official[name]: tensor for name, tensor in weights.items()}


def rename_official(weights: Mapping[str, Tensor], source: str = "state dict") -> dict[str, Tensor]:
    """Rename a state dict in the official layout to this package's names.

    Raises ValueError when the names are not those of a SAM v1 network.
    """
    if "image_encoder.pos_embed" not in weights:
        raise no_sam(weights, source)
    return {_renamed(name, _FROM_OFFICIAL): tensor for name, tensor in weights.items()}


def _renamed(name: str, table: tuple[tuple[str, str], ...]) -> str:
    for pattern, replacement in table:
        name = re.sub(pattern, replacement, name)
    return name
