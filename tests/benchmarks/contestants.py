"""The implementations that are compared: sam_explore and its peers, with one random state dict."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from sam_explore.model import SamConfig
from tests.parity.huggingface import build_transformers
from tests.parity.reference import build_ours, build_reference, give_weights

OURS = "sam_explore"


@dataclass(frozen=True)
class Runner:
    """One implementation.

    Args:
        encode: a picture to image tokens.
        decode: image tokens and points (set, 1, 2) in pixels of the input, one a prompt set, to the
            masks (set, 3, row, column) of tokens 1 to 3.
    """

    encode: Callable[[Tensor], Tensor]
    decode: Callable[[Tensor, Tensor], Tensor]


def ours(
    config: SamConfig, weights: dict[str, Tensor], precision: torch.dtype = torch.float32
) -> Runner:
    sam = build_ours(config, weights)
    sam.multiply_in(precision)

    def decode(tokens: Tensor, points: Tensor) -> Tensor:
        labels = torch.ones(len(points), 1, dtype=torch.int64)
        prompts = sam.encode_prompts((points + 0.5) / config.image_size, labels)
        return sam.decode(tokens, prompts)[0][:, 1:]

    return Runner(torch.no_grad()(sam.encode_image), torch.no_grad()(decode))


def original(
    config: SamConfig, weights: dict[str, Tensor], compiled: bool = False, bf16: bool = False
) -> Runner:
    sam = give_weights(build_reference(config), weights)
    compile_ = torch.compile if compiled else lambda module: module
    encoder, mask_decoder = compile_(sam.image_encoder), compile_(sam.mask_decoder)

    def encode(image: Tensor) -> Tensor:
        with torch.autocast("cpu", enabled=bf16):
            return encoder(image).float()

    def decode(tokens: Tensor, points: Tensor) -> Tensor:
        given = (points, torch.ones(len(points), 1, dtype=torch.int64))
        sparse, dense = sam.prompt_encoder(points=given, boxes=None, masks=None)
        positions = sam.prompt_encoder.get_dense_pe()
        return mask_decoder(tokens, positions, sparse, dense, multimask_output=True)[0]

    return Runner(torch.inference_mode()(encode), torch.inference_mode()(decode))


def transformers(
    config: SamConfig,
    weights: dict[str, Tensor],
    attention: str,
    compiled: bool = False,
    bf16: bool = False,
) -> Runner:
    model = build_transformers(config, weights, attention)
    model = model.to(torch.bfloat16) if bf16 else model
    encoder = torch.compile(model.vision_encoder) if compiled else model.vision_encoder
    whole = torch.compile(model) if compiled else model

    def decode(tokens: Tensor, points: Tensor) -> Tensor:
        labels = torch.ones(1, len(points), 1, dtype=torch.int64)
        answer = whole(image_embeddings=tokens, input_points=points[None], input_labels=labels)
        return answer.pred_masks[0]

    def encode(image: Tensor) -> Tensor:
        return encoder(image.to(model.dtype)).last_hidden_state.float()

    return Runner(torch.inference_mode()(encode), torch.inference_mode()(decode))


EXACT = {
    OURS: ours,
    "segment_anything": original,
    "transformers, eager": lambda *given: transformers(*given, "eager"),
    "transformers, sdpa": lambda *given: transformers(*given, "sdpa"),
}
COMPILED = {
    "segment_anything, compiled": lambda *given: original(*given, compiled=True),
    "transformers, sdpa, compiled": lambda *given: transformers(*given, "sdpa", compiled=True),
}
# Only their image encoders: what they compute is something else, if little.
APPROXIMATE = {
    "sam_explore, bf16": lambda *given: ours(*given, precision=torch.bfloat16),
    "segment_anything, bf16 autocast": lambda *given: original(*given, bf16=True),
    "transformers, sdpa, bf16": lambda *given: transformers(*given, "sdpa", bf16=True),
}


def make_input(config: SamConfig) -> Tensor:
    """A picture as the encoder takes it."""
    side = config.image_size
    return torch.randn(1, 3, side, side, generator=torch.Generator().manual_seed(0))


def grid_points(config: SamConfig, count: int) -> Tensor:
    """Some of the points of a 32 x 32 grid over the input, spread over all of it; (set, 1, 2)."""
    places = (torch.arange(32) + 0.5) / 32 * config.image_size
    grid = torch.cartesian_prod(places, places).flip(-1)
    return grid[:: max(1, len(grid) // count)][:count, None]


def encoder_flops(config: SamConfig) -> float:
    """Floating-point operations of the image encoder's products, padding left out."""
    tokens, dim, heads = config.grid**2, config.encoder_dim, config.encoder_heads
    linear = 2 * tokens * dim * (4 * dim + 2 * config.encoder_mlp_dim)
    total = 2 * tokens * dim * 3 * config.patch_size**2
    for window in config.windows:
        seen = tokens if window == 0 else window**2
        sides = 2 * (config.grid if window == 0 else window)
        total += linear + 2 * tokens * heads * config.head_dim * (2 * seen + sides)
    return total + 2 * tokens * config.token_dim * (dim + 9 * config.token_dim)
