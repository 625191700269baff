"""Remove decoder tokens, give prompt tokens another kind, or put vectors in their place."""

from dataclasses import dataclass, field

import torch
from jaxtyping import Float
from torch import Tensor

from sam_explore.geometry import FOREGROUND
from sam_explore.model import HookPoint
from sam_explore.model.addresses import DECODER_TOKENS_IN, EVERY, PROMPT_TOKENS, in_layer
from sam_explore.model.prompt_encoder import PromptEncoder
from sam_explore.prompt_arrays import Numbers

from ..editing import Edits, Intervention
from ..steps import Run
from .hiding import Hide
from .positions import check_index

# Where other tokens read the decoder tokens, as keys. A token that none sees has no effect.
_READ_AT = (
    in_layer(EVERY, "self_attention.hook_scores"),
    in_layer(EVERY, "image_to_token.hook_scores"),
)


@dataclass(frozen=True)
class DropPromptToken(Intervention):
    """The decoder runs as if one prompt token weren't there: nothing attends to it.

    With prompts that make fewer tokens, the decoder's run raises a ValueError.

    Args:
        token: its number among the prompt tokens: the points in their order, then the padding
            token, or the box's two corners.
    """

    token: int

    def edits(self, run: Run) -> Edits:
        tokens = run.sam.description.decoder_tokens(run.prompts)
        count = len(tokens.prompt_names)
        if not 0 <= self.token < count:
            return _refusal(_no_such_token(self.token, count, "be dropped"))
        return _unseen(tokens.prompt(self.token))


@dataclass(frozen=True)
class DropPaddingToken(Intervention):
    """The decoder runs as if no padding token ("not a point") followed the points.

    With a box, or without any prompt, there is none; the decoder's run then raises a
    ValueError.
    """

    def edits(self, run: Run) -> Edits:
        tokens = run.sam.description.decoder_tokens(run.prompts)
        if not tokens.has_padding:
            return _refusal(
                "There is no padding token to drop: only points without a box are followed by one."
            )
        return _unseen(tokens.number("padding"))


@dataclass(frozen=True)
class DropMaskToken(Intervention):
    """The other masks and the predicted IoU are computed as if one mask token weren't there.

    Nothing attends to it. Its own mask is still computed, since it attends to others.

    Args:
        mask: its number, as that of the mask.
    """

    mask: int

    def edits(self, run: Run) -> Edits:
        check_index("mask", self.mask, run.sam.config.mask_tokens)
        return _unseen(run.sam.description.decoder_tokens().mask(self.mask))


@dataclass(frozen=True)
class SwapForegroundBackground(Intervention):
    """Foreground points get the learned vector of background ones, and the other way round."""

    def edits(self, run: Run) -> Edits:
        is_foreground = tuple((run.prompts.labels == FOREGROUND).tolist())
        encoder = run.sam.prompt_encoder
        to_background = encoder.background - encoder.foreground
        return ((PROMPT_TOKENS, _Swap(to_background, is_foreground)),)


@dataclass(frozen=True)
class RetypePromptToken(Intervention):
    """A prompt token keeps its place and gets the learned vector of another kind.

    As "not a point" it loses its place, too: a padding token has none. A padding token that gets
    another kind is that kind's vector alone. With prompts that make fewer tokens, the decoder's run
    raises a ValueError.

    Args:
        token: its number among the prompt tokens, as for `DropPromptToken`.
        kind: "foreground", "background", "box top left", "box bottom right" or "not a point".

    Raises:
        ValueError: another kind.
    """

    token: int
    kind: str

    def __post_init__(self) -> None:
        if self.kind not in PromptEncoder.KINDS:
            kinds = ", ".join(map(repr, PromptEncoder.KINDS))
            raise ValueError(f"kind must be one of {kinds}, not {self.kind!r}.")

    def edits(self, run: Run) -> Edits:
        kinds = run.prompts.kinds
        if not 0 <= self.token < len(kinds):
            return _refusal(_no_such_token(self.token, len(kinds), "get another kind"))
        encoder = run.sam.prompt_encoder
        old, new = map(encoder.learned_vector, (kinds[self.token], self.kind))
        keeps_place = self.kind != "not a point"
        return (
            (PROMPT_TOKENS, _Retype(self.token, new - old if keeps_place else new, keeps_place)),
        )


@dataclass(frozen=True, eq=False)
class SetPromptToken(Intervention):
    """A prompt token is a vector of your own, without place and kind: what a text prompt would be.

        vector = trace["image_encoder.channel_projection.hook_out"][0, :, 3, 4]
        trace.with_interventions(sx.interventions.SetPromptToken(0, vector))

    With prompts that make fewer tokens, the decoder's run raises a ValueError.

    Args:
        token: its number among the prompt tokens, as for `DropPromptToken`.
        vector: one number a channel of the decoder; an array, a list or a tensor, which is copied.

    Raises:
        ValueError: something else than a row of finite numbers; or, in a run, as many of them as
            this model has no channels.
    """

    token: int
    vector: Numbers = field(repr=False)
    values: Float[Tensor, "channel"] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        vector = torch.as_tensor(self.vector, dtype=torch.float32, device="cpu").detach().clone()
        if vector.ndim != 1 or not vector.isfinite().all():
            but = "" if vector.isfinite().all() else " and holds others"
            raise ValueError(
                "vector must be one row of finite numbers, one for each channel, but has the shape "
                f"{tuple(vector.shape)}{but}."
            )
        object.__setattr__(self, "vector", vector)
        object.__setattr__(self, "values", vector)

    def content(self) -> tuple:
        """The token's number, and the vector."""
        return self.token, self.values

    def __eq__(self, other: object) -> bool:
        return isinstance(other, SetPromptToken) and self.fingerprint == other.fingerprint

    def __hash__(self) -> int:
        return hash(self.fingerprint)

    def edits(self, run: Run) -> Edits:
        channels = run.sam.config.token_dim
        if len(self.values) != channels:
            raise ValueError(
                f"vector must have {channels} numbers, as the decoder of this model has channels, "
                f"not {len(self.values)}."
            )
        count = len(run.prompts.kinds)
        if not 0 <= self.token < count:
            return _refusal(_no_such_token(self.token, count, "be set"))
        return ((PROMPT_TOKENS, _Retype(self.token, self.values[None], keeps_place=False)),)


@dataclass(frozen=True, eq=False)
class _Retype:
    """The edit of both: a vector is added to a token, or takes its place."""

    token: int
    vector: Float[Tensor, "1 channel"]
    keeps_place: bool

    def __call__(self, tokens: Tensor, hook: HookPoint) -> Tensor:
        vector = self.vector.to(tokens)
        before = tokens[:, self.token]
        tokens[:, self.token] = before + vector if self.keeps_place else vector.expand_as(before)
        return tokens


@dataclass(frozen=True, eq=False)
class _Swap:
    """The edit of `SwapForegroundBackground`, for points that are foreground or not."""

    to_background: Float[Tensor, "1 channel"]
    is_foreground: tuple[bool, ...]

    def __call__(self, tokens: Tensor, hook: HookPoint) -> Tensor:
        sign = tokens.new_tensor([1.0 if each else -1.0 for each in self.is_foreground])
        tokens[:, : len(sign)] += sign[:, None] * self.to_background
        return tokens


@dataclass(frozen=True)
class _Refuse:
    """An edit that raises a ValueError for an impossible run of the decoder."""

    reason: str

    def __call__(self, tensor: Tensor, hook: HookPoint) -> Tensor:
        raise ValueError(self.reason)


def _unseen(token: int) -> Edits:
    return tuple((name, Hide(None, frozenset([token]))) for name in _READ_AT)


def _no_such_token(token: int, count: int, change: str) -> str:
    return f"Prompt token {token} can't {change}: these prompts make {count}, counted from 0."


def _refusal(reason: str) -> Edits:
    return ((DECODER_TOKENS_IN, _Refuse(reason)),)
