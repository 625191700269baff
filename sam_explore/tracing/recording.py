"""Look at tensors while the model runs: `record`, and what can be kept of them instead of all."""

import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from difflib import get_close_matches
from functools import lru_cache

from torch import Tensor

from sam_explore.model import HookPoint, Sam
from sam_explore.model.lock import lock_of

Reduction = Callable[[Tensor, HookPoint], object]


@contextmanager
def record(
    sam: Sam, names: str | Iterable[str], reduce: Reduction | None = None
) -> Iterator[dict[str, object]]:
    """Keep the tensors at some hook points while the context lasts.

        with sx.record(sam, "image_encoder.vit.blocks.*.hook_residual_post", sx.norm) as norms:
            sx.encode(sam, image)

    Recording opened inside an `edit` sees the edited tensors. A hook point that runs several times
    keeps the last. Traces of the same model in other threads wait meanwhile. Looking at attention
    scores or patterns makes that attention run its explicit form, since the fused kernel never
    holds them.

    Args:
        sam: the model.
        names: hook points by name; `*` stands for any part between dots, `**` for any number.
        reduce: what to keep, `reduce(tensor, hook)`, such as `norm` or `channel(5)`; all if None.

    Yields:
        A dict by hook point name, which fills as the model runs.

    Raises:
        ValueError: a name or pattern without a match; the message lists the closest names.
    """
    recorded: dict[str, object] = {}

    def keep(hook: HookPoint, _inputs: tuple, tensor: Tensor) -> None:
        recorded[hook.name] = tensor if reduce is None else reduce(tensor, hook)

    with lock_of(sam), ExitStack() as attached:
        for hook in find_hooks(sam, names):
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


def find_hooks(sam: Sam, names: str | Iterable[str]) -> list[HookPoint]:
    """The hook points that a name, a pattern or several of them mean, each once."""
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


@lru_cache(maxsize=256)
def _pattern(name: str) -> re.Pattern:
    pieces = re.split(r"(\*\*|\*)", name)
    wild = {"**": r".+", "*": r"[^.]+"}
    return re.compile("".join(wild.get(piece, re.escape(piece)) for piece in pieces))


def _closest(name: str, hooks: Iterable[str]) -> list[str]:
    """Names like this one; numbers and stars don't count, so that one block stands for all."""
    # "blocks.12.x" of a network with eight blocks is close to "blocks.0.x".
    plain: dict[str, str] = {}
    for each in hooks:
        plain.setdefault(re.sub(r"\d+|\*+", "", each), each)
    matches = get_close_matches(re.sub(r"\d+|\*+", "", name), plain, n=3, cutoff=0.5)
    return [plain[match] for match in matches]


def _channel_axis(hook: HookPoint) -> int:
    if "channel" not in hook.axes:
        raise ValueError(
            f"{hook.name} has no channel axis to reduce; its axes are {', '.join(hook.axes)}."
        )
    return hook.axes.index("channel")
