"""What the probes of the mask decoder's attention have in common: places, heads and tokens."""

from collections.abc import Iterable
from typing import Any

import numpy as np
from jaxtyping import Bool, Float

from sam_explore.geometry import Frame
from sam_explore.model import SamConfig
from sam_explore.model.addresses import FINAL_ATTENTION, in_decoder_attention
from sam_explore.model.config import LOGITS_A_TOKEN
from sam_explore.prediction import Prediction
from sam_explore.tracing import Trace

from .attention import ALL, MEAN
from .numbers import array
from .probe import knob

EVERY_PLACE = -1
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


def place_knob(default: int = 0, lowest: int = 0, **about_values: Any) -> Any:
    """A field that is one of the places where tokens look at the image: each layer, and the end.

    With −1 as the `lowest`, that stands for all of them.
    """
    every = ((EVERY_PLACE, "mean of all"),) if lowest == EVERY_PLACE else ()
    return knob(
        default,
        "layer",
        low=lowest,
        high=lambda run: run.config.decoder_depth,
        names=lambda run: (*every, (run.config.decoder_depth, "after the last layer")),
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
    return patterns(trace, (attention,))[0]


def patterns(
    trace: Trace, attentions: Iterable[str]
) -> tuple[Float[np.ndarray, "head query key"], ...]:
    """The weights of several attentions, of which those in one step take one run of it."""
    names = [in_decoder_attention(each, "hook_pattern") for each in attentions]
    found = trace.read(names)
    return tuple(array(found[name][0]) for name in names)


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


def mask_by_cell(
    mask: Bool[np.ndarray, "height width"], frame: Frame
) -> Bool[np.ndarray, "row column"]:
    """A mask of the picture's size in the frame of the logits, looked up in the middle of each.

    What lies beyond the picture is outside.
    """
    inside = np.zeros(frame.logits_size, bool)
    places = []
    for cells, length, token_px in zip(inside.shape, mask.shape, frame.token_size_px, strict=True):
        at = ((np.arange(cells) + 0.5) * token_px / LOGITS_A_TOKEN).astype(int)
        places.append(at[at < length])
    inside[: len(places[0]), : len(places[1])] = mask[np.ix_(*places)]
    return inside


def padding_by_token(trace: Trace) -> Bool[np.ndarray, "row column"]:
    """Which image tokens are padding alone."""
    is_padding = np.ones(trace.frame.grid, bool)
    rows, columns = trace.frame.tokens_shown
    is_padding[:rows, :columns] = False
    return is_padding
