"""Ablate a part of the image encoder: set its output to zero, or to its mean over the tokens."""

from dataclasses import dataclass

from torch import Tensor

from sam_explore.model import HookPoint
from sam_explore.model.addresses import (
    COORDINATES,
    EVERY,
    GRID_ENCODING,
    POSITION_ENCODING,
    in_block,
)

from ..editing import Edit, Edits, Intervention, zero
from ..steps import Run
from .positions import by_window, check_index, in_checked_block


@dataclass(frozen=True)
class AblateHead(Intervention):
    """One head of a block's attention outputs zero, or the same mean for every token.

    The bias of the output projection stays.

    Args:
        block: a block of the image encoder.
        head: one of its heads.
        to: "zero", or "mean": the mean over the tokens of this picture, window padding left out.
    """

    block: int
    head: int
    to: str = "zero"

    def edits(self, run: Run) -> Edits:
        config = run.sam.config
        name = in_checked_block(config, self.block, "attention.hook_out_per_head")
        check_index("head", self.head, config.encoder_heads)
        _edit_to(self.to)  # refuses other values
        return ((name, _AblatedHead(self.head, self.to, run.frame.grid)),)


@dataclass(frozen=True)
class AblateAttention(Intervention):
    """A block's attention adds nothing to the residual stream, or the same to every token.

    Args:
        block: a block of the image encoder.
        to: "zero", or "mean": the mean of what it adds over the tokens of this picture.
    """

    block: int
    to: str = "zero"

    def edits(self, run: Run) -> Edits:
        return (
            (in_checked_block(run.sam.config, self.block, "attention.hook_out"), _edit_to(self.to)),
        )


@dataclass(frozen=True)
class AblateMlp(Intervention):
    """A block's MLP adds nothing to the residual stream, or the same to every token.

    Args:
        block: a block of the image encoder.
        to: "zero", or "mean": the mean of what it adds over the tokens of this picture.
    """

    block: int
    to: str = "zero"

    def edits(self, run: Run) -> Edits:
        return ((in_checked_block(run.sam.config, self.block, "mlp.hook_out"), _edit_to(self.to)),)


@dataclass(frozen=True)
class AblateBlock(Intervention):
    """A whole block adds nothing to the residual stream, or the same to every token.

    Args:
        block: a block of the image encoder.
        to: "zero", so that the block returns its input; or "mean": its attention adds its mean over
            the tokens of this picture, and then its MLP, with that as its input, adds its own.
    """

    block: int
    to: str = "zero"

    def edits(self, run: Run) -> Edits:
        parts = AblateAttention(self.block, self.to), AblateMlp(self.block, self.to)
        return tuple(pair for part in parts for pair in part.edits(run))


@dataclass(frozen=True)
class AblatePositionEncoding(Intervention):
    """Tokens don't get the learned vector of their position.

    Args:
        to: "zero", or "mean": every token gets the mean of all positions' vectors.
    """

    to: str = "zero"

    def edits(self, run: Run) -> Edits:
        return ((POSITION_ENCODING, _edit_to(self.to)),)


@dataclass(frozen=True)
class AblateCoordinateEncoding(Intervention):
    """Places lose the coordinate encoder's sines and cosines; zeros stand there instead.

    Args:
        of: "grid" for the places of the image tokens, which the mask decoder adds to queries and
            keys; "prompts" for clicks and corners, which are then told apart by their kinds alone;
            or "both".

    Raises:
        ValueError: something else.
    """

    of: str = "both"

    def __post_init__(self) -> None:
        if self.of not in _CODED:
            names = ", ".join(map(repr, _CODED))
            raise ValueError(f"of must be one of {names}, not {self.of!r}.")

    def edits(self, run: Run) -> Edits:
        return tuple((name, zero) for name in _CODED[self.of])


@dataclass(frozen=True)
class AblateRelativePositions(Intervention):
    """Attention scores lose the terms of vertical and horizontal distance.

    Args:
        block: a block of the image encoder, or None for all.
    """

    block: int | None = None

    def edits(self, run: Run) -> Edits:
        place = "attention.hook_relative_*"
        if self.block is None:
            return ((in_block(EVERY, place), zero),)
        return ((in_checked_block(run.sam.config, self.block, place), zero),)


@dataclass(frozen=True)
class _AblatedHead:
    """The edit of `AblateHead`, on a grid of rows and columns."""

    head: int
    to: str
    grid: tuple[int, int]

    def __call__(self, tensor: Tensor, hook: HookPoint) -> Tensor:
        vectors = tensor[:, self.head]  # a view: window, token, channel
        if self.to == "zero":
            vectors.zero_()
        else:
            is_token = by_window(None, self.grid, *vectors.shape[:2]).to(vectors.device)
            vectors.copy_(vectors[is_token].mean(dim=0))
        return tensor


def _mean(tensor: Tensor, hook: HookPoint) -> Tensor:
    """An edit: every token of the grid is the mean of all."""
    return tensor.mean(dim=(1, 2), keepdim=True).expand_as(tensor).contiguous()


_CODED = {
    "grid": (GRID_ENCODING,),
    "prompts": (COORDINATES,),
    "both": (GRID_ENCODING, COORDINATES),
}
_EDITS = {"zero": zero, "mean": _mean}


def _edit_to(to: str) -> Edit:
    if to not in _EDITS:
        raise ValueError(f"to must be {' or '.join(_EDITS)}, not {to!r}.")
    return _EDITS[to]
