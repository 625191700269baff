"""Which tokens and regions of the picture is a logit read from?"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

import numpy as np
from jaxtyping import Float

from sam_explore.number_text import text
from sam_explore.readings import Heatmap, Matrix, Panel, Scale
from sam_explore.tracing import Trace
from sam_explore.tracing.attribution import rank_correlation

from ..common.decoder_attention import inside_by_token, on_grid, padding_by_token
from ..common.logit_factors import (
    LETTERS_OF_COLUMN,
    VECTOR,
    ChosenFactor,
    ChosenLogit,
    attention_in_words,
    scale_of,
    wrapped,
)
from ..common.logit_products import logit_in_words
from ..common.logit_sources import regions_of, token_groups
from ..common.logits import percent
from ..common.numbers import array
from ..common.probe import Probe, threshold_knob
from ..common.target_knobs import agreement, capitalised


@dataclass(frozen=True)
class LogitBySource(ChosenFactor, Probe):
    """A logit as a sum over what its token has read: prompt tokens, and regions of the picture.

    The same sum as by heads, see `LogitByHead`, ordered by what the heads of an attention have
    read: among the tokens and from the image, or from the tokens by the image token at that place.
    A share is that of what was read there and then; how that came to be there is not followed.
    Regions are those inside and outside the mask, by whether half of an image token lies inside,
    and padding.

    Next to each share stands by how much the logit really falls when that token or region can't be
    read: then all weight goes to the others. A token that reads one region alone reads nothing.

    Reads: hook_pattern, hook_v and hook_out_per_head of all attentions of
        mask_decoder.transformer, the decoder's weights, and the logit without each source.
    Returns: a Panel of Matrices (attention, source) of shares and of effects, diverging around 0 on
        one scale; and of Heatmaps (row, column) of the shares of all image tokens, one for each
        attention to the image.
    Unit: logits; of effects, by how much the logit falls.
    Source: direct logit attribution, https://transformer-circuits.pub/2021/framework, for language
        models.
    """

    title = "Which tokens and regions is the logit read from?"
    is_sweep = True

    threshold: float = threshold_knob(when=lambda probe: probe.factor == VECTOR)

    def read(self, trace: Trace) -> Panel:
        chosen = self.logit(trace)
        tables = list(self._tables(chosen))
        words = _words(self, chosen, tables)
        if self.factor == VECTOR:
            covered = inside_by_token(trace.prediction, chosen.mask, self.threshold).mean()
            words += f" Mask {chosen.mask} covers {percent(float(covered))} of the image tokens."
        scale = scale_of(*(each for table in tables for each in table.both))
        drawn: list[Matrix | Heatmap] = []
        for table in tables:
            titles = (f"{table.what}: shares", f"{table.what}: falls without it")
            for title, values in zip(titles, table.both, strict=False):
                rows, names = wrapped(table.rows), wrapped(table.names, LETTERS_OF_COLUMN)
                drawn.append(Matrix(values, rows, names, title, words, "", "read", scale))
        drawn += _maps(chosen, words)
        name = logit_in_words(chosen.mask, self.token, self.cell)
        return Panel(tuple(drawn), f"By the {self.factor}: {name}", words, across=2)

    def _tables(self, chosen: ChosenLogit) -> Iterator["Table"]:
        trace, shares = chosen.trace, chosen.shares
        of_tokens: list[tuple[str, np.ndarray]] = []
        of_image: list[tuple[str, np.ndarray]] = []
        for attention, keys in zip(shares.attentions, shares.by_key, strict=True):
            is_image = "token_to_image" in attention
            (of_image if is_image else of_tokens).append((attention, array(keys).sum(axis=0)))
        groups = token_groups(trace.decoder_tokens.names, [keys for _, keys in of_tokens])
        yield self._table(chosen, "Tokens", of_tokens, groups, None)
        if of_image:
            inside = inside_by_token(trace.prediction, chosen.mask, self.threshold) >= 0.5
            regions = regions_of(inside, padding_by_token(trace))
            yield self._table(chosen, "Picture", of_image, regions, trace.frame.grid)

    def _table(
        self,
        chosen: ChosenLogit,
        what: str,
        attentions: list[tuple[str, np.ndarray]],
        groups: dict[str, np.ndarray],
        grid: tuple[int, int] | None,
    ) -> "Table":
        cells = list(product(attentions, groups.values()))
        shape = len(attentions), len(groups)
        both = [np.reshape([shares[keys].sum() for (_, shares), keys in cells], shape)]
        if self.removal:
            removed = chosen.falls(
                chosen.no_keys(
                    attention,
                    keys.tolist() if grid is None else _pairs(keys, grid),
                    is_all=len(keys) == len(shares),
                )
                for (attention, shares), keys in cells
            )
            both.append(removed.reshape(shape))
        config = chosen.trace.sam.config
        rows = tuple(attention_in_words(attention, config) for attention, _ in attentions)
        return Table(what, rows, tuple(groups), tuple(both))


@dataclass(frozen=True, eq=False)
class Table:
    """Shares by attention and source, and by how much the logit falls without them, if asked.

    Args:
        what: the kind of sources.
        rows, names: attentions and sources.
        both: shares, and effects.
    """

    what: str
    rows: tuple[str, ...]
    names: tuple[str, ...]
    both: tuple[Float[np.ndarray, "attention source"], ...]


def _pairs(numbers: np.ndarray, grid: tuple[int, int]) -> list[tuple[int, int]]:
    rows, columns = np.unravel_index(numbers, grid)
    return list(zip(rows.tolist(), columns.tolist(), strict=True))


def _maps(chosen: ChosenLogit, words: str) -> list[Heatmap]:
    """Shares of the image tokens, one map for each attention to the image, on one scale."""
    trace, shares = chosen.trace, chosen.shares
    maps = {
        attention: on_grid(array(keys).sum(axis=0), trace)
        for attention, keys in zip(shares.attentions, shares.by_key, strict=True)
        if "token_to_image" in attention
    }
    reach = max((float(np.abs(each).max()) for each in maps.values()), default=0.0)
    scale = Scale("logit", centre=0.0, low=-reach, high=reach)
    return [
        Heatmap(
            values,
            title=f"Shares: {attention_in_words(attention, trace.sam.config)}",
            words=words,
            scale=scale,
            frame="tokens",
            marks=(chosen.token,),
        )
        for attention, values in maps.items()
    ]


def _words(probe: LogitBySource, chosen: ChosenLogit, tables: list[Table]) -> str:
    name = logit_in_words(chosen.mask, probe.token, probe.cell)
    words = f"{capitalised(name)} is {text(chosen.shares.logit)}."
    for table in tables:
        values, *effects = table.both
        row, column = np.unravel_index(np.abs(values).argmax(), values.shape)
        words += (
            f" {table.what}: the largest share by the {probe.factor} is "
            f"{text(float(values[row, column]))}, read from “{table.names[column]}” "
            f"({table.rows[row]})"
        )
        if effects:
            correlation = rank_correlation(values.ravel(), effects[0].ravel())
            words += (
                f"; without it the logit falls by {text(float(effects[0][row, column]))}, and "
                f"the rank correlation of shares and effects is {agreement(correlation)}"
            )
        words += "."
    return words
