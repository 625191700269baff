"""What the probes of a logit's shares have in common: the factor, and what removing does."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from textwrap import fill

import numpy as np
import torch
from jaxtyping import Float

from sam_explore.model import SamConfig
from sam_explore.model.addresses import FINAL_ATTENTION
from sam_explore.readings import Scale
from sam_explore.tracing import LogitShares, Trace, answers, feature_shares, vector_shares
from sam_explore.tracing.interventions import (
    AblateDecoderHead,
    Intervention,
    KnockOutDecoderAttention,
)

from .decoder_attention import AMONG, TO_IMAGE, TO_TOKEN
from .logit_products import at_place, cell_knob, cell_weights
from .probe import knob, mask_knob, mask_shown, token_knob

LETTERS_OF_ROW, LETTERS_OF_COLUMN = 18, 9  # of a name in one line
_DECIMALS = 5  # of logits: what is smaller comes from another order of summing
VECTOR, FEATURES = "mask vector", "image features"
_SHORT = {AMONG: "among tokens", TO_IMAGE: "token to image", TO_TOKEN: "image to token"}


@dataclass(frozen=True)
class ChosenFactor:
    """The knobs that choose a logit, and by which of its two factors it is taken apart.

    Args:
        token, mask, cell: which logit; of a token's 4 x 4, one or their mean.
        factor: the mask's vector, which is what the mask's token has read, or the image features,
            which are what the image token at that place has read.
        removal: whether each part is also really removed, which takes a run of the decoder each.
    """

    token: tuple[int, int] = token_knob()
    mask: int = mask_knob()
    cell: int = cell_knob()
    factor: str = knob(VECTOR, "factor", choices=(VECTOR, FEATURES), matters=True)
    removal: bool = knob(True, "remove each, too", choices=(True, False), matters=True)

    def logit(self, trace: Trace) -> "ChosenLogit":
        """The logit with its shares."""
        mask = mask_shown(self.mask, trace.prediction)
        find = vector_shares if self.factor == VECTOR else feature_shares
        weights = torch.tensor(cell_weights(self.cell), device="cpu")
        shares = find(trace, mask, self.token, weights)
        query = trace.decoder_tokens.mask(mask) if self.factor == VECTOR else self.token
        return ChosenLogit(trace, mask, self.token, self.cell, query, shares)


@dataclass(frozen=True, eq=False)
class ChosenLogit:
    """One logit of a run, its shares, and what it is without a part.

    Args:
        trace: the run.
        mask, token, cell: which logit.
        query: who reads: the number of the mask's token, or row and column of the image token.
        shares: of the logit.
    """

    trace: Trace = field(repr=False)
    mask: int
    token: tuple[int, int]
    cell: int
    query: int | tuple[int, int]
    shares: LogitShares = field(repr=False)

    def falls(self, changes: Iterable[Intervention]) -> Float[np.ndarray, "change"]:
        """By how much the logit falls when each of these things is removed by itself: what its
        share would predict."""
        changed = [self.trace.with_interventions(each) for each in changes]
        return falls_without(changed, self.shares.logit, self.mask, self.token, self.cell)

    def no_head(self, attention: str, head: int | None) -> Intervention:
        """A head, or all of them, gives nothing to the query."""
        return AblateDecoderHead(attention, head, self.query)

    def no_keys(
        self, attention: str, keys: Sequence[int | tuple[int, int]], is_all: bool = False
    ) -> Intervention:
        """The query can't see these keys, and attends to the others; or to nothing."""
        if is_all:
            return self.no_head(attention, None)
        queries = self.query if isinstance(self.query, int) else [self.query]
        return KnockOutDecoderAttention(attention, queries, keys)


def falls_without(
    changed: Sequence[Trace], logit: float, mask: int, token: tuple[int, int], cell: int
) -> Float[np.ndarray, "run"]:
    """By how much a logit is less in each changed run."""
    logits = [each.logits[mask] for each in answers(changed)]
    left = [float(at_place(each, token, cell)) for each in logits]
    return (logit - np.array(left)).round(_DECIMALS)


def attention_in_words(attention: str, config: SamConfig) -> str:
    """Such as "token to image, layer 0"."""
    if attention == FINAL_ATTENTION:
        return "token to image, last"
    _, layer, kind = attention.split(".")
    return f"{_SHORT[kind]}, layer {layer}"


def wrapped(names: Iterable[str], letters: int = LETTERS_OF_ROW) -> tuple[str, ...]:
    """Names of a table's rows or columns in short lines, which a live view has room for."""
    return tuple(fill(name, letters) for name in names)


def scale_of(*tables: np.ndarray) -> Scale:
    """One scale of logits around 0 that reaches as far as all tables need."""
    reach = max((float(np.abs(each).max()) for each in tables if each.size), default=0.0)
    return Scale("logit", centre=0.0, low=-reach, high=reach)
