"""The original implementation, `segment_anything`, in any size and with any weights."""

import importlib
import re
import sys
from types import ModuleType

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn

from sam_explore.loading import load, rename_official
from sam_explore.model import Sam, SamConfig
from sam_explore.verification.peers import segment_anything_model


def _resize(image: Image.Image, size: tuple[int, int]) -> Image.Image:
    height, width = size
    return image.resize((width, height), Image.Resampling.BILINEAR)


def import_segment_anything() -> ModuleType:
    """`segment_anything`, which imports torchvision for five functions, without torchvision.

    The two that matter here do to Pillow images exactly what torchvision does to them; the others
    belong to the automatic mask generator. The stand-ins leave `sys.modules` at once, because
    transformers looks there whether torchvision is present.
    """
    if "segment_anything" in sys.modules:
        return sys.modules["segment_anything"]
    functions = {
        "torchvision": {},
        "torchvision.transforms": {},
        "torchvision.transforms.functional": {
            "to_pil_image": Image.fromarray,
            "resize": _resize,
        },
        "torchvision.ops": {},
        "torchvision.ops.boxes": {"batched_nms": None, "box_area": None},
    }
    before = {name: sys.modules.get(name) for name in functions}
    for name, members in functions.items():
        sys.modules[name] = ModuleType(name)
        vars(sys.modules[name]).update(members)
    try:
        return importlib.import_module("segment_anything")
    finally:
        for name, module in before.items():
            if module is None:
                del sys.modules[name]
            else:
                sys.modules[name] = module


segment_anything = import_segment_anything()
build_reference = segment_anything_model  # without weights, on the meta device; `give_weights` does


_ADDED_TO_ACTIVATIONS = re.compile(
    r"(pos_embed|_embed\.weight|point_embeddings\.\d\.weight|_tokens?\.weight|gaussian_matrix)$"
)


def random_weights(config: SamConfig, seed: int = 0) -> dict[str, Tensor]:
    """A state dict in the official layout in which every parameter and buffer is random.

    The defaults hide errors: with a norm bias, a position embedding or a relative position of zero
    much can be wrong without a trace. The scales keep each layer's output near one, so that twelve
    blocks stay finite, and attention scores within a few units, so that the softmax neither copies
    one token nor averages all.
    """
    generator = torch.Generator().manual_seed(seed)

    def normal(shape: torch.Size, scale: float) -> Tensor:
        return torch.randn(shape, generator=generator) * scale

    weights = {}
    for name, tensor in build_reference(config).state_dict().items():
        if tensor.ndim == 1 and name.endswith("weight"):  # norms
            weights[name] = 1 + normal(tensor.shape, 0.3)
        elif tensor.ndim == 1:  # biases, of norms too
            weights[name] = normal(tensor.shape, 0.3)
        elif "rel_pos" in name:  # its product with a query of unit size is then about one
            weights[name] = normal(tensor.shape, tensor.shape[1] ** -0.5)
        elif _ADDED_TO_ACTIVATIONS.search(name):
            weights[name] = normal(tensor.shape, 1.0)
        else:
            weights[name] = normal(tensor.shape, _fan_in(name, tensor.shape) ** -0.5)
    return weights


def _fan_in(name: str, shape: torch.Size) -> int:
    if name.startswith("mask_decoder.output_upscaling"):  # stride = kernel: one tap reaches a pixel
        return shape[0]
    return int(np.prod(shape[1:]))


def give_weights(model: nn.Module, weights: dict[str, Tensor]) -> nn.Module:
    """Put `weights` into a model on the meta device; several models share the same memory."""
    model.load_state_dict(weights, assign=True)
    return model.eval().requires_grad_(False)


def build_ours(config: SamConfig, weights: dict[str, Tensor]) -> Sam:
    """Our network with the same weights, given in the official layout."""
    with torch.device("meta"):
        sam = Sam(config)
    return give_weights(sam, rename_official(weights))


def shipped_in_both() -> tuple[Sam, nn.Module]:
    """The small model that ships with the package, in ours and in the original."""
    sam = load()
    original = build_reference(sam.config)
    theirs = {id(tensor): name for name, tensor in original.state_dict(keep_vars=True).items()}
    ours = rename_official(original.state_dict(keep_vars=True))
    weights = {theirs[id(tensor)]: sam.state_dict()[name] for name, tensor in ours.items()}
    return sam, give_weights(original, weights)


def relative_error(ours: Tensor, reference: Tensor) -> float:
    """The largest difference as a fraction of the reference's largest value."""
    if ours.shape != reference.shape:
        raise AssertionError(f"shapes differ: {tuple(ours.shape)} and {tuple(reference.shape)}")
    return float((ours - reference).abs().max() / reference.abs().max())


def decode_with_reference(
    reference: nn.Module,
    image_tokens: Tensor,
    points: tuple[Tensor, Tensor] | None,
    boxes: Tensor | None,
    mask_hints: Tensor | None,
) -> tuple[Tensor, Tensor]:
    """Low-resolution logits and IoU of all four mask tokens, of which its `forward` drops some."""
    sparse, dense = reference.prompt_encoder(points=points, boxes=boxes, masks=mask_hints)
    return reference.mask_decoder.predict_masks(
        image_embeddings=image_tokens,
        image_pe=reference.prompt_encoder.get_dense_pe(),
        sparse_prompt_embeddings=sparse,
        dense_prompt_embeddings=dense,
    )


def decode_with_ours(
    sam: Sam,
    image_tokens: Tensor,
    points: tuple[Tensor, Tensor] | None,
    boxes: Tensor | None,
    mask_hints: Tensor | None,
) -> tuple[Tensor, Tensor]:
    """The same of ours, from the same prompts in pixels of the model's input."""
    tokens = encode_prompts_with_ours(sam, points, boxes, mask_hints)
    return sam.decode(image_tokens, tokens, mask_hints)


def encode_prompts_with_ours(
    sam: Sam,
    points: tuple[Tensor, Tensor] | None,
    boxes: Tensor | None,
    mask_hints: Tensor | None,
) -> Tensor:
    """Our prompt tokens of prompts in pixels of the model's input."""
    if points is None:
        given = boxes if boxes is not None else mask_hints
        points = torch.zeros(len(given), 0, 2), torch.zeros(len(given), 0, dtype=torch.int64)
    coordinates, labels = points
    side = sam.config.image_size
    boxes_unit = None if boxes is None else (boxes + 0.5) / side
    return sam.encode_prompts((coordinates + 0.5) / side, labels, boxes_unit)
