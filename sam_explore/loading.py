"""A file becomes a Sam: reads weights, takes the sizes from their shapes, renames, checks."""

import pickle
import re
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path

import safetensors
import safetensors.torch
import torch
from torch import Tensor

from .model import TOY, VIT_B, VIT_H, VIT_L, Sam, SamConfig

# The official layout's names, a prefix at a time, and ours. Applied in order, each at most once.
_RENAMES: tuple[tuple[str, str], ...] = (
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


def load(path: str | Path | None = None, *, device: str | torch.device = "cpu") -> Sam:
    """A Sam with its weights, ready for `encode` and `predict`.

    Args:
        path: a `.pth` or `.safetensors` file in the layout of the official release (ViT-B, L, H and
            networks of the same build in other sizes, which are read from the shapes). None loads
            the small model that ships with the package.
        device: where to put the weights.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: the file is truncated, carries code, or is no SAM v1 network; the message says
            which, and what is missing or left over.
    """
    if path is None:
        path = shipped_weights()
    path = Path(path).expanduser()
    if not path.is_file():
        raise FileNotFoundError(
            f"Expected a weights file at {path}, but there is none. Give the path of a .pth or "
            ".safetensors file, or call load() without a path for the toy model."
        )
    weights = read_weights(path)
    if "image_encoder.position_encoder.table" not in weights:  # not saved from a Sam of ours
        weights = rename_official(weights, source=path.name)
    sam = Sam(config_from_shapes(weights, source=path.name))
    _check_names(sam, weights, path.name)
    sam.load_state_dict(weights)
    return sam.eval().requires_grad_(False).to(device)


def shipped_weights() -> Path:
    """Where the toy model's file lies inside the package."""
    return Path(str(files("sam_explore") / "toy" / "weights.safetensors"))


def read_weights(path: Path) -> dict[str, Tensor]:
    """The tensors of a file as fp32, by the names in the file. Never runs code from the file."""
    if path.suffix.lower() == ".safetensors":
        weights = _read_safetensors(path)
    else:
        weights = _read_pickle(path)
    return {
        name: tensor.float() if tensor.is_floating_point() else tensor
        for name, tensor in weights.items()
    }


def _read_safetensors(path: Path) -> dict[str, Tensor]:
    try:
        return safetensors.torch.load_file(path)
    except (safetensors.SafetensorError, OSError) as error:
        raise _unreadable(path, "a safetensors file", str(error)) from error


def _read_pickle(path: Path) -> dict[str, Tensor]:
    with path.open("rb") as file:
        start = file.read(40)
    if start and not start.startswith((b"PK", b"\x80")):  # neither an archive nor a pickle
        raise ValueError(
            f"{path.name} is no PyTorch file: it begins with {start!r}. Expected a state dict that "
            "was saved with torch.save. If the download gave a web page or a pointer to the file, "
            "download the file itself."
        )
    try:
        weights = torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        # The cause is left out: it advises to switch off the protection.
        code = re.search(r"GLOBAL (\S+)", str(error))
        if code is None:
            raise _unreadable(path, "a PyTorch file", "foreign or broken pickle") from None
        raise ValueError(
            f"{path.name} holds more than plain tensors: it refers to {code[1]}, as a pickled "
            "model does. Loading it could run code, so it is refused. Save the model's "
            "state_dict(), best as safetensors, and load that."
        ) from None
    except Exception as error:  # of a damaged file torch raises nearly any kind
        reason = str(error).splitlines()[0] if str(error) else "it ends too early"
        raise _unreadable(path, "a PyTorch file", reason) from error
    if not isinstance(weights, Mapping) or not all(
        isinstance(name, str) and isinstance(value, Tensor) for name, value in weights.items()
    ):
        raise ValueError(
            f"{path.name} should hold a state dict, names with tensors, but holds "
            f"{_describe(weights)}. Save the model's state_dict() and load that."
        )
    return dict(weights)


def _unreadable(path: Path, kind: str, reason: str) -> ValueError:
    return ValueError(
        f"{path.name} could not be read as {kind} of plain tensors ({reason}). It is probably "
        "truncated, or of another kind than its ending says. Compare its size with the original's "
        "and download it again."
    )


def _describe(weights: object) -> str:
    if isinstance(weights, Mapping):
        return f"a dict with {', '.join(repr(key) for key in list(weights)[:5])}"
    return f"a {type(weights).__name__}"


def rename_official(weights: Mapping[str, Tensor], source: str = "state dict") -> dict[str, Tensor]:
    """A state dict in the official layout under this package's names.

    Raises ValueError when the names are not those of a SAM v1 network.
    """
    if "image_encoder.pos_embed" not in weights:
        some = ", ".join(list(weights)[:3]) or "nothing"
        raise ValueError(
            f"{source} is no SAM v1 checkpoint in the official layout: it should hold "
            f"'image_encoder.pos_embed' and holds {some} ... Files of other networks (MobileSAM, "
            "SAM 2, the Hugging Face layout) can't be loaded; take an official ViT-B, L or H file."
        )
    return {_rename(name): tensor for name, tensor in weights.items()}


def _rename(name: str) -> str:
    for pattern, replacement in _RENAMES:
        name = re.sub(pattern, replacement, name)
    return name


def config_from_shapes(weights: Mapping[str, Tensor], source: str = "state dict") -> SamConfig:
    """The sizes of a network, read from the shapes of its weights under this package's names.

    Two sizes leave no trace in shapes: the decoder's 8 heads and the pixel statistics, which are
    the same in every release. Raises ValueError when a needed weight is missing or misshapen.
    """
    try:
        config = _sizes(weights)
    except KeyError as error:
        raise ValueError(
            f"{source} has no complete set of SAM v1 weights: {error.args[0]} is missing (under "
            "this package's name). Take a complete file, such as an official ViT-B, L or H."
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
    def shape(name: str) -> torch.Size:
        return weights[name].shape

    block = "image_encoder.vit.blocks.{}."
    _, grid, _, dim = shape("image_encoder.position_encoder.table")
    patch = shape("image_encoder.patch_embedding.projection.weight")[-1]
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
        mask_hint_channels=shape("mask_decoder.mask_hint_encoder.conv2.weight")[0],
        iou_hidden_dim=shape("mask_decoder.iou_predictor.head.layers.0.weight")[0],
    )


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
        f"{len(names)} {what} ({', '.join(names[:3])}{' ...' if len(names) > 3 else ''})"
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
            f"{'; '.join(problems)}. It may be incomplete, or a variant with further parts, such "
            "as SAM-HQ. Take an unchanged file, such as an official ViT-B, L or H."
        )
