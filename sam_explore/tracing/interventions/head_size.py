"""Give what a head puts out another length."""

from dataclasses import dataclass

from torch import Tensor

from sam_explore.model import HookPoint

from ..editing import Edits, Intervention
from ..steps import Run
from .positions import check_index, in_checked_block

_LEAST = 1e-12  # a shorter vector has no direction to keep


@dataclass(frozen=True)
class ResizeHead(Intervention):
    """What one head of the image encoder puts out gets one length at every token.

    Its direction at each token stays; a vector of zeros stays as it is.

    Args:
        block: a block of the image encoder.
        head: one of its heads.
        norm: the L2 norm of its weighted values, before the output projection; 0 removes them.

    Raises:
        ValueError: a block or a head that isn't there, or a norm below 0.
    """

    block: int
    head: int
    norm: float

    def __post_init__(self) -> None:
        if not self.norm >= 0:
            raise ValueError(f"norm must be 0 or more, not {self.norm}.")

    def edits(self, run: Run) -> Edits:
        config = run.sam.config
        name = in_checked_block(config, self.block, "attention.hook_out_per_head")
        check_index("head", self.head, config.encoder_heads)
        return ((name, _Resized(self.head, self.norm)),)


@dataclass(frozen=True)
class _Resized:
    """The edit of `ResizeHead`."""

    head: int
    norm: float

    def __call__(self, tensor: Tensor, hook: HookPoint) -> Tensor:
        vectors = tensor[:, self.head]  # window, token, channel
        lengths = vectors.norm(dim=-1, keepdim=True).clamp(min=_LEAST)
        resized = tensor.clone()  # the gradient needs the vectors as they were
        resized[:, self.head] = vectors * (self.norm / lengths)
        return resized
