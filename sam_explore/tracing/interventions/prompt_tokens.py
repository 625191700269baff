"""Remove decoder tokens, and swap foreground and background."""

from dataclasses import dataclass

from jaxtyping import Float
from torch import Tensor

from sam_explore.geometry import FOREGROUND
from sam_explore.model import HookPoint
from sam_explore.model.addresses import DECODER_TOKENS_IN, EVERY, PROMPT_TOKENS, in_layer

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
            return _refusal(
                f"Prompt token {self.token} can't be dropped: these prompts make {count}, counted "
                "from 0."
            )
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


def _refusal(reason: str) -> Edits:
    return ((DECODER_TOKENS_IN, _Refuse(reason)),)
