"""Record tensors while the model runs, whole or reduced."""

import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from difflib import get_close_matches
from functools import lru_cache, partial
from typing import Any

from torch import Tensor

from sam_explore.model import HookPoint, Sam
from sam_explore.model.lock import lock_of

Reduction = Callable[[Tensor, HookPoint], Any]

# A part of a name that is the number of a block or a layer, or a star.
_NUMBER = re.compile(r"(?<=\.)(?:\d+|\*+)(?=\.)|^\*+(?=\.)")


@contextmanager
def record(
    sam: Sam, names: str | Iterable[str], reduce: Reduction | None = None
) -> Iterator[dict[str, Any]]:
    """Keep the tensors at some hook points while the context lasts.

        with sx.record(sam, "image_encoder.vit.blocks.*.hook_residual_post", sx.norm) as norms:
            sx.encode(sam, image)

    A recording inside an `edit` gets the edited tensors. If a hook point runs several times, the
    last tensor is kept. Traces of the same model in other threads wait until the context ends.
    Recording attention scores or patterns needs memory for all of them, which attention does not
    need otherwise.

    Args:
        sam: the model.
        names: hook points by name; `*` stands for any part between dots, `**` for any number.
        reduce: what to keep, `reduce(tensor, hook)`, such as `norm` or `channel(5)`; all if None.

    Yields:
        A dict by hook point name, which fills as the model runs.

    Raises:
        ValueError: a name or pattern without a match; the message lists the closest names.
    """
    recorded: dict[str, Any] = {}
    with lock_of(sam), ExitStack() as attached:
        for hook in find_hooks(sam, names):
            keep = partial(_keep, recorded, reduce)
            attached.callback(hook.register_forward_hook(keep).remove)
        yield recorded


def norm(tensor: Tensor, hook: HookPoint) -> Tensor:
    """A reduction: the L2 norm over the channels, which leaves one number a token."""
    return tensor.norm(dim=_channel_axis(hook))


def channel(index: int) -> Reduction:
    """A reduction that keeps one channel."""

    def pick(tensor: Tensor, hook: HookPoint) -> Tensor:
        return tensor.select(_channel_axis(hook), index).clone()

    return pick


def reduced(tensor: Tensor, hook: HookPoint, reduce: Reduction | None) -> Any:
    """The recorded value of a tensor; an exception in `reduce` gets a note with the hook point."""
    if reduce is None:
        return tensor
    with blaming(f"the reduction of {hook.name}"):
        return reduce(tensor, hook)


@contextmanager
def blaming(what: str) -> Iterator[None]:
    """Adds a note with the hook point to exceptions raised inside; their type stays."""
    try:
        yield
    except Exception as error:
        error.add_note(f"This came from {what}.")
        raise


def find_hooks(sam: Sam, names: str | Iterable[str]) -> list[HookPoint]:
    """The hook points that match a name, a pattern or several of them, each once."""
    hooks = sam.hook_points
    found: dict[str, HookPoint] = {}
    for name in [names] if isinstance(names, str) else names:
        matches = [name] if name in hooks else list(filter(_pattern(name).fullmatch, hooks))
        if not matches:
            close = ", ".join(_closest(name, hooks)) or "none"
            raise ValueError(
                f"No hook point is called {name!r}. The closest are: {close}. "
                "sam_explore.list_hooks(sam) lists all."
            )
        found.update((match, hooks[match]) for match in matches)
    return list(found.values())


def _keep(
    recorded: dict[str, Any],
    reduce: Reduction | None,
    hook: HookPoint,
    _inputs: tuple,
    tensor: Tensor,
) -> None:
    recorded[hook.name] = reduced(tensor, hook, reduce)


@lru_cache(maxsize=256)
def _pattern(name: str) -> re.Pattern:
    pieces = re.split(r"(\*\*|\*)", name)
    wild = {"**": r".+", "*": r"[^.]+"}
    return re.compile("".join(wild.get(piece, re.escape(piece)) for piece in pieces))


def _closest(name: str, hooks: Iterable[str]) -> list[str]:
    """Similar names, in the same block if there is one, else in the first block."""
    # Numbers and stars are ignored in the comparison, so that one block stands for all.
    same: dict[str, list[str]] = {}
    for each in hooks:
        same.setdefault(_NUMBER.sub("", each), []).append(each)
    numbers = _NUMBER.findall(name)
    matches = get_close_matches(_NUMBER.sub("", name), same, n=3, cutoff=0.5)
    return [
        next((each for each in same[match] if _NUMBER.findall(each) == numbers), same[match][0])
        for match in matches
    ]


def _channel_axis(hook: HookPoint) -> int:
    if "channel" not in hook.axes:
        raise ValueError(
            f"{hook.name} has no channel axis to reduce; its axes are {', '.join(hook.axes)}."
        )
    return hook.axes.index("channel")
