"""Which tokens attend to this one?"""

from dataclasses import dataclass
from math import prod

import numpy as np
from jaxtyping import Float

from sam_explore.number_text import text
from sam_explore.origins import Operation
from sam_explore.readings import Cell, Gallery, Heatmap, Scale
from sam_explore.tracing import Trace, attention_column

from ..common.attention import (
    ALL,
    by_head,
    head_in_words,
    head_knob,
    of_head,
    shared_knob,
    token_in_words,
    window_edges,
)
from ..common.numbers import array, place_of_greatest
from ..common.origins import of_pair
from ..common.probe import Probe, block_knob, token_knob


@dataclass(frozen=True)
class AttentionColumn(Probe):
    """The weight that every query of one block gives to one key token: its column as a map.

    In a windowed block only the queries of the key's own window see it; all others are NaN. A row
    of weights sums up to 1, but a column need not: the words compare its sum with what the key
    would get if every query spread its weight evenly.

    Reads: image_encoder.vit.blocks.N.hook_residual_pre, from which the column of
        image_encoder.vit.blocks.N.attention.hook_pattern is computed; the sums of the block's rows
        are computed once and cached with the trace.
    Returns: a Heatmap (row, column) of the queries, or a Gallery of one for each head; sequential.
    Unit: weights from 0 to 1.
    Source: our own.
    """

    title = "Which queries attend to this token?"
    reads_prompts = False

    token: tuple[int, int] = token_knob()
    block: int = block_knob(1, matters=True)
    head: int = head_knob(matters=True)
    shared: bool = shared_knob()

    def read(self, trace: Trace) -> Heatmap | Gallery:
        values = array(attention_column(trace, self.block, self.token))
        edges = window_edges(trace, self.block)
        keys = prod(trace.attended(self.block))
        words = _words(self, values, keys)

        def draw(values: Float[np.ndarray, "row column"], title: str) -> Heatmap:
            return Heatmap(
                values,
                title=title,
                words=words,
                scale=Scale("weight", low=0.0),
                frame="tokens",
                marks=(self.token,),
                grid_lines=edges,
            )

        title = f"Weight given to key {self.token} in block {self.block}"
        return by_head(values, self.head, draw, title, words, self.shared)

    def origin(self, trace: Trace, cell: Cell) -> Operation:
        query = cell.row, cell.column
        return of_pair(trace, self.block, "hook_pattern", self.head, query, self.token, cell)


def _words(probe: AttentionColumn, values: Float[np.ndarray, "head row column"], keys: int) -> str:
    key = f"the key at {token_in_words(probe.token)} in block {probe.block}"
    even = f"evenly spread attention would give it {text(np.isfinite(values[0]).sum() / keys)}"
    sums = np.nansum(values, axis=(1, 2))
    if probe.head == ALL:
        least, most = int(sums.argmin()), int(sums.argmax())
        return (
            f"From all queries together, {key} gets between {text(float(sums[least]))}, in head "
            f"{least}, and {text(float(sums[most]))}, in head {most} of {len(values)}; {even}."
        )
    one = of_head(values, probe.head)
    return (
        f"From all queries together, {key} gets {text(float(np.nansum(one)))} in "
        f"{head_in_words(probe.head, len(values))}; {even}. The most, "
        f"{text(float(np.nanmax(one)))}, comes from {place_of_greatest(one)}."
    )
