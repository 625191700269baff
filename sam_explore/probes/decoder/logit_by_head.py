"""Which of the decoder's attentions and heads make a logit?"""

from dataclasses import dataclass
from itertools import product

import numpy as np
from jaxtyping import Float

from sam_explore.number_text import text
from sam_explore.readings import Matrix, Panel, Scale
from sam_explore.tracing import LogitShares, Trace
from sam_explore.tracing.attribution import rank_correlation

from ..common.logit_factors import (
    ChosenFactor,
    ChosenLogit,
    attention_in_words,
    scale_of,
    wrapped,
)
from ..common.logit_products import logit_in_words
from ..common.numbers import array
from ..common.probe import Probe
from ..common.target_knobs import agreement, capitalised


@dataclass(frozen=True)
class LogitByHead(ChosenFactor, Probe):
    """A logit as a sum over the attentions that write, their heads, and biases.

    A logit is a product of the mask's vector and the image features at its place. One of the two is
    held, and in the other all attention weights, scales of layer norms and gates of activations:
    what is left is linear in what each head writes to the mask's token, or to the image token at
    that place, so each has a share, and the shares and biases sum up to the logit.

    A share is not an effect: without a head the weights, scales and gates would be others, and what
    comes later would read other things. So next to each share stands by how much the logit really
    falls when the head gives nothing to that token. What other tokens get from the head stays.

    Reads: hook_pattern, hook_v and hook_out_per_head of all attentions of
        mask_decoder.transformer, the decoder's weights, and the logit without each head.
    Returns: a Panel of a Matrix (part, share and effect), of attentions, what is there before them,
        and biases, NaN where nothing was removed; and Matrices (attention, head) of both, diverging
        around 0 on one scale.
    Unit: logits; of effects, by how much the logit falls.
    Source: direct logit attribution, https://transformer-circuits.pub/2021/framework, for language
        models.
    """

    title = "Which attentions and heads make the logit?"
    is_sweep = True

    def read(self, trace: Trace) -> Panel:
        chosen = self.logit(trace)
        shares = chosen.shares
        by_head = array(shares.by_head)
        heads, parts = None, None
        if self.removal:
            asked = (None, *range(by_head.shape[1]))
            removed = product(shares.attentions, asked)
            falls = chosen.falls(chosen.no_head(*each) for each in removed)
            falls = falls.reshape(len(by_head), len(asked))
            parts, heads = falls[:, 0], falls[:, 1:]
        config = trace.sam.config
        rows = tuple(attention_in_words(each, config) for each in shares.attentions)
        words = _words(self, chosen, rows, by_head, heads)
        tables = [("Share of each head", by_head)]
        if heads is not None:
            tables.append(("Falls without it", heads))
        scale = scale_of(*(values for _, values in tables))
        names = tuple(map(str, range(by_head.shape[1])))
        return Panel(
            (
                _parts(rows, by_head, parts, shares, words),
                *(
                    Matrix(values, wrapped(rows), names, title, words, "", "head", scale)
                    for title, values in tables
                ),
            ),
            title=f"By the {self.factor}: {logit_in_words(chosen.mask, self.token, self.cell)}",
            words=words,
            across=1,
        )


def _parts(
    rows: tuple[str, ...],
    by_head: Float[np.ndarray, "attention head"],
    removed: Float[np.ndarray, "attention"] | None,
    shares: LogitShares,
    words: str,
) -> Matrix:
    """The share of each attention, of what is there before, and of the biases of each kind."""
    others = shares.own | {f"biases of {kind}": each for kind, each in shares.biases.items()}
    values = np.array([[*by_head.sum(axis=1), *others.values()]]).T
    columns: tuple[str, ...] = ("share",)
    if removed is not None:
        falls = np.full(values.shape, np.nan)
        falls[: len(removed), 0] = removed
        values, columns = np.hstack([values, falls]), ("share", "falls")
    return Matrix(
        values,
        wrapped((*rows, *others)),
        columns,
        title="The sum",
        words=words,
        row_name="",
        column_name="",
        scale=Scale("logit", centre=0.0),
    )


def _words(
    probe: LogitByHead,
    chosen: ChosenLogit,
    rows: tuple[str, ...],
    by_head: Float[np.ndarray, "attention head"],
    removed: Float[np.ndarray, "attention head"] | None,
) -> str:
    shares = chosen.shares
    row, head = np.unravel_index(np.abs(by_head).argmax(), by_head.shape)
    name = logit_in_words(chosen.mask, probe.token, probe.cell)
    own = "".join(f", {text(share)} by the {name}" for name, share in shares.own.items())
    words = (
        f"{capitalised(name)} is {text(shares.logit)}. By the {probe.factor} it is the sum of "
        f"{text(float(by_head.sum()))} by attention{own} and {text(sum(shares.biases.values()))} "
        f"by biases. The largest share of a head is {text(float(by_head[row, head]))}: head {head} "
        f"of {rows[row]}."
    )
    rest = shares.logit - shares.total
    if abs(rest) > 1e-3 * max(1.0, float(np.abs(by_head).sum())):
        words += f" The run's changes account for {text(rest)}."
    if removed is None:
        return words
    correlation = rank_correlation(by_head.ravel(), removed.ravel())
    return (
        f"{words} Without it the logit falls by {text(float(removed[row, head]))}. The rank "
        f"correlation of shares and effects over all heads is {agreement(correlation)}."
    )
