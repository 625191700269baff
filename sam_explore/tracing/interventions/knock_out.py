"""Knock out attention: some tokens can't see others, and attend more to the rest."""

from dataclasses import dataclass

import numpy as np
from torch import Tensor

from sam_explore.model import HookPoint
from sam_explore.model.addresses import EVERY, in_block, in_decoder_attention

from ..editing import Edits, Intervention
from ..steps import Run
from .hiding import Hide
from .positions import TokenPositions, check_index, flat_positions, in_checked_block, pairs_of

# For each attention of the decoder, whether its queries and its keys are image tokens.
_ON_IMAGE = {
    "self_attention": (False, False),
    "token_to_image": (False, True),
    "image_to_token": (True, False),
    "final_token_to_image": (False, True),
}


@dataclass(frozen=True)
class KnockOutAttention(Intervention):
    """Some image tokens can't attend to some others in the image encoder.

    Their scores become -inf before the softmax: those weights are 0, and each row still sums to 1.
    In a windowed block only pairs within a window exist; the window's padding stays visible. If a
    query has no key left, the run stops there with a ValueError.

    Args:
        queries: rows and columns of the query tokens, or None for all.
        keys: rows and columns of the tokens that they can't see.
        block: one block, or None for all.
        head: one head, or None for all.
    """

    queries: TokenPositions | None
    keys: TokenPositions
    block: int | None = None
    head: int | None = None

    def __post_init__(self) -> None:
        queries = None if self.queries is None else pairs_of("queries", self.queries)
        object.__setattr__(self, "queries", queries)
        object.__setattr__(self, "keys", pairs_of("keys", self.keys))

    def edits(self, run: Run) -> Edits:
        config = run.sam.config
        name = in_block(EVERY, "attention.hook_scores")
        if self.block is not None:
            name = in_checked_block(config, self.block, "attention.hook_scores")
        if self.head is not None:
            check_index("head", self.head, config.encoder_heads)
        grid = run.frame.grid
        queries = None if self.queries is None else flat_positions("queries", self.queries, grid)
        keys = flat_positions("keys", self.keys, grid)
        return ((name, Hide(queries, keys, self.head, grid)),)


@dataclass(frozen=True)
class KnockOutDecoderAttention(Intervention):
    """The same in an attention of the mask decoder.

    Tokens are given by their numbers: 0 is the IoU token, the mask tokens follow from 1, then the
    prompt tokens. Image tokens are given by rows and columns instead. How many prompt
    tokens there are depends on the prompts; a run without one of them raises a ValueError.

    Args:
        attention: "layers.N.self_attention", "layers.N.token_to_image", "layers.N.image_to_token"
            or "final_token_to_image"; a star as N means all layers.
        queries: the queries, or None for all.
        keys: those that the queries can't see.
        head: one head, or None for all.
    """

    attention: str
    queries: int | TokenPositions | None
    keys: int | TokenPositions
    head: int | None = None

    def __post_init__(self) -> None:
        kind = _kind_of(self.attention)
        for name, on_image in zip(("queries", "keys"), _ON_IMAGE[kind], strict=True):
            given = getattr(self, name)
            if given is not None:
                places = pairs_of(name, given) if on_image else _numbers(name, given)
                object.__setattr__(self, name, places)

    def edits(self, run: Run) -> Edits:
        config = run.sam.config
        if self.head is not None:
            check_index("head", self.head, config.decoder_heads)
        grid = run.frame.grid
        queries, keys = (_flat(name, getattr(self, name), grid) for name in ("queries", "keys"))
        name = in_decoder_attention(self.attention, "hook_scores")
        return ((name, Hide(queries, keys, self.head)),)


@dataclass(frozen=True)
class AblateDecoderHead(Intervention):
    """A head of an attention of the mask decoder gives nothing, to one query or to all.

    The bias of the output projection stays.

    Args:
        attention: as in `KnockOutDecoderAttention`.
        head: one head, or None for all.
        query: the query that gets nothing: the number of a token, or row and column of an image
            token; None for all queries.
    """

    attention: str
    head: int | None
    query: int | tuple[int, int] | None = None

    def __post_init__(self) -> None:
        kind = _kind_of(self.attention)
        if self.query is not None:
            on_image, _ = _ON_IMAGE[kind]
            find = pairs_of if on_image else _numbers
            found = find("query", self.query)
            if len(found) > 1:
                raise ValueError(f"query must be the number of one token, not {self.query!r}.")
            (query,) = found
            object.__setattr__(self, "query", query)

    def edits(self, run: Run) -> Edits:
        if self.head is not None:
            check_index("head", self.head, run.sam.config.decoder_heads)
        places = None if self.query is None else _flat("query", (self.query,), run.frame.grid)
        name = in_decoder_attention(self.attention, "hook_out_per_head")
        return ((name, _Silent(self.head, places)),)


@dataclass(frozen=True)
class _Silent:
    """The edit of `AblateDecoderHead`, for queries that are numbered."""

    head: int | None
    queries: frozenset[int] | None

    def __call__(self, tensor: Tensor, hook: HookPoint) -> Tensor:
        count = tensor.shape[2]
        for query in self.queries or ():
            if query >= count:
                raise ValueError(
                    f"query {query} is not there in {hook.name}: this run has {count}, from 0 to "
                    f"{count - 1}."
                )
        heads = slice(None) if self.head is None else self.head
        queries = slice(None) if self.queries is None else sorted(self.queries)
        tensor[:, heads, queries] = 0
        return tensor


def _kind_of(attention: str) -> str:
    kind = attention.rsplit(".", 1)[-1]
    if kind not in _ON_IMAGE:
        raise ValueError(
            "attention must be layers.N.self_attention, layers.N.token_to_image, "
            f"layers.N.image_to_token or final_token_to_image, not {attention!r}."
        )
    return kind


def _numbers(name: str, numbers: object) -> tuple[int, ...]:
    array = np.atleast_1d(np.asarray(numbers))
    if array.ndim != 1 or not len(array) or array.dtype.kind not in "iu" or array.min() < 0:
        raise ValueError(
            f"{name} must be the numbers of tokens from 0, at least one, such as [5], not "
            f"{numbers!r}."
        )
    return tuple(sorted(set(array.tolist())))


def _flat(name: str, places: tuple | None, grid: tuple[int, int]) -> frozenset[int] | None:
    if places is None or isinstance(places[0], int):
        return None if places is None else frozenset(places)
    return flat_positions(name, places, grid)
