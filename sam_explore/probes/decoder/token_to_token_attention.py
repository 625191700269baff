"""Which decoder tokens look at which among themselves?"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from sam_explore.model.addresses import in_decoder_attention
from sam_explore.number_text import text
from sam_explore.origins import Operation
from sam_explore.readings import Cell, Matrix, Panel, Scale
from sam_explore.tracing import Trace

from ..common.attention import ALL, head_in_words, of_head
from ..common.decoder_attention import AMONG, decoder_head_knob, in_layer_of, layer_knob, pattern
from ..common.origins import of_heads
from ..common.probe import Probe


@dataclass(frozen=True)
class TokenToTokenAttention(Probe):
    """The attention among the decoder's tokens: IoU token, mask tokens and prompt tokens.

    It is the only way by which the mask tokens hear of the prompt without the picture. Rows are the
    tokens that look, columns those that they look at; each row sums up to 1.

    Reads: mask_decoder.transformer.layers.N.self_attention.hook_pattern.
    Returns: a Matrix (query token, key token), or a Panel of one for each head.
    Unit: weights from 0 to 1.
    Source: the paper's figure 14 (arXiv 2304.02643).
    """

    title = "Which decoder tokens look at one another?"

    layer: int = layer_knob(matters=True)
    head: int = decoder_head_knob(matters=True)

    def read(self, trace: Trace) -> Matrix | Panel:
        weights = pattern(trace, in_layer_of(self.layer, AMONG))
        names = trace.decoder_tokens.names
        title = f"Among the decoder's tokens, layer {self.layer}"
        words = _words(self, weights, names)

        def draw(values: Float[np.ndarray, "query key"], title: str) -> Matrix:
            scale = Scale("weight", low=0.0, high=1.0)
            return Matrix(values, names, names, title, words, "looks", "is looked at", scale)

        if self.head != ALL:
            return draw(of_head(weights, self.head), title)
        tables = tuple(draw(each, f"head {index}") for index, each in enumerate(weights))
        return Panel(tables, title, words, across=2)

    def origin(self, trace: Trace, cell: Cell) -> Operation:
        name = in_decoder_attention(in_layer_of(self.layer, AMONG), "hook_pattern")
        head = cell.part if self.head == ALL else self.head
        return of_heads(trace, name, 0, head, (cell.row, cell.column), cell)


def _words(
    probe: TokenToTokenAttention,
    weights: Float[np.ndarray, "head query key"],
    names: tuple[str, ...],
) -> str:
    head = max(probe.head, -1)
    one, who = of_head(weights, head), head_in_words(head, len(weights))
    query, key = np.unravel_index(one.argmax(), one.shape)
    looked_at = one.mean(axis=0)
    most = int(looked_at.argmax())
    return (
        f"In layer {probe.layer}, {who} has its greatest weight where “{names[query]}” looks at "
        f"“{names[key]}”: {text(float(one[query, key]))}. In the mean over all {len(names)} tokens "
        f"“{names[most]}” is looked at most, with {text(float(looked_at[most]))}."
    )
