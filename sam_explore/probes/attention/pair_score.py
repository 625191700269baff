"""What is the score of one query with one key made of?"""

from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from sam_explore.number_text import text
from sam_explore.origins import Operation
from sam_explore.readings import Cell, Curve, Heatmap, Matrix, Panel, Profile, Scale
from sam_explore.tracing import (
    AttentionOfPair,
    AttentionOfQuery,
    Trace,
    attention_pair,
    attention_row,
)

from ..common.attention import single_head_knob, token_in_words, window_edges
from ..common.numbers import array
from ..common.origins import of_pair
from ..common.probe import Probe, block_knob, knob, token_knob

TERMS = ("content", "vertical", "horizontal", "score")


def _key_knob(about: str) -> Any:
    """A field that is a place of the key, or −1 for that of the key with most weight."""
    return knob(
        -1, about, low=-1, high=lambda run: run.config.grid - 1, names=((-1, "most weight"),)
    )


_SCORES, _TABLE = 2, 3  # which part of the panel they are
# Where each column of the table is, counted from the block's attention.
_PLACES = ("content", "hook_relative_rows", "hook_relative_columns", "hook_scores")


@dataclass(frozen=True)
class PairScore(Probe):
    """One score of attention as a sum: a product for each channel, and two terms of distance.

    A head compares a query with a key channel by channel: the products of their values, over the
    square root of the number of channels, are added up. That is the content term. To it come two
    terms of the same kind, the query's products with a learned vector for the vertical distance and
    with one for the horizontal distance; they depend on the query, not on what the key holds. The
    sum is the score. Of two keys, the weights are as the exponentials of their scores.

    In a windowed block a key in another window has no score; then the key with most weight is
    taken, and the words say so.

    Reads: image_encoder.vit.blocks.N.hook_residual_pre, from which the pair's entries of
        image_encoder.vit.blocks.N.attention.hook_q, hook_k and hook_scores are computed.
    Returns: a Panel of two Profiles over the channels, the largest product first whatever its sign:
        the products and their sum so far, which ends at the content term; and their two factors;
        a Heatmap by token (row, column) of the query's scores; and a Matrix (head, term).
    Unit: scores, whose difference is the natural logarithm of a ratio of weights; the factors have
        no unit.
    Source: "Attention Is All You Need" (arXiv 1706.03762, section 3.2.1); the terms of distance are
        MViTv2's (arXiv 2112.01526).
    """

    title = "What is one attention score made of?"
    reads_prompts = False

    token: tuple[int, int] = token_knob()
    block: int = block_knob(1, matters=True)
    head: int = single_head_knob(matters=True)
    key_row: int = _key_knob("key's row")
    key_column: int = _key_knob("key's column")

    def read(self, trace: Trace) -> Panel:
        row = attention_row(trace, self.block, self.token)
        key, why = self._key(row)
        pair = attention_pair(trace, self.block, self.token, key)
        products = array(pair.products[self.head])
        order = np.argsort(-np.abs(products), kind="stable")
        table = _table(pair)
        words = why + _words(self, key, products, table, row, prod(trace.attended(self.block)))
        charts = _charts(pair, self.head, products, order, words)
        scores = Heatmap(
            array(row.scores[self.head]),
            title=f"Scores of query {self.token}",
            words=words,
            scale=Scale("score", centre=0.0),
            frame="tokens",
            marks=(self.token, key),
            grid_lines=window_edges(trace, self.block),
        )
        terms = Matrix(
            table,
            tuple(map(str, range(len(table)))),
            TERMS,
            title="The same pair in all heads",
            words=words,
            row_name="head",
            column_name="",
            scale=Scale("score", centre=0.0),
        )
        title = f"Query {self.token} with key {key}: head {self.head} of block {self.block}"
        return Panel((*charts, scores, terms), title, words, across=2)

    def origin(self, trace: Trace, cell: Cell) -> Operation | None:
        if cell.part == _SCORES:
            key, place, head = (cell.row, cell.column), "hook_scores", self.head
        elif cell.part == _TABLE:
            key, _ = self._key(attention_row(trace, self.block, self.token))
            place, head = _PLACES[cell.column], cell.row
        else:  # the products of the channels, which are the terms of the content
            return None
        return of_pair(trace, self.block, place, head, self.token, key, cell)

    def _key(self, row: AttentionOfQuery) -> tuple[tuple[int, int], str]:
        """The key, and a sentence before others if it is not the one that was asked for."""
        weights = array(row.weights[self.head])
        best = np.unravel_index(np.nanargmax(weights), weights.shape)
        most = int(best[0]), int(best[1])
        row_at, column_at = (
            own if asked < 0 else asked
            for asked, own in zip((self.key_row, self.key_column), most, strict=True)
        )
        key = row_at, column_at
        inside = all(at < length for at, length in zip(key, weights.shape, strict=True))
        if inside and np.isfinite(weights[key]):
            return key, ""
        where = "in another window" if inside else "beyond the grid"
        return most, (
            f"The key at {token_in_words(key)} lies {where}, so the one with most weight is taken. "
        )


def _table(pair: AttentionOfPair) -> Float[np.ndarray, "head term"]:
    """The three terms and their sum, for each head."""
    content = array(pair.products).sum(axis=1)
    terms = np.stack([content, array(pair.row_term), array(pair.column_term)], axis=1)
    return np.concatenate([terms, terms.sum(axis=1, keepdims=True)], axis=1)


def _charts(
    pair: AttentionOfPair,
    head: int,
    products: Float[np.ndarray, "channel"],
    order: Int[np.ndarray, "channel"],
    words: str,
) -> tuple[Profile, Profile]:
    """The products in their order, and the two factors of each."""
    x, labels = np.arange(1.0, len(order) + 1), tuple(map(str, order))
    factors = {"query": array(pair.query[head]), "key": array(pair.key[head])}
    drawn = (
        Curve(products[order], "product", style="steps"),
        Curve(np.cumsum(products[order]), "sum so far"),
    )
    curves = tuple(Curve(values[order], name, style="points") for name, values in factors.items())
    first, second = (
        Profile(x, each, title, words, "channel of the head", y_name, x_labels=labels)
        for title, each, y_name in (
            ("Products, the largest first", drawn, "score"),
            ("Their factors", curves, "value"),
        )
    )
    return first, second


def _words(
    probe: PairScore,
    key: tuple[int, int],
    products: Float[np.ndarray, "channel"],
    table: Float[np.ndarray, "head term"],
    row: AttentionOfQuery,
    keys: int,
) -> str:
    content, vertical, horizontal, score = map(float, table[probe.head])
    weight = float(row.weights[probe.head][key])
    first = int(np.abs(products).argmax())
    sizes = np.sort(np.abs(products))[::-1]
    half = 1 + int(np.searchsorted(np.cumsum(sizes), sizes.sum() / 2))
    return (
        f"In head {probe.head} of block {probe.block} the query at {token_in_words(probe.token)} "
        f"scores {text(score)} with the key at {token_in_words(key)}: {text(content)} from the "
        f"products of {len(products)} channels, {text(vertical)} from the vertical and "
        f"{text(horizontal)} from the horizontal distance. That becomes a weight of "
        f"{text(weight)}, {text(weight * keys)} times an even share. The largest product is that "
        f"of channel {first}, {text(float(products[first]))}; {half} of the channels hold half of "
        "all that the products amount to, whatever their sign."
    )
