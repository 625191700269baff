"""Where in the picture does a decoder token look?"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

from sam_explore.model.addresses import in_decoder_attention
from sam_explore.number_text import text
from sam_explore.origins import Operation
from sam_explore.readings import Cell, Gallery, Heatmap, Scale
from sam_explore.tracing import Trace

from ..common.attention import by_head, head_in_words, of_head, shared_knob
from ..common.clicks import clicked_tokens
from ..common.decoder_attention import (
    MASK_SHOWN,
    decoder_head_knob,
    inside_by_token,
    looking_token_knob,
    looks_at_image,
    on_grid,
    padding_by_token,
    pattern,
    place_in_words,
    place_knob,
)
from ..common.logits import percent
from ..common.numbers import place_of_greatest
from ..common.origins import of_heads
from ..common.probe import Probe, mask_knob, mask_shown, threshold_knob


@dataclass(frozen=True)
class TokenToImageAttention(Probe):
    """What one of the decoder's tokens attends to in the picture, at one of the places it does so.

    The IoU token, the mask tokens and the prompt tokens look at the image tokens once in each layer
    and once more after the last. An even share, in the words, is the weight of each image token if
    all had the same; padding has image tokens, too. How much of the weight falls inside the mask is
    counted by how much of each image token the mask covers.

    Reads: mask_decoder.transformer.layers.N.token_to_image.hook_pattern or
        mask_decoder.transformer.final_token_to_image.hook_pattern, and the prediction.
    Returns: a Heatmap (row, column) of the image tokens, with those under the clicks marked, or a
        Gallery of one for each head.
    Unit: weights from 0 to 1, which sum up to 1.
    Source: the paper's figure 14 (arXiv 2304.02643); maps of attention after arXiv 1409.0473.
    """

    title = "Where in the picture does a decoder token look?"

    place: int = place_knob(matters=True)
    decoder_token: int = looking_token_knob(matters=True)
    head: int = decoder_head_knob()
    shared: bool = shared_knob()
    mask: int = mask_knob()
    threshold: float = threshold_knob()

    def read(self, trace: Trace) -> Heatmap | Gallery:
        prediction, config = trace.prediction, trace.sam.config
        mask, tokens = mask_shown(self.mask, prediction), trace.decoder_tokens
        number = tokens.mask(mask) if self.decoder_token == MASK_SHOWN else self.decoder_token
        weights = pattern(trace, looks_at_image(config)[self.place])[:, number]
        maps = on_grid(weights, trace)
        where = place_in_words(self.place, config)
        title = f"Token “{tokens.names[number]}” {where}"
        inside = inside_by_token(prediction, mask, self.threshold)
        clicked = clicked_tokens(trace)
        words = _words(self, tokens.names[number], where, maps, inside, mask)
        words += _padding_in_words(self, maps, padding_by_token(trace))

        def draw(values: Float[np.ndarray, "row column"], title: str) -> Heatmap:
            scale = Scale("weight", low=0.0)
            return Heatmap(values, title, words, scale, "tokens", marks=clicked)

        return by_head(maps, self.head, draw, title, words, self.shared)

    def origin(self, trace: Trace, cell: Cell) -> Operation:
        mask, tokens = mask_shown(self.mask, trace.prediction), trace.decoder_tokens
        number = tokens.mask(mask) if self.decoder_token == MASK_SHOWN else self.decoder_token
        attention = looks_at_image(trace.sam.config)[self.place]
        place = cell.row * trace.frame.grid[1] + cell.column
        name = in_decoder_attention(attention, "hook_pattern")
        return of_heads(trace, name, 0, self.head, (number, place), cell)


def _one(probe: TokenToImageAttention, maps: Float[np.ndarray, "head row column"]) -> np.ndarray:
    """The map that is shown; of all heads, their mean."""
    return of_head(maps, max(probe.head, -1))


def _words(
    probe: TokenToImageAttention,
    name: str,
    where: str,
    maps: Float[np.ndarray, "head row column"],
    inside: Float[np.ndarray, "row column"],
    mask: int,
) -> str:
    one, who = _one(probe, maps), head_in_words(max(probe.head, -1), len(maps))
    greatest = float(one.max())
    return (
        f"Token “{name}” {where}: {who} gives the greatest weight to {place_of_greatest(one)}: "
        f"{text(greatest)}, which is {text(greatest * one.size)} times an even share. "
        f"{percent(float((one * inside).sum()))} of the weight falls inside mask {mask}, which "
        f"covers {percent(float(inside.mean()))} of the image tokens."
    )


def _padding_in_words(
    probe: TokenToImageAttention,
    maps: Float[np.ndarray, "head row column"],
    is_padding: Bool[np.ndarray, "row column"],
) -> str:
    if not is_padding.any():
        return ""
    lost = float(_one(probe, maps)[is_padding].sum())
    return f" {percent(lost)} falls on padding."
