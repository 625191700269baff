"""Remove directions from the image tokens of one place."""

from dataclasses import dataclass, field

import torch
from jaxtyping import Float
from torch import Tensor

from sam_explore.model import HookPoint
from sam_explore.prompt_arrays import Numbers

from ..editing import Edits, Intervention
from ..recording import find_hooks
from ..steps import Run

_SLACK = 1e-4  # of a right angle, and of a length of 1


@dataclass(frozen=True, eq=False)
class RemoveDirections(Intervention):
    """All image tokens of one place become alike along some directions of their channels.

        name = "image_encoder.vit.blocks.3.hook_residual_post"
        trace.with_interventions(sx.interventions.RemoveDirections(name, found))

    Along each, every token gets the mean over the tokens of this picture. As a control the same
    lengths can be taken off along other directions: each token then changes by as much, token by
    token.

    Args:
        name: a hook point whose tensor is laid out over the grid, channels last.
        directions: (channel, direction), each of length 1 and at right angles to the others; an
            array or a tensor, which is copied.
        along: as many others, along which what is read along `directions` is taken off; None for
            the same.

    Raises:
        ValueError: directions that are no such table of finite numbers; or, in a run, of another
            number of channels, or a hook point that is laid out otherwise.
    """

    name: str
    directions: Numbers = field(repr=False)
    along: Numbers | None = field(default=None, repr=False)
    read: Float[Tensor, "channel direction"] = field(init=False, repr=False)
    written: Float[Tensor, "channel direction"] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        read = _checked("directions", self.directions)
        written = read if self.along is None else _checked("along", self.along)
        if written.shape != read.shape:
            raise ValueError(
                f"along must hold as many directions as directions, {tuple(read.shape)}, but has "
                f"the shape {tuple(written.shape)}."
            )
        for name, table in (("directions", read), ("along", written)):
            object.__setattr__(self, name, table)
        object.__setattr__(self, "read", read)
        object.__setattr__(self, "written", written)

    def __repr__(self) -> str:
        return f"RemoveDirections({self.name!r}, {self.read.shape[1]} directions)"

    def content(self) -> tuple:
        """The place, and both tables of directions."""
        return self.name, self.read, self.written

    def __eq__(self, other: object) -> bool:
        return isinstance(other, RemoveDirections) and self.fingerprint == other.fingerprint

    def __hash__(self) -> int:
        return hash(self.fingerprint)

    def edits(self, run: Run) -> Edits:
        for hook in find_hooks(run.sam, [self.name]):
            if hook.axes[1:] != ("row", "column", "channel"):
                raise ValueError(
                    f"name must be a place where tokens lie on the grid, channels last, but the "
                    f"axes of {hook.name} are {', '.join(hook.axes)}."
                )
        return ((self.name, _Removed(self)),)


@dataclass(frozen=True)
class _Removed:
    """The edit of `RemoveDirections`."""

    removal: RemoveDirections

    def __call__(self, tensor: Tensor, hook: HookPoint) -> Tensor:
        read, along = (each.to(tensor) for each in (self.removal.read, self.removal.written))
        if len(read) != tensor.shape[-1]:
            raise ValueError(
                f"directions must have the {tensor.shape[-1]} channels of {hook.name}, not "
                f"{len(read)}."
            )
        centred = tensor - tensor.mean(dim=(1, 2), keepdim=True)
        return tensor - centred @ read @ along.T


@torch.inference_mode(False)  # else no gradient could go through the products with it
def _checked(name: str, directions: Numbers) -> Float[Tensor, "channel direction"]:
    table = torch.as_tensor(directions, dtype=torch.float32, device="cpu").detach().clone()
    if table.ndim != 2 or not table.isfinite().all():
        raise ValueError(
            f"{name} must be a table of finite numbers (channel, direction), but has the shape "
            f"{tuple(table.shape)}."
        )
    products = table.T @ table
    if not torch.allclose(
        products, torch.eye(len(products), dtype=torch.float32, device="cpu"), atol=_SLACK
    ):
        raise ValueError(
            f"{name} must each have the length 1 and be at right angles to one another. Take the "
            "first part of numpy.linalg.qr(...)."
        )
    return table
