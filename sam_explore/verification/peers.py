"""The same weights in segment_anything and in transformers, if they are installed."""

import importlib
from collections.abc import Callable, Mapping
from functools import partial
from importlib import metadata
from typing import Any

import torch
from torch import Tensor, nn

from sam_explore.loading import official_from
from sam_explore.model import SamConfig
from sam_explore.prediction import prompt_tensors

from .parts import pixels_of
from .rows import Row, Subject

EMBEDDING_TOLERANCE, DECODER_TOLERANCE = 2e-5, 1e-5

# transformers gives the decoder's norms an epsilon of 1e-6 by default, where the original has
# PyTorch's. Its configuration accepts the original's value, and then it computes the same.
ORIGINAL_DECODER_EPSILON = 1e-5

Decode = Callable[[nn.Module, Tensor, Tensor, Tensor, Tensor | None], tuple[Tensor, Tensor]]


def compare(
    subject: Subject, official: Mapping[str, Tensor] | None, say: Callable[[str], None]
) -> list[Row]:
    """Rows for each implementation that is installed; a row that says why for one that isn't.

    Args:
        subject: our model on the picture.
        official: the file's weights under the official names; None for a file in our own layout,
            which the other implementations can't read.
        say: called with what is being computed.
    """
    if official is None:
        return [Row("others", "not compared: the file is in this package's own layout")]
    pixels, rows = None, []
    peers = {
        "segment_anything": (segment_anything_model, _decode_segment_anything),
        "transformers": (transformers_model, _decode_transformers),
    }
    for name, (build, decode) in peers.items():
        try:
            importlib.import_module(name)
        except ImportError as error:
            rows.append(Row(name, f"not compared: {error}"))
            continue
        say(f"The same picture through {name}")
        pixels = pixels_of(subject) if pixels is None else pixels
        model = _filled(build(subject.sam.config), official).to(subject.sam.device)
        rows += _differences(f"{name} {version(name)}", model, decode, subject, pixels)
    return rows


def version(package: str) -> str:
    """The version of a package, or that it is not installed."""
    try:
        return metadata.version(package.replace("_", "-"))
    except metadata.PackageNotFoundError:
        return "not installed"


@torch.no_grad()
def _differences(
    name: str, model: nn.Module, decode: Decode, subject: Subject, pixels: Tensor
) -> list[Row]:
    sam, tokens = subject.sam, subject.encoded.tokens
    embedding = relative_error(sam.encode_image(pixels), _embed(model, pixels))
    rows = [_row(f"{name}: embedding", embedding, EMBEDDING_TOLERANCE)]
    for kind, prompts in (("a click", subject.click), ("a box", subject.box)):
        points, labels, boxes, _ = prompt_tensors([prompts], subject.encoded.frame, sam.device)
        ours = sam.decode(tokens, sam.encode_prompts(points, labels, boxes, prompts.has_padding))
        # The other implementations add half a pixel of the input themselves.
        side = sam.config.image_size
        corners = None if boxes is None else boxes * side - 0.5
        theirs = decode(model, tokens, points * side - 0.5, labels, corners)
        for what, one, other in zip(("logits", "predicted IoU"), ours, theirs, strict=True):
            error = relative_error(one, other)
            rows.append(_row(f"{name}: {what} of {kind}", error, DECODER_TOLERANCE))
    return rows


def relative_error(ours: Tensor, reference: Tensor) -> float:
    """The largest difference as a fraction of the reference's largest value."""
    return float((ours - reference).abs().max() / reference.abs().max())


def _row(name: str, error: float, tolerance: float) -> Row:
    expected = f"at most {tolerance:.0e} of the largest value"
    return Row(name, f"differs by {error:.1e}", expected, error <= tolerance)


def _embed(model: Any, pixels: Tensor) -> Tensor:
    if hasattr(model, "vision_encoder"):
        return model.vision_encoder(pixels).last_hidden_state
    return model.image_encoder(pixels)


def _filled(model: nn.Module, official: Mapping[str, Tensor]) -> nn.Module:
    """A model on the meta device with the weights of the file, which are shared, not copied."""
    names = official_from(model.state_dict())
    model.load_state_dict({name: official[names[name]] for name in names}, assign=True)
    return model.eval().requires_grad_(False)


def segment_anything_model(config: SamConfig) -> nn.Module:
    """The original's network in any size, without weights (on the meta device)."""
    modeling = importlib.import_module("segment_anything.modeling")
    with torch.device("meta"):
        encoder = modeling.ImageEncoderViT(
            img_size=config.image_size,
            patch_size=config.patch_size,
            embed_dim=config.encoder_dim,
            depth=config.encoder_depth,
            num_heads=config.encoder_heads,
            mlp_ratio=config.encoder_mlp_dim / config.encoder_dim,
            out_chans=config.token_dim,
            norm_layer=partial(nn.LayerNorm, eps=1e-6),
            use_rel_pos=True,
            window_size=config.window_size,
            global_attn_indexes=config.global_blocks,
        )
        prompt_encoder = modeling.PromptEncoder(
            embed_dim=config.token_dim,
            image_embedding_size=(config.grid, config.grid),
            input_image_size=(config.image_size, config.image_size),
            mask_in_chans=config.mask_hint_channels,
        )
        sam = modeling.Sam(encoder, prompt_encoder, _segment_anything_decoder(config, modeling))
    # These two buffers are not in a state dict.
    sam.pixel_mean = torch.tensor(config.pixel_mean)[:, None, None]
    sam.pixel_std = torch.tensor(config.pixel_std)[:, None, None]
    return sam.eval()


def _segment_anything_decoder(config: SamConfig, modeling: Any) -> nn.Module:
    transformer = modeling.TwoWayTransformer(
        depth=config.decoder_depth,
        embedding_dim=config.token_dim,
        num_heads=config.decoder_heads,
        mlp_dim=config.decoder_mlp_dim,
        attention_downsample_rate=config.attention_downsampling,
    )
    return modeling.MaskDecoder(
        transformer_dim=config.token_dim,
        transformer=transformer,
        num_multimask_outputs=config.mask_tokens - 1,
        iou_head_hidden_dim=config.iou_hidden_dim,
    )


def transformers_model(
    config: SamConfig,
    attention: str = "sdpa",
    decoder_epsilon: float = ORIGINAL_DECODER_EPSILON,
) -> nn.Module:
    """`transformers.SamModel` in any size, without weights (on the meta device)."""
    transformers = importlib.import_module("transformers")
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
        return transformers.SamModel(theirs)


def _decode_segment_anything(
    model: Any, tokens: Tensor, points: Tensor, labels: Tensor, boxes: Tensor | None
) -> tuple[Tensor, Tensor]:
    clicks = (points, labels) if points.shape[1] else None
    sparse, dense = model.prompt_encoder(points=clicks, boxes=boxes, masks=None)
    return model.mask_decoder.predict_masks(
        image_embeddings=tokens,
        image_pe=model.prompt_encoder.get_dense_pe(),
        sparse_prompt_embeddings=sparse,
        dense_prompt_embeddings=dense,
    )


def _decode_transformers(
    model: nn.Module, tokens: Tensor, points: Tensor, labels: Tensor, boxes: Tensor | None
) -> tuple[Tensor, Tensor]:
    clicks = {"input_points": points[None], "input_labels": labels[None]}
    answers = [
        model(
            image_embeddings=tokens,
            input_boxes=None if boxes is None else boxes[None],
            multimask_output=three,
            **(clicks if points.shape[1] else {}),
        )
        for three in (False, True)
    ]
    logits = torch.cat([answer.pred_masks[0] for answer in answers], dim=1)
    return logits, torch.cat([answer.iou_scores[0] for answer in answers], dim=1)
