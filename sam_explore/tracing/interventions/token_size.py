"""Make one image token as large as an outlier."""

from dataclasses import dataclass

from torch import Tensor

from sam_explore.model import HookPoint

from ..editing import Edits, Intervention
from ..steps import Run
from .positions import TokenPositions, check_index, in_checked_block, pairs_of


@dataclass(frozen=True)
class ResizeToken(Intervention):
    """One image token after a block gets another length, and keeps its direction.

    Args:
        block: a block of the image encoder.
        token: its row and column.
        times: the new length, in those of the picture's median token.

    Raises:
        ValueError: a block or a token that isn't there, or a length below 0.
    """

    block: int
    token: TokenPositions
    times: float

    def __post_init__(self) -> None:
        if not self.times >= 0:
            raise ValueError(f"times must be 0 or more, not {self.times}.")
        token = pairs_of("token", self.token)
        if len(token) > 1:
            raise ValueError(f"token must be row and column of one token, not {self.token!r}.")
        object.__setattr__(self, "token", token[0])

    def edits(self, run: Run) -> Edits:
        row, column = self.token
        for name, at, count in zip(("row", "column"), (row, column), run.frame.grid, strict=True):
            check_index(name, at, count)
        name = in_checked_block(run.sam.config, self.block, "hook_residual_post")
        return ((name, _Resized((row, column), self.times)),)


@dataclass(frozen=True)
class _Resized:
    """The edit of `ResizeToken`."""

    token: tuple[int, int]
    times: float

    def __call__(self, tensor: Tensor, hook: HookPoint) -> Tensor:
        row, column = self.token
        median = tensor[0].norm(dim=-1).median()
        vector = tensor[0, row, column]
        resized = tensor.clone()  # the gradient needs the tokens as they were
        resized[0, row, column] = vector * (self.times * median / vector.norm().clamp(min=1e-12))
        return resized
