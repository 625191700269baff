"""Ready-made edits of a run; they can be combined.

    trace.with_interventions(sx.interventions.AblateHead(block=5, head=2))

docs/interventions.md says what each changes. To write your own, make a frozen dataclass that
extends `Intervention`.
"""

from ..editing import Intervention
from .ablation import (
    AblateAttention,
    AblateBlock,
    AblateCoordinateEncoding,
    AblateHead,
    AblateMlp,
    AblatePositionEncoding,
    AblateRelativePositions,
)
from .channels import ScaleChannel, SetChannel
from .directions import RemoveDirections
from .head_size import ResizeHead
from .knock_out import AblateDecoderHead, KnockOutAttention, KnockOutDecoderAttention
from .patching import PatchTokens
from .prompt_tokens import (
    DropMaskToken,
    DropPaddingToken,
    DropPromptToken,
    RetypePromptToken,
    SetPromptToken,
    SwapForegroundBackground,
)
from .shuffling import ShuffleTokens
from .token_size import ResizeToken

__all__ = [
    "AblateAttention",
    "AblateBlock",
    "AblateCoordinateEncoding",
    "AblateDecoderHead",
    "AblateHead",
    "AblateMlp",
    "AblatePositionEncoding",
    "AblateRelativePositions",
    "DropMaskToken",
    "DropPaddingToken",
    "DropPromptToken",
    "Intervention",
    "KnockOutAttention",
    "KnockOutDecoderAttention",
    "PatchTokens",
    "RemoveDirections",
    "ResizeHead",
    "ResizeToken",
    "RetypePromptToken",
    "ScaleChannel",
    "SetChannel",
    "SetPromptToken",
    "ShuffleTokens",
    "SwapForegroundBackground",
]
