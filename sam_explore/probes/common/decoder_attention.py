"""What the probes of the mask decoder's attention have in common: places, heads and tokens."""

from typing import Any

import numpy as np
from jaxtyping import Bool, Float

from sam_explore.model import SamConfig
from sam_explore.model.addresses import FINAL_ATTENTION, in_decoder_attention
from sam_explore.prediction import Prediction
from sam_explore.tracing import Trace

from .attention import ALL, MEAN
from .numbers import array
from .probe import knob

MASK_SHOWN = -1  # of a knob for a decoder token: the token of the mask that is shown
TO_IMAGE, TO_TOKEN, AMONG = "token_to_image", "image_to_token", "self_attention"


def decoder_head_knob(default: int = MEAN, **about_values: Any) -> Any:
    """A field that is one head of the decoder, or −1 for the mean of all, or −2 for all of them."""
    return knob(
        default,
        "head",
        low=ALL,
        high=lambda run: run.config.decoder_heads - 1,
        names=((ALL, "all"), (MEAN, "mean")),
        **about_values,
    )


def layer_knob(default: int = 0, **about_values: Any) -> Any:
    """A field that is one of the decoder's layers."""
    return knob(
        default, "layer", low=0, high=lambda run: run.config.decoder_depth - 1, **about_values
    )


def place_knob(default: int = 0, **about_values: Any) -> Any:
    """A field that is one of the places where tokens look at the image: each layer, and the end."""
    return knob(
        default,
        "layer",
        low=0,
        high=lambda run: run.config.decoder_depth,
        names=lambda run: ((run.config.decoder_depth, "after the last layer"),),
        **about_values,
    )


def looking_token_knob(**about_values: Any) -> Any:
    """A field that is one of the decoder's tokens, or −1 for that of the mask shown."""
    return knob(
        MASK_SHOWN,
        "decoder token",
        low=MASK_SHOWN,
        high=lambda run: len(run.decoder_tokens) - 1,
        names=lambda run: (
            (MASK_SHOWN, "of the mask shown"),
            *enumerate(run.decoder_tokens.names),
        ),
        **about_values,
    )


def looks_at_image(config: SamConfig) -> tuple[str, ...]:
    """The attentions from tokens to the image, in their order: one a layer, and the final one."""
    layers = range(config.decoder_depth)
    return (*(in_layer_of(layer, TO_IMAGE) for layer in layers), FINAL_ATTENTION)


def in_layer_of(layer: int, kind: str) -> str:
    """An attention of a layer as interventions name it, such as "layers.0.self_attention"."""
    return f"layers.{layer}.{kind}"


def place_in_words(place: int, config: SamConfig) -> str:
    """Such as "in layer 0" or "after the last layer"."""
    return "after the last layer" if place == config.decoder_depth else f"in layer {place}"


def pattern(trace: Trace, attention: str) -> Float[np.ndarray, "head query key"]:
    """The weights of an attention of the decoder; those of each query sum up to 1."""
    name = in_decoder_attention(attention, "hook_pattern")
    return array(trace[name][0])


def on_grid(
    weights: Float[np.ndarray, "*any place"], trace: Trace
) -> Float[np.ndarray, "*any row column"]:
    """Places that are numbered row by row, as a map."""
    return weights.reshape(*weights.shape[:-1], *trace.frame.grid)


def inside_by_token(
    prediction: Prediction, mask: int, threshold: float
) -> Float[np.ndarray, "row column"]:
    """How much of each image token lies inside a mask, 0 to 1; nothing of those of padding."""
    inside = np.zeros(prediction.logits.shape[1:], bool)
    shown = prediction.visible[mask]
    inside[: shown.shape[0], : shown.shape[1]] = shown > threshold
    return share_by_token(inside, prediction.frame.grid)


def share_by_token(
    inside: Bool[np.ndarray, "height width"], grid: tuple[int, int]
) -> Float[np.ndarray, "row column"]:
    """The share of each token's cells that are True; the sides are multiples of the grid's."""
    rows, columns = grid
    height, width = inside.shape
    cells = inside.reshape(rows, height // rows, columns, width // columns)
    return cells.mean(axis=(1, 3))


def padding_by_token(trace: Trace) -> Bool[np.ndarray, "row column"]:
    """Which image tokens are padding alone."""
    is_padding = np.ones(trace.frame.grid, bool)
    rows, columns = trace.frame.tokens_shown
    is_padding[:rows, :columns] = False
    return is_padding
