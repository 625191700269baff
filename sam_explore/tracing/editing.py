"""Change tensors while the model runs: `edit`, the counterpart of `record`."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cached_property, partial

import torch
from torch import Tensor

from sam_explore.fingerprints import content_of, fingerprint, has_content
from sam_explore.model import HookPoint, Sam
from sam_explore.model.lock import lock_of

from .recording import blaming, find_hooks
from .steps import Run

Edit = Callable[[Tensor, HookPoint], Tensor]
# Names or patterns of hook points with their edits, in the order in which they act.
Edits = tuple[tuple[str, Edit], ...]


@contextmanager
def edit(sam: Sam, edits: Mapping[str, Edit]) -> Iterator[None]:
    """Replace the tensors at some hook points while the context lasts.

        with sx.edit(sam, {"image_encoder.position_encoder.hook_encoding": sx.zero}):
            sx.encode(sam, image)

    Edits of the same hook point act one after the other, the outer context's first.

    Args:
        sam: the model.
        edits: for each name or pattern (as in `record`) a function `fn(tensor, hook)` that returns
            the replacement. It gets a copy of the tensor.

    Raises:
        ValueError: a name without a match; or, while the model runs, a replacement of another shape
            or kind, or one with NaN.
    """
    with lock_of(sam), ExitStack() as attached:
        for name, fn in edits.items():
            for hook in find_hooks(sam, name):
                attached.callback(hook.register_forward_hook(partial(_replace, fn)).remove)
        yield


def zero(tensor: Tensor, hook: HookPoint) -> Tensor:
    """An edit: zeros instead of the tensor."""
    return torch.zeros_like(tensor)


class Intervention(ABC):
    """A ready-made edit of a run, as `trace.with_interventions` takes it.

    A frozen dataclass; `sx.interventions` has ready-made ones. Its class and its fields identify
    it, so its effect must depend on nothing else.
    """

    @cached_property
    def fingerprint(self) -> str:
        """A fingerprint of its content, within this process at least."""
        return fingerprint((type(self), content_of(self)), within_process=True)

    @cached_property
    def is_portable(self) -> bool:
        """Whether another process would compute the same fingerprint, since it holds only data."""
        return has_content((type(self), content_of(self)))

    @abstractmethod
    def edits(self, run: Run) -> Edits:
        """What it changes in this run.

        Equal interventions give equal edits, since traces share results by them. What is impossible
        in any run of the model is a ValueError here. What is impossible only with these prompts or
        windows is left to the edits, which may never be reached.
        """


def check_edit(fn: Edit) -> None:
    """Raise TypeError for an edit that can't be hashed, and so can't be part of a cache key."""
    try:
        hash(fn)
    except TypeError:
        raise TypeError(
            f"An edit must be hashable, since a trace keeps results by it, but a "
            f"{type(fn).__name__} is not. Pass a function; a dataclass can be hashed with "
            "@dataclass(frozen=True)."
        ) from None


def edits_of_rows(runs: Sequence[Sequence[tuple[str, Edit]]]) -> Edits:
    """Edits for a batch of runs: those of each change its row, in their order.

    Args:
        runs: names of single hook points with their edits, for each run.
    """
    by_name: dict[str, list[tuple[int, Edit]]] = {}
    for row, edits in enumerate(runs):
        for name, fn in edits:
            by_name.setdefault(name, []).append((row, fn))
    return tuple((name, _EditRows(tuple(each))) for name, each in by_name.items())


@dataclass(frozen=True)
class _EditRows:
    """An edit of a batch: each of these functions gets a row, as if there were no other."""

    by_row: tuple[tuple[int, Edit], ...]

    def __call__(self, tensor: Tensor, hook: HookPoint) -> Tensor:
        for row, fn in self.by_row:
            before = tensor[row : row + 1]
            after = fn(before.clone(), hook)
            _check(after, before, hook)
            tensor[row : row + 1] = after
        return tensor


def _replace(fn: Edit, hook: HookPoint, _inputs: tuple, tensor: Tensor) -> Tensor:
    with blaming(f"the edit of {hook.name}"):
        # A copy, since traces share the tensor with runs without this edit.
        replacement = fn(tensor.clone(), hook)
    _check(replacement, tensor, hook)
    return replacement


def _check(replacement: object, tensor: Tensor, hook: HookPoint) -> None:
    wanted = f"The edit of {hook.name} must return a tensor {_kind(tensor)}"
    if not isinstance(replacement, Tensor):
        raise ValueError(f"{wanted}, but returned a {type(replacement).__name__}.")
    if _kind(replacement) != _kind(tensor):
        raise ValueError(f"{wanted}, but returned {_kind(replacement)}.")
    if replacement.isnan().any():
        raise ValueError(f"{wanted}, but what it returned holds NaN.")


def _kind(tensor: Tensor) -> str:
    """Such as "(1, 5, 5, 24), torch.float32 on cpu"."""
    return f"{tuple(tensor.shape)}, {tensor.dtype} on {tensor.device}"
