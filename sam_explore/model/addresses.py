"""Addresses of the hook points that tools read and change. No other file spells out these paths.

trace[in_block(3, "attention.hook_pattern")]
trace.read(in_block(EVERY, "hook_residual_post"), sx.norm)
"""

# In place of a block's or a layer's number, it means all of them; see `sam_explore.record`.
EVERY = "*"

_BLOCKS = "image_encoder.vit.blocks"
_PROJECTION = "image_encoder.channel_projection"
_TRANSFORMER = "mask_decoder.transformer"

PATCH_TOKENS = "image_encoder.patch_embedding.hook_out"
POSITION_ENCODING = "image_encoder.position_encoder.hook_encoding"
IMAGE_TOKENS = f"{_PROJECTION}.hook_out"
COORDINATES = "coordinate_encoder.hook_points"
GRID_ENCODING = "coordinate_encoder.hook_grid"
PROMPT_TOKENS = "prompt_encoder.hook_tokens"
MASK_HINT = "mask_decoder.mask_hint_encoder.hook_out"
IMAGE_IN = "mask_decoder.hook_image_in"
DECODER_TOKENS_IN = "mask_decoder.hook_tokens_in"
DECODER_TOKENS_OUT = f"{_TRANSFORMER}.hook_tokens"
DECODED_IMAGE = f"{_TRANSFORMER}.hook_image"
FINAL_ATTENTION = "final_token_to_image"
UPSCALED_ONCE = "mask_decoder.mask_generator.hook_double"
MASK_FEATURES = "mask_decoder.mask_generator.hook_features"
MASK_TOKENS = "mask_decoder.mask_generator.hook_mask_tokens"
MASK_VECTORS = "mask_decoder.mask_generator.hook_mask_vectors"
LOGITS = "mask_decoder.mask_generator.hook_logits"
PREDICTED_IOU = "mask_decoder.iou_predictor.hook_iou"


def in_block(block: int | str, place: str = "") -> str:
    """The address of a place in a block of the image encoder, such as "attention.hook_q".

    Args:
        block: its number from 0, or `EVERY`.
        place: the address counted from the block; the block itself if it is "".
    """
    return _joined(f"{_BLOCKS}.{block}", place)


def in_projection(place: str) -> str:
    """The address of a place in the channel projection, such as "hook_conv1"."""
    return f"{_PROJECTION}.{place}"


def in_layer(layer: int | str, place: str = "") -> str:
    """The address of a place in a layer of the mask decoder, such as "self_attention.hook_q".

    Args:
        layer: its number from 0, or `EVERY`.
        place: the address counted from the layer; the layer itself if it is "".
    """
    return _joined(f"{_TRANSFORMER}.layers.{layer}", place)


def in_decoder_attention(attention: str, place: str) -> str:
    """The address of a place in an attention of the mask decoder.

    Args:
        attention: such as "layers.0.self_attention", or `FINAL_ATTENTION`.
        place: such as "hook_scores".
    """
    return f"{_TRANSFORMER}.{attention}.{place}"


def in_token_head(mask: int | str, place: str) -> str:
    """The address of a place in the MLP of a mask token.

    Args:
        mask: its number from 0, or `EVERY`.
        place: such as "hook_hidden1".
    """
    return f"mask_decoder.mask_generator.token_heads.{mask}.{place}"


def _joined(part: str, place: str) -> str:
    return f"{part}.{place}" if place else part
