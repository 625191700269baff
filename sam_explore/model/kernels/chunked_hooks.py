"""Tensors that are computed piece by piece, and whole only for those who look."""

from collections.abc import Iterable, Sequence

import torch
from torch import Tensor

from ..hooks import HookPoint

# Tensors that belong together, and what is carried along with them.
Chunk = tuple


def through_hooks(
    hooks: Sequence[HookPoint | None], pieces: Iterable[Chunk], lead: tuple[int, ...]
) -> Iterable[Chunk]:
    """Pieces of several tensors, passed through a hook point for each of the tensors.

    While nobody looks, the pieces flow on one by one, and the whole is never held. A hook is given
    the whole, put together from the very pieces that flow otherwise, so that looking changes
    nothing, not even the last digit; what it returns is cut up again.

    Args:
        hooks: a hook point for each tensor of a piece, None for one that is only carried along.
        pieces: consecutive parts of the tensors, in memory order of their axes before the last.
        lead: the lengths of all axes of the whole but the last.
    """
    if not any(hook is not None and hook.is_watched for hook in hooks):
        return pieces
    kinds = zip(*pieces, strict=True)
    passed = [
        parts if hook is None else _whole_through(hook, parts, lead)
        for hook, parts in zip(hooks, kinds, strict=True)
    ]
    return zip(*passed, strict=True)


def _whole_through(
    hook: HookPoint, parts: Sequence[Tensor], lead: tuple[int, ...]
) -> Sequence[Tensor]:
    if not hook.is_watched:
        return parts
    rows = [part.flatten(0, -2) for part in parts]
    whole = hook(torch.cat(rows).view(*lead, -1)).flatten(0, -2)
    pieces = whole.split([len(each) for each in rows])
    return [piece.view(part.shape) for piece, part in zip(pieces, parts, strict=True)]
