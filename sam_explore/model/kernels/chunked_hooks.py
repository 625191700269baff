"""Hook points on tensors that are computed chunk by chunk, and whole only if a hook is attached."""

from collections.abc import Iterable, Sequence

import torch
from torch import Tensor

from ..hooks import HookPoint

# Tensors that belong together, and values that travel with them.
Chunk = tuple


def through_hooks(
    hooks: Sequence[HookPoint | None], chunks: Iterable[Chunk], lead: tuple[int, ...]
) -> Iterable[Chunk]:
    """Pass the chunks of several tensors through a hook point for each of the tensors.

    Without a hook, the chunks are passed on one by one, and the whole is never in memory. A hook
    gets the whole, concatenated from the same chunks, so that attaching one changes nothing, not
    even the last digit. What it returns is split again.

    Args:
        hooks: a hook point for each tensor of a chunk, None for one that is only passed on.
        chunks: consecutive parts of the tensors, in memory order of their axes before the last.
        lead: the lengths of all axes of the whole but the last.
    """
    if not any(hook is not None and hook.is_watched for hook in hooks):
        return chunks
    kinds = zip(*chunks, strict=True)
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
    chunks = whole.split([len(each) for each in rows])
    return [chunk.view(part.shape) for chunk, part in zip(chunks, parts, strict=True)]
