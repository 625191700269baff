"""A logit as a product: the mask's vector times the upscaled features at its place."""

from typing import Any

import numpy as np
from jaxtyping import Float

from sam_explore.model import SamConfig
from sam_explore.model.addresses import MASK_FEATURES, MASK_VECTORS
from sam_explore.model.config import LOGITS_A_TOKEN
from sam_explore.tracing import Trace

from .attention import token_in_words
from .numbers import array
from .probe import knob

MEAN_CELL = BY_RULE = -1
_CELLS = LOGITS_A_TOKEN**2


def cell_knob() -> Any:
    """A field that is one of the logits of a token, row by row, or −1 for the mean of them."""
    return knob(
        MEAN_CELL,
        "logit of the token",
        low=MEAN_CELL,
        high=_CELLS - 1,
        names=((MEAN_CELL, f"mean of its {_CELLS}"),),
    )


def channel_knob(rule: str) -> Any:
    """A field that is a channel of the upscaled features, or −1 for what `rule` says."""
    return knob(
        BY_RULE,
        "channel",
        low=BY_RULE,
        high=lambda run: feature_channels(run.config) - 1,
        names=((BY_RULE, rule),),
        matters=True,
    )


def feature_channels(config: SamConfig) -> int:
    """Channels of the upscaled features: as many products make up a logit."""
    return config.token_dim // 8


def cell_weights(cell: int) -> Float[np.ndarray, "row column"]:
    """How much each logit of a token counts: one of them alone, or all alike."""
    if cell == MEAN_CELL:
        return np.full((LOGITS_A_TOKEN, LOGITS_A_TOKEN), 1 / _CELLS)
    weights = np.zeros(_CELLS)
    weights[cell] = 1
    return weights.reshape(LOGITS_A_TOKEN, LOGITS_A_TOKEN)


def at_place(
    maps: Float[np.ndarray, "*any height width"], token: tuple[int, int], cell: int
) -> Float[np.ndarray, "*any"]:
    """Maps in the frame of the logits, at one logit of a token, or in the mean of its logits."""
    row, column = (LOGITS_A_TOKEN * each for each in token)
    here = maps[..., row : row + LOGITS_A_TOKEN, column : column + LOGITS_A_TOKEN]
    return np.asarray((here * cell_weights(cell)).sum(axis=(-2, -1)))


def features_and_vector(
    trace: Trace, mask: int
) -> tuple[Float[np.ndarray, "channel height width"], Float[np.ndarray, "channel"]]:
    """The upscaled features, and the vector that they are multiplied with for a mask."""
    found = trace.read((MASK_FEATURES, MASK_VECTORS))
    return array(found[MASK_FEATURES][0]), array(found[MASK_VECTORS][0, mask])


def logit_in_words(mask: int, token: tuple[int, int], cell: int) -> str:
    """Such as "mask 2's logit 5 at row 3, column 5"."""
    at = token_in_words(token)
    if cell == MEAN_CELL:
        return f"mask {mask}'s mean logit at {at}"
    return f"mask {mask}'s logit {cell} at {at}"
