"""What does one token attend to?"""

from dataclasses import dataclass
from math import prod

import numpy as np
from jaxtyping import Float

from sam_explore.number_text import text
from sam_explore.origins import Operation
from sam_explore.readings import Cell, Gallery, Heatmap, Scale
from sam_explore.tracing import AttentionOfQuery, Trace, attention_row

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
from ..common.logits import percent
from ..common.numbers import array, place_of_greatest
from ..common.origins import of_pair
from ..common.probe import Probe, block_knob, knob, token_knob

# What can be shown, and its name in a sentence.
TERMS = {
    "weights": "weights",
    "scores": "scores",
    "content": "content terms",
    "vertical position": "terms of the vertical distance",
    "horizontal position": "terms of the horizontal distance",
}


# Where each term is, counted from the block's attention.
_PLACES = dict(
    zip(
        TERMS,
        ("hook_pattern", "hook_scores", "content", "hook_relative_rows", "hook_relative_columns"),
        strict=True,
    )
)


@dataclass(frozen=True)
class AttentionRow(Probe):
    """What one query token attends to in one block: its row of the attention matrix as a map.

    Before the softmax a score is the sum of three terms: content, which is the product of query and
    key, and one each for the vertical and the horizontal distance. A constant that is added to all
    scores of a row changes no weight, so only differences within a map have a meaning. In a
    windowed block the token sees its own window only: all other tokens are NaN, and part of the
    weight is on padding if the window extends beyond the grid. An even share, in the words, is
    the weight of each key if all had the same.

    Reads: image_encoder.vit.blocks.N.hook_residual_pre, from which the row of
        image_encoder.vit.blocks.N.attention.hook_pattern is computed without the others.
    Returns: a Heatmap (row, column) of the keys, or a Gallery of one for each head. Weights are
        sequential; scores and their terms diverge around 0.
    Unit: weights from 0 to 1, which sum to 1 with that of padding; scores are their natural
        logarithms up to a constant.
    Source: ViTDet (arXiv 2203.16527); the terms are MViTv2's (arXiv 2112.01526).
    """

    title = "What does this token attend to?"
    reads_prompts = False

    token: tuple[int, int] = token_knob()
    block: int = block_knob(1, matters=True)
    head: int = head_knob(matters=True)
    term: str = knob("weights", "shown", choices=tuple(TERMS))
    shared: bool = shared_knob()

    def read(self, trace: Trace) -> Heatmap | Gallery:
        found = attention_row(trace, self.block, self.token)
        values, edges = _term(found, self.term), window_edges(trace, self.block)
        is_weight = self.term == "weights"
        title = f"{self.term.capitalize()} of query {self.token} in block {self.block}"
        words = _words(self, values, array(found.padding), prod(trace.attended(self.block)))

        def draw(values: Float[np.ndarray, "row column"], title: str) -> Heatmap:
            return Heatmap(
                values,
                title=title,
                words=words,
                scale=Scale("weight", low=0.0) if is_weight else Scale("score", centre=0.0),
                frame="tokens",
                marks=(self.token,),
                grid_lines=edges,
            )

        return by_head(values, self.head, draw, title, words, self.shared)

    def origin(self, trace: Trace, cell: Cell) -> Operation:
        key = cell.row, cell.column
        return of_pair(trace, self.block, _PLACES[self.term], self.head, self.token, key, cell)


def _term(found: AttentionOfQuery, term: str) -> Float[np.ndarray, "head row column"]:
    """A map of the keys for each head."""
    across, down = array(found.column_terms)[:, None, :], array(found.row_terms)[:, :, None]
    return {
        "weights": array(found.weights),
        "scores": array(found.scores),
        "content": array(found.content),
        "vertical position": down + 0 * across,
        "horizontal position": across + 0 * down,
    }[term]


def _words(
    probe: AttentionRow,
    values: Float[np.ndarray, "head row column"],
    padding: Float[np.ndarray, "head"],
    keys: int,
) -> str:
    query = f"For the query at {token_in_words(probe.token)} in block {probe.block}"
    if probe.head == ALL:
        head = int(np.nanmax(values, axis=(1, 2)).argmax())
        greatest, place = float(np.nanmax(values)), place_of_greatest(values[head])
        return (
            f"{query}, the greatest of the {TERMS[probe.term]} of all {len(values)} heads is "
            f"{text(greatest)}, of head {head} at {place}."
        )
    one, who = of_head(values, probe.head), head_in_words(probe.head, len(values))
    greatest, place = float(np.nanmax(one)), place_of_greatest(one)
    if probe.term != "weights":
        return (
            f"{query}, the {TERMS[probe.term]} of {who} go from {text(float(np.nanmin(one)))} to "
            f"{text(greatest)}, the greatest at {place}."
        )
    words = (
        f"{query}, {who} gives the greatest weight to {place}: {text(greatest)}, which is "
        f"{text(greatest * keys)} times an even share. The token gives itself "
        f"{text(float(one[probe.token]))}."
    )
    lost = float(of_head(padding, probe.head))
    return f"{words} {percent(lost)} falls on padding." if lost else words
