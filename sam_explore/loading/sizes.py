"""Builds the network that a file's shapes describe, and checks that the file is complete."""

import re
from collections.abc import Mapping

import torch
from torch import Tensor

from sam_explore.model import TOY, VIT_B, VIT_H, VIT_L, Sam, SamConfig

from .printable_names import listed, shown


def config_from_shapes(weights: Mapping[str, Tensor], source: str = "state dict") -> SamConfig:
    """The sizes of a network, read from the shapes of its weights under this package's names.

    Two settings can't be read from shapes: the decoder's 8 heads and the pixel statistics, which
    are the same in every release. Raises ValueError when a needed weight is missing or misshapen.
    """
    try:
        config = _sizes(weights)
    except KeyError as error:
        raise ValueError(
            f"{source} has no complete set of SAM v1 weights: {shown(error.args[0])} is missing "
            "(under this package's name). Take a complete file, such as an official ViT-B, L or H."
        ) from error
    except (ValueError, IndexError, ZeroDivisionError) as error:
        raise ValueError(
            f"{source} has weights of SAM v1 whose shapes do not fit together: {error} Take an "
            "unchanged file, such as an official ViT-B, L or H."
        ) from error
    for named in (VIT_B, VIT_L, VIT_H, TOY):
        if config == SamConfig(**{**vars(named), "name": config.name}):
            return named
    return config


def _sizes(weights: Mapping[str, Tensor]) -> SamConfig:
    def shape(name: str, axes: int = 2) -> torch.Size:
        found = weights[name].shape
        if len(found) != axes:
            raise ValueError(f"{shown(name)} should have {axes} axes, and is {tuple(found)}.")
        return found

    block = "image_encoder.vit.blocks.{}."
    _, grid, _, dim = shape("image_encoder.position_encoder.table", 4)
    patch = shape("image_encoder.patch_embedding.projection.weight", 4)[-1]
    depth = 1 + max(
        int(match[1])
        for name in weights
        if (match := re.match(r"image_encoder\.vit\.blocks\.(\d+)\.", name))
    )
    tables = [shape(block.format(i) + "attention.relative_rows") for i in range(depth)]
    spans = [(length + 1) // 2 for length, _ in tables]
    windows = [span for span in spans if span != grid]
    token_dim = shape("mask_decoder.iou_token")[1]
    layer = "mask_decoder.transformer.layers."
    layers = {name.removeprefix(layer).split(".")[0] for name in weights if name.startswith(layer)}
    return SamConfig(
        name="custom",
        image_size=grid * patch,
        patch_size=patch,
        encoder_dim=dim,
        encoder_depth=depth,
        encoder_heads=dim // tables[0][1],
        encoder_mlp_dim=shape(block.format(0) + "mlp.expand.weight")[0],
        global_blocks=tuple(i for i, span in enumerate(spans) if span == grid),
        window_size=windows[0] if windows else grid,
        token_dim=token_dim,
        decoder_depth=len(layers),
        decoder_mlp_dim=shape(layer + "0.mlp.expand.weight")[0],
        attention_downsampling=token_dim // shape(layer + "0.token_to_image.q.weight")[0],
        mask_tokens=shape("mask_decoder.mask_tokens")[0],
        mask_hint_channels=shape("mask_decoder.mask_hint_encoder.conv2.weight", 4)[0],
        iou_hidden_dim=shape("mask_decoder.iou_predictor.head.layers.0.weight")[0],
    )


def empty_sam(weights: Mapping[str, Tensor], source: str) -> Sam:
    """A network of the sizes of these weights, on the meta device.

    Raises ValueError unless the weights are exactly the required ones, in name and shape.
    """
    config = config_from_shapes(weights, source)
    with torch.device("meta"):  # no memory and no initialisation for weights that come from a file
        sam = Sam(config)
    _check_names(sam, weights, source)
    return sam


def _check_names(sam: Sam, weights: Mapping[str, Tensor], source: str) -> None:
    expected = sam.state_dict()
    missing = sorted(expected.keys() - weights.keys())
    foreign = sorted(weights.keys() - expected.keys())
    misshapen = [
        f"{name} {tuple(weights[name].shape)} instead of {tuple(expected[name].shape)}"
        for name in sorted(expected.keys() & weights.keys())
        if weights[name].shape != expected[name].shape
    ]
    problems = [
        f"{len(names)} {what} ({listed(names)})"
        for what, names in (
            ("missing", missing),
            ("that SAM v1 does not have", foreign),
            ("of another shape", misshapen),
        )
        if names
    ]
    if problems:
        raise ValueError(
            f"{source} does not fit a SAM v1 network; weights, under this package's names: "
            f"{'; '.join(problems)}. It may be incomplete, pruned block by block, or a variant "
            "with further parts. Take an unchanged file, such as an official ViT-B, L or H."
        )
