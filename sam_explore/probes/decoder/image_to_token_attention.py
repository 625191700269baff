"""Which decoder tokens does each place of the picture look at?"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from sam_explore.model.addresses import in_decoder_attention
from sam_explore.number_text import text
from sam_explore.origins import Operation
from sam_explore.readings import Cell, Gallery, Heatmap, Scale
from sam_explore.tracing import Trace

from ..common.attention import MEAN, of_head, shared_knob, token_in_words
from ..common.decoder_attention import (
    TO_TOKEN,
    in_layer_of,
    layer_knob,
    on_grid,
    pattern,
)
from ..common.numbers import counted
from ..common.origins import of_heads
from ..common.probe import Probe, knob, token_knob

EVERY_TOKEN, STRONGEST = -2, -1
_MOST = 16  # maps side by side


@dataclass(frozen=True)
class ImageToTokenAttention(Probe):
    """What the image tokens attend to among the decoder's tokens, in one layer.

    This is how the prompt reaches the picture: each image token looks at the IoU token, the mask
    tokens and the prompt tokens, and adds what it reads there to itself. At each place the weights
    of all tokens sum up to 1. Where there are more than sixteen tokens, only the sixteen with the
    greatest mean weight are shown.

    Reads: mask_decoder.transformer.layers.N.image_to_token.hook_pattern.
    Returns: a Heatmap (row, column) of one token's weight at each place, or a Gallery of all
        tokens, with the picked place marked.
    Unit: weights from 0 to 1.
    Source: the paper's figure 14 (arXiv 2304.02643).
    """

    title = "Which decoder tokens does each place look at?"

    place: tuple[int, int] = token_knob()
    layer: int = layer_knob(matters=True)
    decoder_token: int = knob(
        EVERY_TOKEN,
        "decoder token",
        low=EVERY_TOKEN,
        high=lambda run: len(run.decoder_tokens) - 1,
        names=lambda run: (
            (EVERY_TOKEN, "all"),
            (STRONGEST, "the one with the greatest mean weight"),
            *enumerate(run.decoder_tokens.names),
        ),
    )
    head: int = knob(
        MEAN,
        "head",
        low=MEAN,
        high=lambda run: run.config.decoder_heads - 1,
        names=((MEAN, "mean"),),
        matters=True,
    )
    one_scale: bool = shared_knob("tokens", lambda probe: probe.decoder_token == EVERY_TOKEN)

    def read(self, trace: Trace) -> Heatmap | Gallery:
        weights = of_head(pattern(trace, in_layer_of(self.layer, TO_TOKEN)), self.head)
        maps, names = on_grid(weights.T, trace), trace.decoder_tokens.names
        words = _words(self, maps, names)
        means = maps.mean(axis=(1, 2))

        def draw(token: int) -> Heatmap:
            title = f"“{names[token]}”: mean {text(float(means[token]))}"
            scale = Scale("weight", low=0.0)
            return Heatmap(maps[token], title, words, scale, "tokens", marks=(self.place,))

        drawn = tuple(map(draw, self._shown(means)))
        if self.decoder_token != EVERY_TOKEN:
            return drawn[0]
        title = f"What each place looks at in layer {self.layer}"
        return Gallery(drawn, title, words, drawn[0].scale if self.one_scale else None)

    def origin(self, trace: Trace, cell: Cell) -> Operation:
        attention = in_layer_of(self.layer, TO_TOKEN)
        maps = on_grid(of_head(pattern(trace, attention), self.head).T, trace)
        name = in_decoder_attention(attention, "hook_pattern")
        place = cell.row * trace.frame.grid[1] + cell.column
        key = self._shown(maps.mean(axis=(1, 2)))[cell.map]
        return of_heads(trace, name, 0, self.head, (place, key), cell)

    def _shown(self, means: Float[np.ndarray, "token"]) -> list[int]:
        """The numbers of the tokens that are shown."""
        if self.decoder_token == EVERY_TOKEN:
            return sorted(map(int, np.argsort(-means, kind="stable")[:_MOST]))
        is_named = self.decoder_token != STRONGEST
        return [self.decoder_token if is_named else int(means.argmax())]


def _words(
    probe: ImageToTokenAttention,
    maps: Float[np.ndarray, "token row column"],
    names: tuple[str, ...],
) -> str:
    here = maps[:, *probe.place]
    first, mean = int(here.argmax()), maps.mean(axis=(1, 2))
    most = int(mean.argmax())
    return (
        f"In layer {probe.layer}, {token_in_words(probe.place)} looks most at “{names[first]}”, "
        f"with a weight of {text(float(here[first]))}; an even share among "
        f"{counted(len(names), 'token')} is {text(1 / len(names))}. In the mean over all places "
        f"“{names[most]}” gets most: {text(float(mean[most]))}."
    )
